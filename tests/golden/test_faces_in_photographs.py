"""Faces, people and pictures to look at on photographs and a film whose faces are known."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from mien.api import analyze
from mien.cli.main import app
from mien.domain.request import FaceExtraction
from mien.extractors.face_centers import CENTERFACE, CenterFace
from mien.media.opening import open_media
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

SETTINGS = read_settings()
SAMPLES = SETTINGS.samples
SHARED = Path(__file__).parents[3] / "shared" / "data" / "media" / "face"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared photographs are not here")
FACES = {"astronaut.jpg": 1, "biden.jpg": 1, "obama.jpg": 1, "obama_720p.jpg": 1, "two_people.jpg": 2}
FACELESS = ("noface_coffee.jpg", "noface_rocket.jpg")


def found_in(path: Path, **options: Any) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return id and prediction of each face, by file."""
    (element,) = analyze(path, face=options)
    assert element["results"]["errors"] == []
    return {
        item["file"]: [
            (group["id"], one)
            for group in item["models"]["face"]["grouped_predictions"]
            for one in group["predictions"]
        ]
        for item in element["results"]["predictions"]
    }


@needs_shared
@pytest.mark.parametrize(("photograph", "count"), [*FACES.items(), *((name, 0) for name in FACELESS)])
def test_every_face_is_found_and_nothing_else(photograph: str, count: int) -> None:
    assert len(found_in(SHARED / photograph)[photograph]) == count


@needs_shared
def test_people_keep_their_numbers_through_an_archive_with_a_film(tmp_path: Path) -> None:
    names = [*FACES, "cry_wonder_laugh_640x360.mp4"]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in names:
            archive.write(SHARED / name, name)

    found = found_in(tmp_path / "all.zip", identify_faces=True, fps_pred=1)

    who = {name: {track for track, _one in faces} for name, faces in found.items()}
    assert who["obama.jpg"] == who["obama_720p.jpg"]
    assert who["two_people.jpg"] == who["obama.jpg"] | who["biden.jpg"]
    assert len(who["cry_wonder_laugh_640x360.mp4"]) == 1
    assert len(set().union(*who.values())) == 4


def test_a_picture_turned_by_its_mark_or_pasted_small_gives_the_same_face(tmp_path: Path) -> None:
    portrait = Image.open(SAMPLES / "astronaut.png").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    portrait.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    wide = Image.new("RGB", (1920, 1080), (90, 100, 110))
    wide.paste(portrait.resize((340, 340)), (1400, 600))
    wide.save(tmp_path / "wide.png")

    ((_track, turned),) = found_in(tmp_path / "turned.jpg")["turned.jpg"]
    ((_track, small),) = found_in(tmp_path / "wide.png")["wide.png"]

    assert [turned["box"][side] for side in "xywh"] == pytest.approx([179, 70, 94, 108], abs=6)
    assert small["box"]["x"] == pytest.approx(1400 + 179 * 340 / 512, abs=6)
    assert min(turned["prob"], small["prob"]) > 0.99


def test_a_photograph_is_drawn_with_its_face(tmp_path: Path) -> None:
    out = tmp_path / "out.png"

    done = CliRunner().invoke(app, ["analyze", str(SAMPLES / "astronaut.png"), "--models", "face", "--plot", str(out)])

    assert done.exit_code == 0, done.output
    drawn, plain = np.asarray(Image.open(out).convert("RGB"), int), Image.open(SAMPLES / "astronaut.png").convert("RGB")
    changed = np.abs(drawn - np.asarray(plain, int)).sum(axis=2) > 60
    assert changed[70:178, 179:273].mean() > 0.1
    assert not changed[400:].any()


def test_a_report_of_a_moving_picture_shows_its_times_and_frames(tmp_path: Path) -> None:
    portrait = Image.open(SAMPLES / "astronaut.png").convert("RGB").crop((80, 0, 380, 300))
    turned = [portrait.rotate(angle) for angle in (0, 4, 8, 4)]
    turned[0].save(tmp_path / "nod.webp", save_all=True, append_images=turned[1:], duration=300)
    out = tmp_path / "out.html"

    done = CliRunner().invoke(
        app, ["analyze", str(tmp_path / "nod.webp"), "--models", "face", "--report", str(out), "--expressions", "Joy"]
    )

    assert done.exit_code == 0, done.output
    page = out.read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 4
    assert '"name":"Joy"' in page


def test_a_plot_of_what_is_no_photograph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("What a day!")

    done = CliRunner().invoke(
        app, ["analyze", str(tmp_path / "words.txt"), "--models", "language", "--plot", str(tmp_path / "out.png")]
    )

    assert done.exit_code == 1
    assert not (tmp_path / "out.png").exists()


def test_the_other_detector_finds_the_same_faces() -> None:
    store = WeightsStore(SETTINGS.weights, chosen=frozenset({CENTERFACE}))
    detector = CenterFace(NetworkRuntime(store).network(CENTERFACE))
    counts = []
    for name in ("astronaut.png", "grace_hopper.jpg", "coffee.png"):
        with open_media(SAMPLES / name) as media:
            picture = Image.fromarray(next(media.frames(0)).pixels)
        regions = detector.regions(picture, FaceExtraction().min_face_size, still=True)
        counts.append(sum(one.prob > 0.99 for one in detector.find(picture, regions)))

    assert counts == [1, 1, 0]
