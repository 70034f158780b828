"""Large sources through a real store: workers share the pieces, one of them joins, and a crash repeats one piece."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.job import Job, Outcome, Split, Status, Task
from mien.domain.request import InferenceRequest
from mien.domain.source import FileSource
from mien.engine.run_task import run_task
from mien.engine.worker import Worker
from mien.pipeline.analyze import Pipeline
from mien.sandbox.sandbox import TaskCrashed
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import open_database
from tests.fakes import FakeRuntime, RedModel, WholePicture
from tests.fakes_engine import NOON_MS
from tests.fakes_files import make_zip, picture_bytes
from tests.fakes_pieces import JOB, Workshop

Run = Callable[[Task, Cancellation], Outcome | Split]


class StretchyPictures(WholePicture):
    in_stretches = True


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, Pipeline({"red": RedModel}, [StretchyPictures], FakeRuntime()))


def a_job(path: Path) -> Job:
    source = FileSource(filename=path.name, content_type=None, md5sum="0" * 32, upload=str(path))
    request = InferenceRequest(models={"red": {"save_faces": True}}, files=(source,))
    return Job(JOB, "ann", request, Status.QUEUED, NOON_MS)


def archive(folder: Path) -> Path:
    return make_zip(folder / "photos.zip", {f"{n}.png": picture_bytes((20 + n, 12)) for n in range(13)})


def test_workers_share_the_pieces_of_one_source(shop: Workshop, tmp_path: Path) -> None:
    job = a_job(archive(tmp_path))
    store = SqlJobStore(open_database(f"sqlite:///{tmp_path}/jobs.db"))
    store.add(job)
    ran: list[tuple[str, int]] = []

    def run(task: Task, cancellation: Cancellation) -> Outcome | Split:
        ran.append((task.worker, task.piece.number if task.piece else -1))
        return run_task(task, cancellation, shop.parts())

    workers = [Worker(f"w{number}", store, run) for number in range(2)]
    while sum(worker.run_once() for worker in workers):
        pass
    assert store.get(JOB, "ann").status is Status.COMPLETED
    (outcome,) = store.outcomes(JOB)
    assert {worker for worker, number in ran if number >= 0} == {"w0", "w1"}
    assert [number for _, number in ran].count(-1) == 2  # looked at first, joined last
    whole = shop.whole(shop.task(tmp_path / "photos.zip", dict(job.request.models)))
    assert shop.element(outcome) == shop.element(whole)
    assert shop.artifact_bytes(outcome) == shop.artifact_bytes(whole)
    assert outcome.num_predictions == 13


def test_a_crash_repeats_one_piece_only(shop: Workshop, tmp_path: Path) -> None:
    job = a_job(archive(tmp_path))
    store = SqlJobStore(open_database(f"sqlite:///{tmp_path}/jobs.db"))
    store.add(job)
    ran: list[int] = []

    def run(task: Task, cancellation: Cancellation) -> Outcome | Split:
        if task.piece is not None:
            ran.append(task.piece.number)
            if ran.count(1) == 1 and task.piece.number == 1:
                raise TaskCrashed("it was killed", task.piece.first + 1)
        return run_task(task, cancellation, shop.parts())

    worker = Worker("w1", store, run)
    while worker.run_once():
        pass
    assert sorted(ran) == [0, 1, 1, 2, 3]
    (outcome,) = store.outcomes(JOB)
    assert (outcome.num_predictions, outcome.num_errors) == (13, 0)


def test_a_file_that_kills_twice_is_set_aside_and_its_neighbours_finish(shop: Workshop, tmp_path: Path) -> None:
    job = a_job(archive(tmp_path))
    store = SqlJobStore(open_database(f"sqlite:///{tmp_path}/jobs.db"))
    store.add(job)

    def run(task: Task, cancellation: Cancellation) -> Outcome | Split:
        piece = task.piece
        if piece is not None and piece.first <= 6 < piece.first + piece.count and task.suspects.get(6, 0) < 2:
            raise TaskCrashed("it was killed", 6)
        return run_task(task, cancellation, shop.parts())

    worker = Worker("w1", store, run)
    while worker.run_once():
        pass
    (outcome,) = store.outcomes(JOB)
    results = shop.predictions(outcome)["results"]
    assert [entry["file"] for entry in results["predictions"]] == [f"{n}.png" for n in range(13) if n != 6]
    (error,) = results["errors"]
    assert error["file"] == "6.png"
    assert "was set aside" in error["message"]


def test_stopping_a_worker_puts_its_piece_back(shop: Workshop, tmp_path: Path) -> None:
    store = SqlJobStore(open_database(f"sqlite:///{tmp_path}/jobs.db"))
    store.add(replace(a_job(archive(tmp_path))))
    begun, stop = Event(), Event()

    def hang(task: Task, cancellation: Cancellation) -> Outcome | Split:
        if task.piece is None:
            return run_task(task, cancellation, shop.parts())
        begun.set()
        while True:
            cancellation.check()

    thread = Thread(target=Worker("w1", store, hang).run_until, args=(stop,))
    thread.start()
    assert begun.wait(60)
    stop.set()
    thread.join(60)
    worker = Worker("w2", store, lambda task, asked: run_task(task, asked, shop.parts()))
    while worker.run_once():
        pass
    assert store.get(JOB, "ann").status is Status.COMPLETED
