"""Photographs, films and recordings beside their scores: boxes, meshes, who it is, waveforms."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.console.driving import drop, go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.fakes_films import SHOT_SECONDS
from tests.stories.serving import Serving

_SHOWS_A_PICTURE = """() => {
  const canvas = document.querySelector('.photo-canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  }
  return seen.size > 1000;
}"""
"""Says whether there are more colours than boxes, names and meshes have; it may be drawn a moment after them."""


def test_a_photo_is_shown_with_its_face_its_mesh_and_its_expressions(
    any_page: Page, server: Serving, measured_job: str, media: TestMedia
) -> None:
    _open(any_page, server, measured_job, media.photo.name)
    stage = any_page.locator(".photo-stage")
    _give(any_page, media.photo)
    expect(any_page.locator(".missing")).to_have_count(0)
    handle = any_page.locator(".photo-handle")
    expect(handle).to_have_count(1)
    expect(handle).to_have_attribute("aria-label", re.compile(r"^Person 1: .+ 0\.\d\d, .+ 0\.\d\d"))
    expect(any_page.locator(".face-card .bars li").first).to_be_visible()
    box, picture = handle.bounding_box(), stage.bounding_box()
    assert box and picture
    assert 0.15 < box["width"] / picture["width"] < 0.7
    mesh = any_page.get_by_role("button", name="Mesh")
    any_page.wait_for_function(_SHOWS_A_PICTURE)
    with_mesh = _drawn(any_page)
    mesh.click()
    expect(mesh).to_have_attribute("aria-pressed", "false")
    assert _drawn(any_page) != with_mesh
    assert no_sideways_scroll(any_page)


def test_the_picture_one_dropped_is_there_without_asking(signed_in: Page, server: Serving, media: TestMedia) -> None:
    go(signed_in, server.url, "#/new")
    drop(signed_in, ".dropzone", [media.two_faces])
    signed_in.get_by_role("button", name="Start job").click()
    expect(signed_in.locator(".photo-handle").first).to_be_attached(timeout=60_000)
    expect(signed_in.locator(".missing")).to_have_count(0)
    signed_in.wait_for_function(_SHOWS_A_PICTURE)


def test_the_pictures_of_a_zip_are_taken_out_of_it(
    signed_in: Page, server: Serving, media: TestMedia, tmp_path: Path
) -> None:
    packed = tmp_path / "faces.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(media.photo, "day 1/portrait.jpg")
    go(signed_in, server.url, "#/new")
    drop(signed_in, ".dropzone", [packed])
    signed_in.get_by_role("button", name="Start job").click()
    expect(signed_in.locator(".photo-handle")).to_have_count(1, timeout=60_000)
    expect(signed_in.locator(".missing")).to_have_count(0)
    signed_in.wait_for_function(_SHOWS_A_PICTURE)


def test_another_file_given_for_a_photo_is_taken_and_said(
    signed_in: Page, server: Serving, measured_job: str, media: TestMedia, tmp_path: Path
) -> None:
    other = tmp_path / "renamed.jpg"
    other.write_bytes(media.photo.read_bytes())
    _open(signed_in, server, measured_job, media.photo.name)
    _give(signed_in, other)
    expect(signed_in.locator(".toast")).to_contain_text("renamed.jpg is shown for")
    expect(signed_in.locator(".missing")).to_have_count(0)


def test_boxes_go_with_the_frames_of_a_film(
    any_page: Page, server: Serving, measured_job: str, media: TestMedia
) -> None:
    _open(any_page, server, measured_job, media.film.name)
    _give(any_page, media.film)
    player = any_page.locator("video")
    any_page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    # The first shot shows one of them, the third shows both.
    for second, faces in ((0.5 * SHOT_SECONDS, 1), (2.5 * SHOT_SECONDS, 2), (0.7 * SHOT_SECONDS, 1)):
        player.evaluate("(film, second) => { film.currentTime = second; }", second)
        expect(any_page.locator(".film-stage")).to_have_attribute("data-faces", str(faces))
        expect(any_page.locator(".film-now h4")).to_have_text(re.compile(rf"At 0:{int(second):02}"))
        expect(any_page.locator(".film-person:visible")).to_have_count(faces)
    assert no_sideways_scroll(any_page)


def test_a_recording_has_a_waveform_that_one_can_walk_along(
    any_page: Page, server: Serving, measured_job: str, media: TestMedia
) -> None:
    _open(any_page, server, measured_job, media.sound.name)
    _give(any_page, media.sound)
    wave = any_page.get_by_role("slider", name="Place in the recording")
    expect(wave).to_have_attribute("aria-valuemax", "12")
    expect(any_page.locator(".sound-wave canvas")).to_be_visible()
    wave.press("PageUp")
    expect(wave).to_have_attribute("aria-valuenow", re.compile(r"^10(\.\d)?$"))
    any_page.wait_for_function("() => Math.abs(document.querySelector('audio')?.currentTime - 10) < 0.2")
    wave.press("Home")
    expect(wave).to_have_attribute("aria-valuenow", "0")


def _open(page: Page, server: Serving, job_id: str, file: str) -> None:
    go(page, server.url, f"#/jobs/{job_id}")
    page.get_by_role("option", name=file).click()
    expect(page.locator(".missing")).to_be_visible()


def _give(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(".missing button").click()
    chooser.value.set_files(path)


def _drawn(page: Page) -> str:
    return str(page.locator(".photo-canvas").evaluate("canvas => canvas.toDataURL()"))
