"""The request that the page shows runs as pasted: in a shell, with the Python SDK and with the TypeScript SDK."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.driving import context_of, drop, go, watched_page
from tests.console.media import TestMedia
from tests.stories.serving import Serving

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venvs" / "sdk-hume-0.13" / "bin" / "python"
NODE = ROOT / "tests" / "wire" / "sdk" / "node"
TABS = {"curl": "cURL", "python": "Python SDK", "typescript": "TypeScript SDK"}
TEXT = 'It\'s "so" nice,\nthank you \\o/ $HOME — naïve?'


@pytest.fixture
def copying(browser: Browser, server: Serving, forgiven: list[str]) -> Iterator[Page]:
    with (
        context_of(browser, "desktop", permissions=["clipboard-read", "clipboard-write"]) as context,
        watched_page(context, forgiven) as page,
    ):
        go(page, server.url, f"#key={server.key}")
        yield page


def copied(page: Page, tab: str) -> str:
    """Choose a language, copy what it shows, and return it."""
    page.get_by_role("tab", name=tab, exact=True).click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def write_request(page: Page, server: Serving) -> None:
    """Ask for something that differs from the defaults in every kind of option."""
    go(page, server.url, "#/new")
    page.get_by_label("Text", exact=True).fill(TEXT)
    for model in ("Vocal burst", "Named entities", "Facemesh"):
        page.get_by_role("switch", name=model).uncheck()
    for model in ("Face", "Prosody", "Language"):
        page.locator(f"[data-model={model.lower()}] summary").click()
    page.get_by_label("Pictures per second").fill("1.5")
    page.get_by_label("Action units").check()
    page.get_by_label("Sliding window").check()
    page.get_by_label("Length").fill("6")
    page.locator("[data-model=language]").get_by_label("Granularity").select_option("sentence")
    page.locator("[data-model=language]").get_by_label("Sentiment").check()
    page.get_by_label("Spoken language").select_option("en-GB")
    page.get_by_label("Tags").fill("pilot, ward 3")
    page.get_by_label("Tags").press("Enter")


def run(language: str, snippet: str, folder: Path) -> str:
    """Run a snippet as somebody would who pasted it into a file, or into a shell."""
    if language == "curl":
        command = ["bash", "-c", snippet]
    elif language == "python":
        if not PYTHON.exists():
            pytest.skip("the SDK's environment is not here; scripts/sdk-environments makes it")
        (folder / "pasted.py").write_text(snippet, "utf-8")
        command = [str(PYTHON), "pasted.py"]
    else:
        node = shutil.which("node")
        if node is None or not (NODE / "node_modules" / "installed.json").exists():
            pytest.skip("Node or its environment is not here; scripts/sdk-environments makes it")
        (folder / "node_modules").symlink_to(NODE / "node_modules")
        (folder / "pasted.mts").write_text(snippet, "utf-8")
        # Types apart, the TypeScript that is shown is JavaScript.
        (folder / "pasted.mts").rename(folder / "pasted.mjs")
        command = [node, "pasted.mjs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def newest(server: Serving) -> dict[str, Any]:
    with server.client() as client:
        job: dict[str, Any] = client.get("/v0/mien/jobs", params={"limit": 1}).json()[0]
        return job


@pytest.mark.parametrize("language", list(TABS))
def test_texts_and_options_arrive_as_they_were_chosen(
    language: str, copying: Page, server: Serving, tmp_path: Path
) -> None:
    write_request(copying, server)
    output = run(language, copied(copying, TABS[language]), tmp_path)
    job = newest(server)
    assert job["request"]["text"] == [TEXT]
    assert job["tags"] == ["pilot", "ward 3"]
    models = job["request"]["models"]
    assert models["face"] | {"fps_pred": 1.5, "facs": {}} == models["face"]
    assert models["prosody"]["window"] == {"length": 6.0, "step": 1.0}
    assert (models["language"]["granularity"], models["language"]["sentiment"]) == ("sentence", {})
    assert (models["burst"], models["ner"], models["facemesh"]) == (None, None, None)
    assert job["request"]["transcription"]["language"] == "en-GB"
    assert server.wait(job["job_id"])["status"] == "COMPLETED"
    # cURL prints the job's id; the SDKs wait, and print what was measured.
    assert (job["job_id"] if language == "curl" else "Gratitude") in output


@pytest.mark.parametrize("language", list(TABS))
def test_files_are_sent_from_where_they_lie(
    language: str, copying: Page, server: Serving, media: TestMedia, tmp_path: Path
) -> None:
    named = tmp_path / 'me, the "boss"; it\'s.jpg'
    named.write_bytes(media.photo.read_bytes())
    go(copying, server.url, "#/new")
    drop(copying, ".dropzone", [named])
    copying.get_by_label("Text", exact=True).fill("Hello.")
    copying.get_by_label("Turn speech into text").uncheck()
    for model in ("Prosody", "Vocal burst", "Named entities", "Facemesh"):
        copying.get_by_role("switch", name=model).uncheck()
    run(language, copied(copying, TABS[language]), tmp_path)
    job = newest(server)
    # A browser names a file to a form with the quotes written as %22, and so do the SDKs in their ways.
    assert len(job["request"]["files"]) == 1
    assert job["request"]["files"][0]["filename"].startswith("me, the ")
    assert job["request"]["text"] == ["Hello."]
    assert job["request"]["transcription"] is None
    assert job["request"]["models"]["prosody"] is None
    assert server.wait(job["job_id"])["num_predictions"] >= 2


def test_json_is_what_the_page_itself_sends(copying: Page, server: Serving) -> None:
    write_request(copying, server)
    shown = json.loads(copied(copying, "JSON"))
    with copying.expect_request(lambda request: request.method == "POST") as sent:
        copying.get_by_role("button", name="Start job").click()
    assert sent.value.post_data_json == shown
    assert sent.value.headers["mien-tags"] == "pilot, ward 3"
    expect(copying.locator("h1")).to_contain_text("so")
    server.wait(newest(server)["job_id"])


def test_the_key_is_not_shown(copying: Page, server: Serving) -> None:
    go(copying, server.url, "#/new")
    copying.get_by_label("Text", exact=True).fill("Hello.")
    assert server.key in copied(copying, "cURL")
    time.sleep(0.1)
    assert server.key not in copying.locator(".composer-side").inner_text()
