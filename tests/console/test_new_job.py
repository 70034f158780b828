"""A job is written in the browser: what is dropped, chosen and set becomes the request, and the request a job."""

import json
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from mien.domain.labels import LANGUAGES
from mien.domain.request import Transcription
from mien.wire.requests import CONTRACT_MODELS
from tests.console.conftest import Submit
from tests.console.driving import drop, go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.stories.serving import Serving

# An entry of a dropped folder as browsers give it, a few children at a time and none at the end.
FOLDER_ENTRY = """async () => {
  const {droppedUploads} = await import('/console/sources.js');
  const given = (path, text) => new File([text], path.split('/').pop());
  const file = (fullPath, text) => ({isDirectory: false, fullPath, file: (done) => done(given(fullPath, text))});
  const folder = (name, fullPath, bunches) => ({isDirectory: true, name, fullPath, createReader: () => {
    const left = [...bunches]; return {readEntries: (done) => done(left.shift() ?? [])}; }});
  const numbers = [file('/visit/deep/10.txt', 'ten'), file('/visit/deep/9.txt', 'nine')];
  const deep = folder('deep', '/visit/deep', [numbers, [file('/visit/deep/.DS_Store', '')]]);
  const entry = folder('visit', '/visit', [[file('/visit/a.txt', 'a')], [deep]]);
  const items = [{kind: 'file', webkitGetAsEntry: () => entry, getAsFile: () => null}, {kind: 'string'}];
  const [upload] = await droppedUploads({items});
  const {packFolder} = await import('/console/packing.js');
  const [zip] = await packFolder(upload.name, upload.members, 100000);
  return {name: upload.name, size: upload.size, zip: zip.name, bytes: [...new Uint8Array(await zip.arrayBuffer())]};
}"""


def shown_request(page: Page) -> Any:
    page.get_by_role("tab", name="JSON").click()
    return json.loads(page.locator(".preview .code").inner_text())


def only(page: Page, *wanted: str) -> None:
    for switch in page.locator(".models [role=switch]").all():
        switch.set_checked(switch.evaluate("node => node.closest('.model').dataset.model") in wanted)


def start(page: Page) -> str:
    page.get_by_role("button", name="Start job").click()
    page.wait_for_url("**/#/jobs/*")
    return page.url.split("/")[-1]


def send_bar(page: Page) -> Locator:
    return page.locator(".send-bar")


def test_the_options_are_those_of_the_contract(signed_in: Page) -> None:
    told = signed_in.evaluate("""async () => {
      const {MODELS, TRANSCRIPTION} = await import('/console/options.js');
      const defaults = (options) => Object.fromEntries(options.map((option) => [option.name, option.default]));
      const every = [...MODELS.flatMap(({options}) => options), ...TRANSCRIPTION];
      return {
        models: Object.fromEntries(MODELS.map(({name, options}) => [name, defaults(options)])),
        transcription: defaults(TRANSCRIPTION),
        languages: TRANSCRIPTION[0].choices.map(([tag]) => tag),
        lines: every.map(({about}) => about),
      };
    }""")
    assert told["models"] == {name: kind().model_dump(mode="json") for name, kind in CONTRACT_MODELS.items()}
    assert told["transcription"] == Transcription().model_dump()
    assert set(told["languages"]) == {None, *LANGUAGES}
    assert all(told["lines"])


def test_files_urls_and_texts_make_a_request_that_runs(any_page: Page, server: Serving, media: TestMedia) -> None:
    go(any_page, server.url, "#/new")
    expect(any_page.get_by_role("button", name="Start job")).to_be_disabled()
    expect(send_bar(any_page)).to_contain_text("Add a file, a URL or a text.")
    drop(any_page, ".dropzone", [media.photo, media.text])
    any_page.get_by_label("Text", exact=True).fill("Good morning.")
    only(any_page, "face", "language")
    expect(any_page.locator(".upload")).to_have_count(2)
    expect(send_bar(any_page)).to_contain_text("2 uploads, 1 text; 2 models")
    assert no_sideways_scroll(any_page)
    assert shown_request(any_page) == {"text": ["Good morning."], "models": {"face": {}, "language": {}}}
    job_id = start(any_page)
    expect(any_page.locator(".results")).to_be_visible(timeout=60_000)
    with server.client() as client:
        request = client.get(f"/v0/batch/jobs/{job_id}").json()["request"]
    assert [file["filename"] for file in request["files"]] == [media.photo.name, media.text.name]
    assert {name for name, options in request["models"].items() if options} == {"face", "language"}
    assert no_sideways_scroll(any_page)


