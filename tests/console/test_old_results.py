"""Results that lie in a file, as the former hosted service gave them: opened, looked at, refused with a reason."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.driving import drop, go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.stories.serving import Serving

SAMPLES = Path(__file__).parents[3] / "shared" / "wire" / "samples"
FACE = (
    "Id,Frame,Time,Probability,FaceX0,FaceY0,FaceWidth,FaceHeight,Joy,Sadness\n"
    "face_0,0,0.0,0.99,20,30,200,220,0.75,0.125\n"
)
LANGUAGE = (
    "Id,Text,BeginPosition,EndPosition,BeginTime,EndTime,Confidence,SpeakerConfidence,Joy,1,9,toxic\n"
    'unknown,"Well,",0,5,,,,,0.5,0.2,0.8,0.1\n'
)


def _open(page: Page, server: Serving, *paths: Path) -> None:
    go(page, server.url, "#/open")
    drop(page, "#open-zone", paths)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of the contract are not there")
@pytest.mark.parametrize("name", ["archive", "audio", "text", "url-video"])
def test_every_sample_of_predictions_opens(signed_in: Page, server: Serving, name: str) -> None:
    sample = SAMPLES / f"predictions-{name}.response.json"
    _open(signed_in, server, sample)
    expect(signed_in.get_by_role("heading", name=sample.name)).to_be_visible()
    expect(signed_in.locator(".controls-chosen li").first).to_be_visible()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of the contract are not there")
def test_the_body_of_a_callback_opens(signed_in: Page, server: Serving) -> None:
    _open(signed_in, server, SAMPLES / "callback-completed.request.json")
    expect(signed_in.locator(".file-view")).to_be_visible()


def test_a_zip_of_artifacts_opens_with_its_photograph(
    signed_in: Page, server: Serving, media: TestMedia, tmp_path: Path
) -> None:
    path = tmp_path / "artifacts.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file-0-portrait.jpg/csv/portrait.jpg/face.csv", FACE)
        archive.writestr("file-0-portrait.jpg/faces/portrait.jpg/face_0/frame=0.png", b"png")
        archive.writestr("text-0/csv/1/language.csv", LANGUAGE)
    _open(signed_in, server, path, media.photo)
    expect(signed_in.locator(".part-photo")).to_contain_text("Joy")
    expect(signed_in.get_by_role("button", name="Choose portrait.jpg")).to_have_count(0)
    signed_in.get_by_role("option", name="Text 1").click()
    expect(signed_in.locator(".words-text .word")).to_have_text("Well,")


def test_a_zip_that_was_written_as_a_stream_opens(signed_in: Page, server: Serving, tmp_path: Path) -> None:
    path = tmp_path / "streamed.zip"
    with path.open("wb") as out, zipfile.ZipFile(_Unseekable(out), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("file-0-portrait.jpg/csv/portrait.jpg/face.csv", FACE)
    _open(signed_in, server, path)
    expect(signed_in.locator(".file-head")).to_contain_text("portrait.jpg")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.json", b"", "empty.json: is empty"),
        ("photo.jpg", b"\xff\xd8\xff\xe0JFIF", "photo.jpg: is neither JSON nor a zip of artifacts"),
        ("job.json", b'{"message": "job is in progress"}', "job.json: is JSON, but no predictions array"),
        ("cut.json", b'[{"source": {"type": "te', "cut.json: is neither JSON nor a zip of artifacts"),
    ],
)
def test_what_is_no_result_is_refused_by_name(
    signed_in: Page, server: Serving, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    _open(signed_in, server, path)
    expect(signed_in.get_by_role("alert")).to_contain_text(reason)
    expect(signed_in.get_by_role("button", name="Choose a file")).to_be_visible()


def test_a_damaged_zip_names_the_table(signed_in: Page, server: Serving, tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file-0-a.jpg/csv/a.jpg/face.csv", FACE * 50)
    content = bytearray(path.read_bytes())
    content[70:90] = bytes(20)
    path.write_bytes(content)
    _open(signed_in, server, path)
    expect(signed_in.get_by_role("alert")).to_contain_text(
        re.compile(r"broken\.zip: file-0-a\.jpg/csv/a\.jpg/face\.csv: is damaged")
    )


@pytest.mark.parametrize(
    ("length", "said"), [(None, "1 file, 2 predictions"), (-40, "large.json: These are no predictions")]
)
def test_a_large_file_is_read_as_it_streams_in(
    signed_in: Page, server: Serving, tmp_path: Path, length: int | None, said: str
) -> None:
    path = tmp_path / "large.json"
    joy = {"time": None, "emotions": [{"name": "Joy", "score": 0.5}]}
    words = [{"text": text, "position": {"begin": at, "end": at + 2}, **joy} for at, text in ((0, "oh"), (3, "my"))]
    language = {"metadata": None, "grouped_predictions": [{"id": "unknown", "predictions": words}]}
    file = {"file": "1", "file_type": "text", "models": {"language": language}}
    results = {"predictions": [file], "errors": []}
    element = {"source": {"type": "text"}, "padding": "x" * 17_000_000, "results": results}
    path.write_text(json.dumps([element])[:length])
    go(signed_in, server.url, "#/open")
    signed_in.set_input_files("#open-input", path)
    expect(signed_in.locator("main")).to_contain_text(said)
    expect(signed_in.locator("main")).to_contain_text("large.json")


def test_names_that_look_like_markup_stay_names(signed_in: Page, server: Serving, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    evil = "<img src=x onerror=alert(1)>.mp4"
    word = {
        "text": "<b>bold</b>",
        "position": {"begin": 0, "end": 11},
        "time": None,
        "emotions": [{"name": "<i>Joy", "score": 1}],
    }
    models = {"language": {"metadata": None, "grouped_predictions": [{"id": "<u>", "predictions": [word]}]}}
    file = {"file": evil, "file_type": "text", "models": models}
    path.write_text(
        json.dumps([{"source": {"type": "file", "filename": evil}, "results": {"predictions": [file], "errors": []}}])
    )
    _open(signed_in, server, path)
    expect(signed_in.locator(".words-text .word")).to_have_text("<b>bold</b>")
    expect(signed_in.locator(".file-head")).to_contain_text(evil)
    assert signed_in.locator("main img").count() == 0


def test_old_results_fit_a_phone(signed_in_phone: Page, server: Serving) -> None:
    go(signed_in_phone, server.url, "#/open")
    assert no_sideways_scroll(signed_in_phone)


class _Unseekable:
    """A file that can only be written on, as an answer of a server is."""

    def __init__(self, out: object) -> None:
        self.out = out

    def write(self, piece: bytes) -> int:
        return self.out.write(piece)  # type: ignore[attr-defined, no-any-return]

    def flush(self) -> None:
        self.out.flush()  # type: ignore[attr-defined]
