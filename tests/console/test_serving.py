"""The console comes whole from the server, loads nothing from elsewhere, and its policy holds."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from mien.server.routes_console import FOLDER
from tests.console.driving import context_of, go, no_sideways_scroll, watched_page
from tests.stories.serving import Serving, serving

PAGES = ["#/", "#/new", "#/jobs", "#/open", "#/system", "#/keys"]
SCRIPTS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
MOST_BYTES = 300_000
_NAMED = re.compile(r"""["']((?:\.{1,2}|/console)/[^"']+\.js)["']""")
"""Another script that a script imports, starts as a worker, or fetches."""

_IMPORT = re.compile(r"""import\s*\{([^}]*)\}\s*from\s*["'](\.[^"']+)["']""")
_EXPORT = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)
STARTS = {"app.js", "theme.js"}
NOT_OURS = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc)")


@pytest.mark.parametrize("route", PAGES)
def test_every_page_opens_without_a_complaint_and_fits_its_window(any_page: Page, server: Serving, route: str) -> None:
    asked: list[str] = []
    any_page.on("request", lambda request: asked.append(request.url))
    go(any_page, server.url, route)
    expect(any_page.locator("main h1")).to_be_visible()
    assert any_page.title() != ""
    assert no_sideways_scroll(any_page)
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))} <= {
        urlsplit(server.url).netloc
    }


def test_what_is_loaded_of_us_has_at_most_300_kb(browser: Browser, server: Serving) -> None:
    """Count what crosses the line, packed as browsers take it: every module, though no visit loads all of them."""
    with context_of(browser, "desktop") as context:
        page = context.new_page()
        page.goto(server.url)
        sizes = page.evaluate(
            """async (paths) => Promise.all(paths.map(async (path) =>
                 Number((await fetch(path, {cache: 'no-store'})).headers.get('content-length'))))""",
            ["/", *(f"/console/{path.relative_to(FOLDER).as_posix()}" for path in FOLDER.rglob("*") if path.is_file())],
        )
    assert 0 < sum(sizes) <= MOST_BYTES, f"{sum(sizes)} bytes"


def test_charts_are_loaded_only_where_there_are_charts(signed_in: Page, server: Serving) -> None:
    asked: list[str] = []
    signed_in.on("request", lambda request: asked.append(request.url))
    for route in PAGES:
        go(signed_in, server.url, route)
    assert not [url for url in asked if "plotly" in url]


def test_a_script_that_somebody_smuggles_in_does_not_run(signed_in: Page, forgiven: list[str]) -> None:
    forgiven.append("Content Security Policy")
    smuggled = """() => {
      const script = document.createElement('script');
      script.textContent = 'window.smuggled = true';
      document.body.append(script);
      const picture = document.createElement('img');
      picture.setAttribute('onerror', 'window.smuggled = true');
      picture.src = '/console/none.png';
      document.body.append(picture);
    }"""
    forgiven.append("404")
    signed_in.evaluate(smuggled)
    signed_in.wait_for_timeout(300)
    assert signed_in.evaluate("window.smuggled") is None
    with pytest.raises(Error):
        signed_in.add_script_tag(url="https://example.org/x.js")


def test_the_key_is_taken_out_of_the_address_and_forgotten_with_the_tab(browser: Browser, server: Serving) -> None:
    with context_of(browser, "desktop") as context, watched_page(context, []) as page:
        page.goto(f"{server.url}/#key={server.key}")
        page.wait_for_function("() => !location.hash.includes('key=')")
        assert server.key not in page.url
        page.reload()
        go(page, server.url, "#/jobs")
        expect(page.locator("main h1")).to_have_text("Jobs")
        assert server.key not in page.evaluate("JSON.stringify(localStorage)")
        assert server.key not in page.content()


def test_who_has_no_key_is_asked_for_one_and_told_when_it_is_wrong(
    page: Page, server: Serving, forgiven: list[str]
) -> None:
    forgiven.append("401")
    go(page, server.url, "#/jobs")
    field = page.locator("#sign-in-key")
    field.fill("mien_wrong")
    field.press("Enter")
    expect(page.locator("main")).to_contain_text("Invalid ApiKey")
    field.fill(server.key)
    field.press("Enter")
    expect(page.locator("main h1")).to_have_text("Jobs")


def test_a_server_that_asks_for_no_key_lets_one_straight_in(
    browser: Browser, tmp_path: Path, forgiven: list[str]
) -> None:
    with (
        serving(tmp_path / "data", workers=0, MIEN_OPEN="true") as opened,
        context_of(browser, "desktop") as context,
        watched_page(context, forgiven) as page,
    ):
        for route in PAGES:
            go(page, opened.url, route)
            expect(page.locator("#sign-in-key")).to_have_count(0)


def named_in(name: str) -> set[str]:
    """Return the scripts that a script names, as paths in the console's folder."""
    place = FOLDER / name
    names = set(_NAMED.findall(place.read_text("utf-8"))) - {"/console/plotly.min.js"}
    fetched = {name.removeprefix("/console/") for name in names if name.startswith("/")}
    beside = {place.parent.joinpath(name).resolve() for name in names if not name.startswith("/")}
    return fetched | {one.relative_to(FOLDER.resolve()).as_posix() for one in beside}


def test_what_scripts_load_is_there_and_every_script_is_loaded() -> None:
    loaded = STARTS.union(*(named_in(name) for name in SCRIPTS))
    assert loaded == set(SCRIPTS)


def test_scripts_import_only_what_is_exported() -> None:
    """Names that are missing would stop a page only when it is opened."""
    missing = []
    for name in SCRIPTS:
        for names, place in _IMPORT.findall((FOLDER / name).read_text("utf-8")):
            exported = set(_EXPORT.findall((FOLDER / name).parent.joinpath(place).read_text("utf-8")))
            wanted = {one.split(" as ")[0].strip() for one in names.split(",") if one.strip()}
            missing += [f"{name}: {one} of {place}" for one in sorted(wanted - exported)]
    assert not missing


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_builds_a_page_out_of_text(name: str) -> None:
    found = [line for line in (FOLDER / name).read_text("utf-8").splitlines() if NOT_OURS.search(line)]
    assert not [line for line in found if not line.strip().startswith(("*", "//"))]