def test_what_is_left_alone_is_not_said(signed_in: Page, server: Serving) -> None:
    go(signed_in, server.url, "#/new")
    assert shown_request(signed_in) == {}
    face = signed_in.get_by_role("group", name="Face", exact=True)
    face.locator("summary").click()
    face.get_by_label("Certainty of a face").fill("0.5")
    face.get_by_label("Smallest face").fill("60")
    assert shown_request(signed_in)["models"]["face"] == {"prob_threshold": 0.5}
    face.get_by_label("Certainty of a face").fill("1.5")
    expect(face.get_by_label("Certainty of a face")).to_have_attribute("aria-invalid", "true")
    assert shown_request(signed_in)["models"]["face"] == {"prob_threshold": 0.5}
    face.get_by_label("Certainty of a face").fill("")
    assert shown_request(signed_in) == {}
    signed_in.get_by_label("Turn speech into text").uncheck()
    assert shown_request(signed_in) == {"transcription": None}


def test_a_folder_is_sent_as_a_zip_of_its_paths(
    signed_in: Page, server: Serving, media: TestMedia, tmp_path: Path
) -> None:
    folder = tmp_path / "visit"
    (folder / "day 1").mkdir(parents=True)
    (folder / "day 1" / "me.jpg").write_bytes(media.photo.read_bytes())
    (folder / "note.txt").write_text("So sad.", "utf-8")
    (folder / ".hidden").write_text("x", "utf-8")
    go(signed_in, server.url, "#/new")
    signed_in.locator("#choose-folder").set_input_files(folder)
    expect(signed_in.locator(".upload")).to_contain_text("2 files")
    expect(signed_in.locator(".upload")).to_contain_text("sent as visit.zip")
    only(signed_in, "face", "language")
    job_id = start(signed_in)
    assert server.wait(job_id)["num_errors"] == 0
    files = {item["file"] for item in server.predictions(job_id)[0]["results"]["predictions"]}
    assert files == {"visit/day 1/me.jpg", "visit/note.txt"}


def test_a_dropped_folder_is_read_to_its_depths(signed_in: Page, tmp_path: Path) -> None:
    told = signed_in.evaluate(FOLDER_ENTRY)
    assert (told["name"], told["size"], told["zip"]) == ("visit", 8, "visit.zip")
    packed = tmp_path / "visit.zip"
    packed.write_bytes(bytes(told["bytes"]))
    with zipfile.ZipFile(packed) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["visit/a.txt", "visit/deep/9.txt", "visit/deep/10.txt"]
        assert opened.read("visit/deep/9.txt") == b"nine"


def test_limits_are_told_before_anything_is_sent(signed_in: Page) -> None:
    told = signed_in.evaluate("""async () => {
      const {Draft} = await import('/console/draft.js');
      const many = new Draft(), large = new Draft(), none = new Draft();
      const small = (_, i) => ({name: `${i}.jpg`, size: 1, file: new Blob(['x']), members: null});
      many.add(Array.from({length: 101}, small));
      large.add([{name: 'film.mp4', size: 100 * 1024 ** 2 + 1, file: new Blob(['x']), members: null}]);
      none.change(() => { none.texts = ['x']; none.models.clear(); });
      return [many, large, none].map((draft) => draft.obstacles);
    }""")
    assert [len(obstacles) for obstacles in told] == [1, 1, 1]
    assert "takes 100 files, these are 101" in told[0][0]
    assert told[1][0].startswith("film.mp4 is over the 100 MB")
    assert told[2] == ["Choose at least one model."]


