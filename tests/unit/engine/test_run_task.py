import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, DownloadFailed, LeaseLost, UnreadableMedia, WeightsMissing
from mien.domain.job import Outcome, Task
from mien.domain.media import Media
from mien.domain.request import InferenceRequest
from mien.domain.result import ItemFailure, ItemResult
from mien.domain.source import BadItem
from mien.engine.run_task import run_task
from mien.engine.task_parts import Keep, TaskParts
from mien.storage.fsspec_blobs import FsspecBlobs
from tests.fakes_engine import Picture, a_face, a_request, a_task, an_item, faces_in, png_of, yields

Measure = Callable[[str, Keep], ItemResult]


@dataclass
class Bench:
    """A place to run one task on: every part real but the way to items and the measuring itself."""

    folder: Path
    opened: list[Picture] = field(default_factory=list)
    memories: list[object] = field(default_factory=list)

    def run(
        self,
        task: Task,
        *found: object,
        measure: Measure = lambda file, keep: faces_in(file),
        cancellation: Cancellation | None = None,
    ) -> Outcome:
        def analyze(
            _m: Media, file: str, _r: InferenceRequest, _c: Cancellation, keep: Keep, memory: object
        ) -> ItemResult:
            self.memories.append(memory)
            return measure(file, keep)

        parts = TaskParts(
            acquire=yields(*found),  # type: ignore[arg-type]  # tests also hand in what no acquirer would
            open_media=lambda *_: self._open(),
            text_media=lambda _: self._open(),
            analyze=analyze,
            encode_png=png_of,
            blobs=self.blobs,
            scratch=self.folder / "scratch",
        )
        return run_task(task, cancellation or Cancellation(), parts)

    @property
    def blobs(self) -> FsspecBlobs:
        return FsspecBlobs(f"file://{self.folder}/blobs")

    def predictions(self, outcome: Outcome) -> Any:
        with self.blobs.read(f"{outcome.results}/predictions.json") as stream:
            return json.load(stream)

    def artifacts(self, outcome: Outcome) -> ZipFile:
        return ZipFile(self.blobs.read(f"{outcome.results}/artifacts.zip"))

    def _open(self) -> Picture:
        self.opened.append(Picture())
        return self.opened[-1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def breaks(file: str, error: Exception) -> Measure:
    """Measure every file but this one, which raises."""

    def measure(name: str, keep: Keep) -> ItemResult:
        if name == file:
            raise error
        return faces_in(name)

    return measure


def test_a_source_becomes_predictions_and_tables(bench: Bench) -> None:
    outcome = bench.run(a_task(), an_item())
    assert (outcome.num_predictions, outcome.num_errors, outcome.usable) == (1, 0, True)
    element = bench.predictions(outcome)
    assert element["source"] == {"type": "url", "url": "http://photos.example/clip.mp4"}
    assert [entry["file"] for entry in element["results"]["predictions"]] == ["clip.mp4"]
    assert element["results"]["errors"] == []
    assert bench.artifacts(outcome).namelist() == ["url-0-clip.mp4/csv/clip.mp4/face.csv"]
    assert b"Joy" in bench.artifacts(outcome).read("url-0-clip.mp4/csv/clip.mp4/face.csv")


def test_every_file_of_an_archive_gets_its_entry(bench: Bench) -> None:
    outcome = bench.run(a_task(), an_item("a/1.png"), an_item("a/2.png"), an_item("3.png"))
    files = [entry["file"] for entry in bench.predictions(outcome)["results"]["predictions"]]
    assert files == ["a/1.png", "a/2.png", "3.png"]
    assert outcome.num_predictions == 3
    assert all(picture.closed for picture in bench.opened)


def test_sources_of_one_kind_are_numbered_in_the_artifacts(bench: Bench) -> None:
    task = a_task(a_request("one.png", "two.png"), index=1)
    outcome = bench.run(task, an_item("two.png"))
    assert bench.artifacts(outcome).namelist() == ["url-1-two.png/csv/two.png/face.csv"]


def test_a_file_that_cannot_be_used_is_named_and_its_neighbours_finish(bench: Bench) -> None:
    bad = BadItem("locked.zip", UnreadableMedia("member is encrypted"))
    measure = breaks("bad.png", UnreadableMedia("no picture"))
    outcome = bench.run(a_task(), an_item("1.png"), bad, an_item("bad.png"), an_item("2.png"), measure=measure)
    results = bench.predictions(outcome)["results"]
    assert [entry["file"] for entry in results["predictions"]] == ["1.png", "2.png"]
    assert results["errors"] == [
        {"message": "member is encrypted", "file": "locked.zip"},
        {"message": "no picture", "file": "bad.png"},
    ]
    assert (outcome.num_predictions, outcome.num_errors, outcome.usable) == (2, 2, True)


def test_a_surprise_inside_a_file_stops_that_file_only_and_leaves_a_trace(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    measure = breaks("bad.png", ZeroDivisionError("secret detail"))
    outcome = bench.run(a_task(), an_item("bad.png"), an_item("2.png"), measure=measure)
    results = bench.predictions(outcome)["results"]
    assert results["errors"] == [{"message": "internal error", "file": "bad.png"}]
    assert outcome.num_predictions == 1
    assert caplog.records[0].exc_info is not None


def test_missing_weights_are_said_in_plain_words(bench: Bench) -> None:
    outcome = bench.run(a_task(), an_item(), measure=breaks("clip.mp4", WeightsMissing()))
    assert "mien weights pull" in bench.predictions(outcome)["results"]["errors"][0]["message"]


def test_what_a_file_reports_beside_its_results_counts_as_an_error(bench: Bench) -> None:
    def measure(file: str, _: Keep) -> ItemResult:
        result = faces_in(file)
        return ItemResult(file, result.kind, result.models, (ItemFailure(file, "unable to transcribe file"),))

    outcome = bench.run(a_task(), an_item(), measure=measure)
    assert (outcome.num_predictions, outcome.num_errors) == (1, 1)
    assert bench.predictions(outcome)["results"]["errors"][0]["message"] == "unable to transcribe file"


def test_a_source_that_cannot_be_used_at_all_becomes_an_error(bench: Bench) -> None:
    outcome = bench.run(a_task(), DownloadFailed("clip.mp4: HTTP 404"))
    assert (outcome.usable, outcome.reason) == (False, "clip.mp4: HTTP 404")
    element = bench.predictions(outcome)
    assert element["error"] == "clip.mp4: HTTP 404" and "results" not in element
    assert not bench.blobs.exists(f"{outcome.results}/artifacts.zip")


def test_a_source_that_breaks_in_the_middle_keeps_what_came_before(bench: Bench) -> None:
    outcome = bench.run(a_task(), an_item("1.png"), DownloadFailed("archive ends too early"), an_item("never.png"))
    results = bench.predictions(outcome)["results"]
    assert [entry["file"] for entry in results["predictions"]] == ["1.png"]
    assert results["errors"] == [{"message": "archive ends too early", "file": "clip.mp4"}]
    assert outcome.usable


def test_a_surprise_before_the_first_file_is_an_internal_error_of_the_source(bench: Bench) -> None:
    outcome = bench.run(a_task(), ZeroDivisionError())
    assert (outcome.usable, outcome.reason) == (False, "internal error")


@pytest.mark.parametrize("reason", [Cancelled(), LeaseLost()])
def test_being_asked_to_stop_flies_up_and_leaves_no_results(bench: Bench, reason: Cancelled | LeaseLost) -> None:
    cancellation, task = Cancellation(), a_task()

    def measure(file: str, _: Keep) -> ItemResult:
        cancellation.cancel(reason)
        return faces_in(file)

    with pytest.raises(type(reason)):
        bench.run(task, an_item("1.png"), an_item("2.png"), measure=measure, cancellation=cancellation)
    assert not bench.blobs.exists(f"results/{task.job_id}/0/1-w1/predictions.json")
    assert list((bench.folder / "scratch").iterdir()) == []


def test_being_asked_to_stop_inside_a_file_is_no_error_of_that_file(bench: Bench) -> None:
    with pytest.raises(LeaseLost):
        bench.run(a_task(), an_item(), measure=breaks("clip.mp4", LeaseLost()))


def test_a_task_that_stopped_its_workers_is_set_aside(bench: Bench) -> None:
    def never(file: str, _: Keep) -> ItemResult:
        pytest.fail("it must not run again")

    outcome = bench.run(a_task(attempt=4), an_item(), measure=never)
    assert not outcome.usable
    assert outcome.reason == "clip.mp4: the file stopped the worker 3 times and was set aside"
    assert bench.predictions(outcome)["error"] == outcome.reason


def test_the_third_attempt_still_runs(bench: Bench) -> None:
    assert bench.run(a_task(attempt=3), an_item()).usable


def test_each_attempt_writes_to_a_place_of_its_own(bench: Bench) -> None:
    first, second = (bench.run(a_task(attempt=attempt), an_item()) for attempt in (1, 2))
    assert first.results != second.results


def test_kept_faces_lie_in_the_artifacts_as_png(bench: Bench) -> None:
    def measure(file: str, keep: Keep) -> ItemResult:
        for frame in (0, 10):
            keep(a_face(frame))
        return faces_in(file, 2)

    archive = bench.artifacts(bench.run(a_task(), an_item(), measure=measure))
    crops = [name for name in archive.namelist() if name.endswith(".png")]
    assert crops == [f"url-0-clip.mp4/faces/clip.mp4/unknown/frame={frame}.png" for frame in (0, 10)]
    assert archive.read(crops[0]).startswith(b"\x89PNG")
    assert archive.testzip() is None


def test_several_unknown_faces_of_one_frame_are_all_kept(bench: Bench) -> None:
    def measure(file: str, keep: Keep) -> ItemResult:
        for _ in range(3):
            keep(a_face(7))
        return faces_in(file)

    archive = bench.artifacts(bench.run(a_task(), an_item(), measure=measure))
    crops = [name.rpartition("/")[2] for name in archive.namelist() if name.endswith(".png")]
    assert crops == ["frame=7.png", "frame=7-1.png", "frame=7-2.png"]


def test_the_same_source_gives_the_same_bytes(bench: Bench) -> None:
    def artifacts(attempt: int) -> Iterator[bytes]:
        outcome = bench.run(a_task(attempt=attempt), an_item())
        with bench.blobs.read(f"{outcome.results}/artifacts.zip") as stream:
            yield stream.read()

    assert list(artifacts(1)) == list(artifacts(2))


def test_the_files_of_a_source_share_a_memory_and_sources_do_not(bench: Bench) -> None:
    bench.run(a_task(), an_item("a.png"), an_item("b.png"))
    bench.run(a_task(), an_item("c.png"))
    first, second, other = bench.memories
    assert first is second
    assert first is not other
