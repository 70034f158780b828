"""What tests of the console share: a real server with real models, and Debian's Chromium."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.driving import context_of, watched_page
from tests.console.media import TestMedia, make_media
from tests.fakes_films import has_samples
from tests.stories.serving import Serving, serving

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 15_000
"""How long a page may take to show what is expected of it; who sees it sooner does not wait."""

expect.set_options(timeout=PATIENCE_MS)
Submit = Callable[..., str]


def chromium() -> str:
    """Return the program: the one named, else what scripts/chromium finds or fetches."""
    named = os.environ.get("MIEN_TEST_CHROMIUM")
    if named:
        return named
    found = subprocess.run([ROOT / "scripts" / "chromium"], check=True, capture_output=True, text=True)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with one worker, and a key that may do everything."""
    with serving(tmp_path_factory.mktemp("console"), workers=1) as running:
        yield running


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> TestMedia:
    if not has_samples():
        pytest.skip("the sample media are not there: mien weights pull --samples")
    return make_media(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return chromium()


# For one module: while Playwright runs, its thread cannot run an event loop of another test.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def forgiven() -> list[str]:
    """Patterns of complaints that a test provokes; append to it."""
    return []


@pytest.fixture
def page(browser: Browser, forgiven: list[str]) -> Iterator[Page]:
    """A page on a desktop, with nothing loaded."""
    with context_of(browser, "desktop") as context, watched_page(context, forgiven) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, forgiven: list[str]) -> Iterator[Page]:
    """A page on a phone, with nothing loaded."""
    with context_of(browser, "phone") as context, watched_page(context, forgiven) as page:
        yield page


@pytest.fixture
def signed_in(page: Page, server: Serving) -> Page:
    """A desktop page that has taken the key over."""
    return _signed_in(page, server)


@pytest.fixture
def signed_in_phone(phone: Page, server: Serving) -> Page:
    """A page on a phone that has taken the key over."""
    return _signed_in(phone, server)


@pytest.fixture(params=["desktop", "phone"])
def any_page(request: pytest.FixtureRequest, browser: Browser, server: Serving, forgiven: list[str]) -> Iterator[Page]:
    """A page that has taken the key over, on a desktop and on a phone."""
    with context_of(browser, request.param) as context, watched_page(context, forgiven) as page:
        yield _signed_in(page, server)


@pytest.fixture(scope="session")
def submit(server: Serving) -> Submit:
    """Start a job on files, texts and models, wait for its end, and return its id."""

    def started(*files: Path, text: tuple[str, ...] = (), models: dict | None = None, **more: object) -> str:
        request = {"models": models or {}, "text": list(text), **more}
        job_id = server.submit(request, *[(path.name, path.read_bytes()) for path in files])
        state = server.wait(job_id)
        assert state["status"] == "COMPLETED", json.dumps(state)
        return job_id

    return started


@pytest.fixture(scope="session")
def measured_job(submit: Submit, media: TestMedia) -> str:
    """A completed job over one file of each kind and a text, with every model and every head."""
    models = {
        "face": {"facs": {}, "descriptions": {}, "identify_faces": True},
        "facemesh": {},
        "burst": {},
        "prosody": {"identify_speakers": True},
        "language": {"sentiment": {}, "toxicity": {}},
        "ner": {},
    }
    files = (media.photo, media.two_faces, media.film, media.sound)
    return submit(*files, text=(media.text.read_text("utf-8"),), models=models)


def _signed_in(page: Page, server: Serving) -> Page:
    page.goto(f"{server.url}/#key={server.key}")
    # The key goes from the address into the page's memory, and then the first page is drawn.
    page.wait_for_function("() => !location.hash.includes('key=')")
    page.wait_for_selector("main:not([aria-busy]) h1")
    return page
