"""Archives and texts in pieces give the very bytes that they give as a whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, PieceOutcome, Split, Task
from mien.domain.request import InferenceRequest
from mien.domain.source import FileSource, TextSource, UrlSource
from mien.engine.in_place import run_in_place
from mien.engine.run_task import run_task
from mien.engine.survey import runs, stretches, weight
from mien.intake.acquire import Acquirer
from mien.pipeline.analyze import Pipeline
from tests.fakes import FakeRuntime, RedModel, WholePicture
from tests.fakes_files import make_tar, make_zip, picture_bytes
from tests.fakes_pieces import JOB, Workshop

MODELS = {"red": {"save_faces": True}}


class StretchyPictures(WholePicture):
    in_stretches = True


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, Pipeline({"red": RedModel}, [StretchyPictures], FakeRuntime()))


def members(count: int = 13) -> dict[str, bytes]:
    """Pictures, a text no model applies to, a file that is nothing, an archive in the archive, clutter."""
    pictures = {f"a/{number}.png": picture_bytes((20 + number, 12)) for number in range(count)}
    others = {"notes.txt": b"hello", "broken.png": b"\x89PNG\r\n\x1a\nno", "in.zip": b"PK\x05\x06" + bytes(18)}
    return {"__MACOSX/x": b"x", ".hidden": b"x", **pictures, **others}


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_in_pieces_gives_the_same_bytes(shop: Workshop, tmp_path: Path, kind: str, seed: int | None) -> None:
    path = tmp_path / f"photos.{kind}"
    make_zip(path, members()) if kind == "zip" else make_tar(path, members(), kind.partition(".")[2])
    task = shop.task(path, MODELS)
    whole = shop.whole(task)
    joined, pieces = shop.split(task, seed)
    assert len(pieces) >= 4
    assert shop.element(joined) == shop.element(whole)
    assert shop.artifact_bytes(joined) == shop.artifact_bytes(whole)
    counts = (whole.num_predictions, whole.num_errors, whole.usable)
    assert (joined.num_predictions, joined.num_errors, joined.usable) == counts


def test_a_broken_tar_keeps_what_came_before_and_says_so(shop: Workshop, tmp_path: Path) -> None:
    path = make_tar(tmp_path / "photos.tar", {f"{n}.png": picture_bytes((400, 300), "BMP") for n in range(12)})
    path.write_bytes(path.read_bytes()[:-400_000])
    task = shop.task(path, MODELS)
    whole = shop.whole(task)
    found = shop.step(task)
    joined = found if isinstance(found, Outcome) else shop.split(task)[0]
    assert shop.element(joined) == shop.element(whole)


def test_few_files_are_measured_at_once(shop: Workshop, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "photos.zip", {f"{n}.png": picture_bytes() for n in range(4)})
    assert isinstance(shop.step(shop.task(path, MODELS)), Outcome)


def test_many_texts_are_shared_among_workers(shop: Workshop) -> None:
    source = TextSource(texts=tuple("word " * 200 for _ in range(20)))
    request = InferenceRequest(models=MODELS, texts=source.texts)
    found = shop.step(Task("j", 0, source, request, "w1", 1))
    assert isinstance(found, Split)
    assert [piece.first for piece in found.pieces][:3] == [0, 3, 6]
    assert sum(piece.count for piece in found.pieces) == 20
    assert found.kept is None


class OnceOnly(Acquirer):
    """Download an address once, and never again."""

    def __init__(self, file: Path) -> None:
        super().__init__(Path)
        self._file = file

    def bring(self, source: UrlSource | FileSource, folder: Path, cancellation: Cancellation) -> Path:
        return self._file.rename(folder / "whole")


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_what_lies_at_an_address_is_fetched_once_for_all_pieces(
    shop: Workshop, tmp_path: Path, kind: str, far: bool
) -> None:
    path = (make_zip if kind == "zip" else make_tar)(tmp_path / f"photos.{kind}", members())
    copy = tmp_path / f"copy.{kind}"
    copy.write_bytes(path.read_bytes())
    expected = shop.predictions(shop.whole(shop.task(path, MODELS)))["results"]
    source = UrlSource(url=f"http://photos.example/photos.{kind}")
    shop.intake, shop.far = OnceOnly(copy), far
    joined, _pieces = shop.split(Task(JOB, 0, source, InferenceRequest(models=MODELS, urls=(source,)), "w1", 1), seed=3)
    assert shop.predictions(joined)["results"] == expected


def test_the_piece_that_failed_is_all_that_runs_again(shop: Workshop, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "photos.zip", members())
    task = shop.task(path, MODELS)
    found = shop.step(task)
    assert isinstance(found, Split)
    ended = list(shop.ended(task, found))
    second = replace(task, piece=ended[1].piece, kept=found.kept, worker="w9", attempt=2)
    again = shop.step(second)  # its worker died before it could commit
    assert isinstance(again, Outcome)
    ended[1] = PieceOutcome(ended[1].piece, again)
    joined = shop.step(replace(task, joined=tuple(ended), kept=found.kept, attempt=2))
    assert isinstance(joined, Outcome)
    assert shop.element(joined) == shop.element(shop.whole(task))


def test_a_file_that_stopped_its_process_twice_is_not_opened_again(shop: Workshop, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "photos.zip", {f"{n}.png": picture_bytes() for n in range(3)})
    task = replace(shop.task(path, MODELS), suspects={1: 2}, crashes=2, attempt=3)
    outcome = shop.step(task)
    assert isinstance(outcome, Outcome)
    results = shop.predictions(outcome)["results"]
    assert [entry["file"] for entry in results["predictions"]] == ["0.png", "2.png"]
    (error,) = results["errors"]
    assert error["file"] == "1.png"
    assert "stopped the process it was measured in twice and was set aside" in error["message"]


def test_a_piece_that_could_not_be_run_becomes_an_error_and_the_others_stay(shop: Workshop, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "photos.zip", {f"{n}.png": picture_bytes() for n in range(8)})
    task = shop.task(path, MODELS)
    found = shop.step(task)
    assert isinstance(found, Split)
    ended = list(shop.ended(task, found))
    lost = Outcome("results/x", num_errors=1, usable=False, reason="photos.zip: it was set aside")
    joined = shop.step(replace(task, joined=(PieceOutcome(ended[0].piece, lost), ended[1]), kept=found.kept, attempt=2))
    assert isinstance(joined, Outcome)
    results = shop.predictions(joined)["results"]
    assert [entry["file"] for entry in results["predictions"]] == ["4.png", "5.png", "6.png", "7.png"]
    assert results["errors"] == [{"message": "photos.zip: it was set aside", "file": "photos.zip"}]


def test_progress_names_the_file_before_it_is_touched(shop: Workshop, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "photos.zip", {f"{n}.png": picture_bytes() for n in range(8)})
    shop.split(shop.task(path, MODELS))
    assert [(progress.file, number) for progress, number in shop.told] == [(f"{n}.png", n) for n in range(8)]


def test_a_source_in_place_leaves_only_its_results(shop: Workshop, tmp_path: Path) -> None:
    path = make_tar(tmp_path / "photos.tar", {f"{n}.png": picture_bytes() for n in range(9)})
    task = shop.task(path, MODELS)
    outcome = run_in_place(task, Cancellation(), shop.parts())
    assert outcome.num_predictions == 9
    left = [file.relative_to(shop.folder / "blobs").as_posix() for file in (shop.folder / "blobs").rglob("*.*")]
    own = ("artifacts.zip", "meshes.zip", "predictions.json")
    assert sorted(left) == [f"{outcome.results}/{name}" for name in own]
    assert list((shop.folder / "scratch").iterdir()) == []


def test_a_source_that_breaks_while_it_is_looked_at_is_an_error_of_the_source(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    outcome = run_task(shop.task(tmp_path / "empty.zip", MODELS), Cancellation(), shop.parts())
    assert isinstance(outcome, Outcome)
    assert outcome.reason == "empty.zip: archive holds no files"


def test_pieces_hold_neighbours_up_to_a_weight_and_never_become_too_many() -> None:
    assert [(one.first, one.count) for one in runs([1.0] * 10, 4)] == [(0, 4), (4, 4), (8, 2)]
    assert [(one.first, one.count) for one in runs([1, 9, 1, 1], 4)] == [(0, 1), (1, 1), (2, 2)]
    assert len(runs([1.0] * 10_000, 4)) <= 300
    assert sum(one.count for one in runs([1.0] * 10_000, 4)) == 10_000
    assert runs([], 4) == []


@pytest.mark.parametrize(
    ("seconds", "longest", "begins"),
    [
        (299.0, 300, [0]),
        (601.0, 300, [0, 201, 402]),
        (900.0, 300, [0, 300, 600]),
        (10_800.0, 300, range(0, 10_800, 300)),
    ],
)
def test_stretches_are_alike_and_no_longer_than_asked(seconds: float, longest: float, begins: list[float]) -> None:
    assert list(stretches(seconds, longest)) == list(begins)


def test_a_large_file_of_an_unknown_kind_weighs_as_a_recording() -> None:
    assert weight("a.jpg", 9_000_000) == 1.0
    assert weight("a.txt", 3_000) == pytest.approx(3.1)
    assert weight("a.mp3", 4_000_000) == pytest.approx(40)