def test_what_the_server_refuses_is_said_in_its_words(signed_in: Page, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("400")
    go(signed_in, server.url, "#/new")
    signed_in.get_by_label("Text", exact=True).fill("Hello.")
    signed_in.get_by_label("Callback URL").fill("ftp://example.com/done")
    signed_in.get_by_role("button", name="Start job").click()
    expect(send_bar(signed_in)).to_contain_text("callback_url")
    expect(signed_in.get_by_role("button", name="Start job")).to_be_enabled()


def test_what_was_written_is_there_again_until_one_starts_over(
    signed_in: Page, server: Serving, media: TestMedia
) -> None:
    go(signed_in, server.url, "#/")
    drop(signed_in, ".hero", [media.photo])
    expect(signed_in.locator(".upload")).to_contain_text(media.photo.name)
    signed_in.get_by_label("Text", exact=True).fill("Not yet.")
    signed_in.get_by_role("switch", name="Prosody").uncheck()
    signed_in.get_by_role("link", name="Jobs", exact=True).click()
    expect(signed_in.locator("h1")).to_have_text("Jobs")
    signed_in.get_by_role("link", name="New job").first.click()
    expect(signed_in.locator(".upload")).to_contain_text(media.photo.name)
    expect(signed_in.get_by_label("Text", exact=True)).to_have_value("Not yet.")
    expect(signed_in.get_by_role("switch", name="Prosody")).not_to_be_checked()
    signed_in.get_by_role("button", name="Start over").click()
    expect(signed_in.locator(".upload")).to_have_count(0)
    assert shown_request(signed_in) == {}


def test_an_address_that_is_none_is_told(signed_in: Page, server: Serving) -> None:
    go(signed_in, server.url, "#/new")
    signed_in.get_by_label("URLs").fill("https://example.com/a.mp4\nexample.com/b.mp4 http://example.com/c.zip")
    expect(signed_in.get_by_text("Not an http or https address: example.com/b.mp4")).to_be_visible()
    assert shown_request(signed_in)["urls"] == ["https://example.com/a.mp4", "http://example.com/c.zip"]


def test_sending_twice_starts_one_job(signed_in: Page, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("503")
    go(signed_in, server.url, "#/new")
    signed_in.get_by_label("Text", exact=True).fill("Once and no more.")
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        # The server has the job, and the answer is lost on its way.
        route.fetch()
        lost.append(route.request.url)
        route.fulfill(status=503, content_type="application/json", body='{"message": "come back", "code": "busy"}')

    signed_in.route("**/v0/batch/jobs", lose_the_first)
    signed_in.get_by_role("button", name="Start job").click()
    expect(send_bar(signed_in)).to_contain_text("come back")
    start(signed_in)
    with server.client() as client:
        jobs = client.get("/v0/mien/jobs", params={"limit": 20}).json()
    assert len([job for job in jobs if job["request"]["text"] == ["Once and no more."]]) == 1


def test_run_again_takes_the_files_this_browser_kept(signed_in: Page, server: Serving, media: TestMedia) -> None:
    go(signed_in, server.url, "#/new")
    drop(signed_in, ".dropzone", [media.photo])
    only(signed_in, "face")
    face = signed_in.get_by_role("group", name="Face", exact=True)
    face.locator("summary").click()
    face.get_by_label("Descriptions").check()
    signed_in.get_by_label("Tags").fill("first")
    signed_in.get_by_label("Tags").press("Enter")
    first = start(signed_in)
    signed_in.get_by_role("link", name="Run again").click()
    expect(signed_in.locator("h1")).to_have_text("Run again")
    assert shown_request(signed_in) == {"models": {"face": {"descriptions": {}}}}
    again = start(signed_in)
    assert again != first
    assert server.wait(again)["num_predictions"] == server.wait(first)["num_predictions"] == 1
    with server.client() as client:
        assert client.get(f"/v0/mien/jobs/{again}").json()["tags"] == ["first"]


def test_tags_may_be_of_any_letters(signed_in: Page, server: Serving) -> None:
    go(signed_in, server.url, "#/new")
    signed_in.get_by_label("Text", exact=True).fill("Hello.")
    only(signed_in, "language")
    signed_in.get_by_label("Tags").fill("Übung 三")
    signed_in.get_by_label("Tags").press("Enter")
    signed_in.get_by_role("tab", name="cURL").click()
    expect(signed_in.locator(".preview .code")).to_contain_text('# Then PUT ["Übung 三"]')
    job_id = start(signed_in)
    with server.client() as client:
        assert client.get(f"/v0/mien/jobs/{job_id}").json()["tags"] == ["Übung 三"]


def test_run_again_asks_for_files_that_are_gone(
    signed_in: Page, server: Serving, submit: Submit, media: TestMedia
) -> None:
    job_id = submit(media.photo, models={"face": {}})
    go(signed_in, server.url, f"#/new?from={job_id}")
    expect(signed_in.get_by_role("button", name="Start job")).to_be_disabled()
    expect(send_bar(signed_in)).to_contain_text(f"Choose {media.photo.name} again")
    drop(signed_in, ".dropzone", [media.photo])
    expect(signed_in.locator(".upload")).to_have_count(1)
    assert server.wait(start(signed_in))["num_predictions"] == 1
