"""Whoever opens the console for the first time comes in, learns what scores are, and sees an example with one click."""

import json
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.console.driving import context_of, go, no_sideways_scroll, watched_page
from tests.console.media import TestMedia
from tests.stories.serving import Serving, run

NOT_FEELINGS = "It does not say what a person feels, thinks or intends"


def test_without_a_key_one_is_asked_for_and_told_how_to_come_by_it(
    page: Page, server: Serving, forgiven: list[str]
) -> None:
    forgiven.append("401")
    go(page, server.url, "#/jobs")
    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_text(NOT_FEELINGS)).to_be_visible()
    page.get_by_text("No key yet?").click()
    expect(page.get_by_text("mien keys create --data DIR")).to_be_visible()
    page.get_by_label("API key").fill("mien_wrong")
    page.get_by_role("button", name="Sign in", exact=True).last.click()
    expect(page.get_by_role("alert")).to_contain_text("Invalid ApiKey")
    page.get_by_label("API key").fill(server.key)
    page.get_by_label("API key").press("Enter")
    expect(page.locator("h1")).to_have_text("Jobs")


def test_a_key_is_kept_as_long_as_was_asked(browser: Browser, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("401")
    with context_of(browser, "desktop") as context:
        for remembered in (False, True):
            with watched_page(context, forgiven) as page:
                go(page, server.url, "#/jobs")
                page.get_by_label("API key").fill(server.key)
                page.get_by_label("Remember on this computer").set_checked(remembered)
                page.get_by_label("API key").press("Enter")
                expect(page.locator("h1")).to_have_text("Jobs")
                page.reload()
                expect(page.locator("h1")).to_have_text("Jobs")
        with watched_page(context, forgiven) as page:
            go(page, server.url, "#/jobs")
            expect(page.locator("h1")).to_have_text("Jobs")
            page.locator(".key-button").click()
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_label("API key")).to_be_visible()
            assert page.evaluate("localStorage.getItem('mien-key') ?? sessionStorage.getItem('mien-key')") is None


def test_a_key_in_the_address_is_taken_over_and_removed_from_it(page: Page, server: Serving) -> None:
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("h1")).to_contain_text("express")
    assert server.key not in page.url
    page.go_back()
    assert server.key not in page.url


def test_an_old_result_is_opened_without_a_key(page: Page, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("401")
    go(page, server.url, "#/")
    page.get_by_role("link", name="Open a result that is on your computer").click()
    expect(page.get_by_label("API key")).to_have_count(0)
    expect(page.locator("h1")).to_be_visible()


def test_a_fresh_server_says_what_scores_are_and_measures_an_example_with_one_click(
    any_page: Page, server: Serving, media: TestMedia
) -> None:
    key = run("keys", "create", "--owner", "newcomer", "--data", str(server.data)).stdout.strip()
    go(any_page, server.url, f"#key={key}")
    expect(any_page.get_by_text(NOT_FEELINGS)).to_be_visible()
    expect(any_page.get_by_role("region", name="What scores are, and are not").locator("p")).to_have_count(3)
    expect(any_page.get_by_role("region", name="Latest jobs")).to_have_count(0)
    expect(any_page.locator(".sample img")).to_have_count(3)
    assert no_sideways_scroll(any_page)
    any_page.get_by_role("button", name="Measure the example").click()
    expect(any_page.get_by_role("table", name="Sources").locator("tbody tr")).to_have_count(5)
    job_id = any_page.url.split("/")[-1]
    kept = any_page.evaluate(
        """async (job) => {
          const {MediaStore} = await import('/console/results/media_store.js');
          return (await new MediaStore().filesOf(job)).map(({name}) => name);
        }""",
        job_id,
    )
    assert sorted(kept) == ["astronaut.png", "coffee.png", "grace_hopper.jpg", "two_cities.wav"]
    any_page.get_by_role("button", name="Delete").click()
    any_page.get_by_role("button", name="Delete the job").click()
    expect(any_page.locator("h1")).to_have_text("Jobs")


def test_a_server_without_sample_media_says_how_to_get_them(signed_in: Page, server: Serving) -> None:
    def none(route: Any) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps([]))

    signed_in.route("**/v0/mien/samples", none)
    go(signed_in, server.url, "#/jobs")
    go(signed_in, server.url, "#/")
    expect(signed_in.get_by_text("mien weights pull --samples")).to_be_visible()


def test_the_theme_is_chosen_and_kept(signed_in: Page, server: Serving) -> None:
    theme = "document.documentElement.dataset.theme"
    assert signed_in.evaluate(theme) == "light"
    button = signed_in.get_by_role("button", name="Theme")
    button.click()
    button.click()
    assert signed_in.evaluate(theme) == "dark"
    signed_in.reload()
    signed_in.wait_for_selector("main h1")
    assert signed_in.evaluate(theme) == "dark"
    button.click()
    for scheme in ("dark", "light"):
        signed_in.emulate_media(color_scheme=scheme)
        expect(signed_in.locator("html")).to_have_attribute("data-theme", scheme)


def test_a_server_that_is_gone_is_told_with_a_way_on(signed_in: Page, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("ERR_FAILED")
    signed_in.route("**/v0/mien/jobs?*", lambda route: route.abort())
    signed_in.evaluate("location.hash = '#/jobs'")
    expect(signed_in.get_by_role("alert")).to_contain_text("The server does not answer")
    signed_in.unroute("**/v0/mien/jobs?*")
    signed_in.get_by_role("button", name="Try again").click()
    expect(signed_in.get_by_role("alert")).to_have_count(0)
