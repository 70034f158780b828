"""Drive a page as people do: open it, drop files on it, wait for what it shows; and hear its complaints."""

import base64
import mimetypes
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
SIZES = {"desktop": DESKTOP, "phone": PHONE}

_FILE = """({name, type, content}) =>
    new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name, {type})"""
_DROP = f"""(target, files) => {{
  const made = {_FILE};
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(made(file));
  for (const kind of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(kind, {{bubbles: true, cancelable: true, dataTransfer: transfer}}));
}}"""
_KEEP = f"""async ([job, files]) => {{
  const {{ MediaStore }} = await import('/console/results/media_store.js');
  await new MediaStore().keep(job, files.map({_FILE}));
}}"""


@contextmanager
def context_of(browser: Browser, size: str, **more: object) -> Iterator[BrowserContext]:
    """Open a window of a size of its own, with nothing remembered."""
    options = {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce", **SIZES[size], **more}
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def watched_page(context: BrowserContext, forgiven: list[str]) -> Iterator[Page]:
    """Open a page; at the end nothing may have gone wrong in it but what `forgiven` (patterns) names.

    Errors in the console (also what the content security policy stopped) and uncaught exceptions count.
    """
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            wrong.append(f"{message.text} ({message.location.get('url', '')})")

    page = context.new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(f"{error}\n{error.stack or ''}"))
    yield page
    page.close()
    kept = [line for line in wrong if not any(re.search(pattern, line) for pattern in forgiven)]
    assert not kept, "the page complains:\n" + "\n".join(kept)


def go(page: Page, url: str, route: str) -> None:
    """Open a page of the console, such as `#/jobs`, and wait until it has drawn itself."""
    wanted = f"{url}/{route}"
    if page.url == wanted:
        page.reload()
    else:
        # Another address behind # is no new document: the heading that is there now must not be taken for the new one.
        page.evaluate("document.querySelector('main h1')?.setAttribute('data-gone', '')")
        page.goto(wanted)
    page.wait_for_selector("main:not([aria-busy]) h1:not([data-gone])")


def settled(page: Page) -> None:
    """Wait until nothing on the page says that it loads any more."""
    # A function, for a text would need eval, which the page forbids.
    page.wait_for_function("() => !document.querySelector('.skeleton, [aria-busy=true]')")
    page.wait_for_timeout(200)


def drop(page: Page, selector: str, paths: Iterable[Path]) -> None:
    """Let go of files over an element, as a mouse does that drags them from a folder."""
    page.locator(selector).first.evaluate(_DROP, [_carried(path) for path in paths])


def keep_media(page: Page, job_id: str, paths: Iterable[Path]) -> None:
    """Let the browser have the files of a job, as if they had been dropped into this very browser."""
    page.evaluate(_KEEP, [job_id, [_carried(path) for path in paths]])


def _carried(path: Path) -> dict[str, str]:
    kind, content = mimetypes.guess_type(path.name)[0], base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "type": kind or "", "content": content}


def no_sideways_scroll(page: Page) -> bool:
    """Say whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
