"""Everybody can use the console: axe-core finds no serious fault on any page, and the keyboard reaches everything."""

import json
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.driving import context_of, go, no_sideways_scroll, settled, watched_page
from tests.stories.serving import Serving

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
ROUTES = ["#/", "#/new", "#/jobs", "#/open", "#/system", "#/keys"]
GRAVE = ("serious", "critical")
LOOKS = [("desktop", "light"), ("desktop", "dark"), ("phone", "light")]


def faults(page: Page) -> list[str]:
    """Return what axe finds against WCAG 2.1 AA and its own good practice, serious or worse, with the places."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    grave = [one for one in found if one["impact"] in GRAVE]
    return [
        f"{one['id']}: {one['help']}: {json.dumps(node['target'])} {node['failureSummary']}"
        for one in grave
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_page_has_a_serious_fault(
    browser: Browser, server: Serving, forgiven: list[str], size: str, scheme: str
) -> None:
    found = {}
    forgiven.append("401")
    with context_of(browser, size, color_scheme=scheme) as context, watched_page(context, forgiven) as page:
        go(page, server.url, "#/jobs")
        found["asked for a key"] = faults(page)
        go(page, server.url, f"#key={server.key}")
        for route in ROUTES:
            go(page, server.url, route)
            settled(page)
            found[route] = faults(page)
    assert not any(found.values()), json.dumps(found, indent=1)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_results_have_no_serious_fault(
    browser: Browser, server: Serving, measured_job: str, forgiven: list[str], size: str, scheme: str
) -> None:
    found = {}
    with context_of(browser, size, color_scheme=scheme) as context, watched_page(context, forgiven) as page:
        go(page, server.url, f"#key={server.key}")
        go(page, server.url, f"#/jobs/{measured_job}")
        expect(page.locator(".results")).to_be_visible()
        settled(page)
        found["first"] = faults(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(500)
            found[tab.inner_text()] = faults(page)
            assert no_sideways_scroll(page)
    assert not any(found.values()), json.dumps(found, indent=1)


@pytest.mark.parametrize("route", ["#/", "#/new", "#/jobs", "#/keys"])
def test_the_keyboard_reaches_every_control_and_its_place_is_seen(signed_in: Page, server: Serving, route: str) -> None:
    go(signed_in, server.url, route)
    settled(signed_in)
    signed_in.locator("#skip").focus()
    reached = []
    for _ in range(80):
        signed_in.keyboard.press("Tab")
        told = signed_in.evaluate(
            """() => {
                 const at = document.activeElement;
                 if (!at || at === document.body) return null;
                 const ringed = (node) => {
                   const style = getComputedStyle(node);
                   const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
                   return ring || style.boxShadow !== 'none';
                 };
                 return {name: at.outerHTML.slice(0, 120), seen: ringed(at) || ringed(at.parentElement)};
               }"""
        )
        if told is None:
            break
        reached.append(told)
    assert len(reached) >= 5
    assert not [told["name"] for told in reached if not told["seen"]]


def test_the_first_stop_of_the_keyboard_skips_to_the_content(signed_in: Page, server: Serving) -> None:
    go(signed_in, server.url, "#/jobs")
    first = "document.querySelector('a[href], button, input, select, textarea, summary').id"
    assert signed_in.evaluate(first) == "skip"
    signed_in.locator("#skip").focus()
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("#main")).to_be_focused()
    assert signed_in.evaluate("location.hash") == "#/jobs"


def test_a_dialogue_is_left_with_escape_and_the_keyboard_goes_back_to_where_it_was(
    signed_in: Page, server: Serving
) -> None:
    go(signed_in, server.url, "#/jobs")
    opener = signed_in.locator("header .key-button")
    opener.focus()
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("dialog[open]")).to_be_visible()
    signed_in.keyboard.press("Escape")
    expect(signed_in.locator("dialog[open]")).to_have_count(0)
    expect(opener).to_be_focused()
