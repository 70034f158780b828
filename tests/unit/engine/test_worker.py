from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.job import Job, Outcome, Status, Task
from mien.engine.worker import Run, Worker
from mien.sandbox.sandbox import KilledFromOutside
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import a_job

DONE = Outcome("results", num_predictions=1)
SOON = 10.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlJobStore]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield SqlJobStore(database)
    database.close()


def added(store: SqlJobStore, *names: str) -> Job:
    job = a_job(*names)
    store.add(job)
    return job


def status(store: SqlJobStore, job: Job) -> Status:
    return store.get(job.id, None).status


def runs_until_cancelled(begun: Event) -> Run:
    def run(_: Task, cancellation: Cancellation) -> Outcome:
        begun.set()
        before = monotonic()
        while monotonic() - before < SOON:
            cancellation.check()
            sleep(0.005)
        pytest.fail("nobody asked to stop")

    return run


def test_a_worker_runs_and_commits_one_task(store: SqlJobStore) -> None:
    job = added(store)
    worker = Worker("w1", store, lambda task, _: DONE)
    assert worker.run_once() is True
    assert worker.run_once() is False
    assert status(store, job) is Status.COMPLETED


def test_a_long_task_keeps_its_lease(store: SqlJobStore) -> None:
    added(store)

    def run(task: Task, _: Cancellation) -> Outcome:
        sleep(0.9)
        assert store.claim("w2", 30) is None
        return DONE

    assert Worker("w1", store, run, lease_seconds=0.6).run_once()


def test_a_cancelled_job_ends_within_a_heartbeat(store: SqlJobStore) -> None:
    job, begun = added(store), Event()
    worker = Worker("w1", store, runs_until_cancelled(begun), lease_seconds=0.3)
    running = Thread(target=worker.run_once)
    running.start()
    assert begun.wait(SOON)
    store.cancel(job.id, None)
    running.join(SOON)
    assert store.get(job.id, None).message == "job was cancelled"


def test_a_worker_that_lost_its_lease_stops_and_leaves_the_task_to_its_new_holder(store: SqlJobStore) -> None:
    job, begun, result = added(store), Event(), []
    worker = Worker("w1", store, runs_until_cancelled(begun), lease_seconds=0.3)
    running = Thread(target=lambda: result.append(worker.run_once()))
    running.start()
    assert begun.wait(SOON)
    # Somebody whose clock runs ahead finds the lease ended.
    taken = SqlJobStore(store._database, lambda: wall_clock_ms() + 60_000).claim("w2", 30)
    running.join(SOON / 2)
    assert result == [True]
    assert status(store, job) is Status.IN_PROGRESS
    assert taken is not None
    store.commit(taken, DONE)
    assert status(store, job) is Status.COMPLETED


def test_a_worker_that_is_stopped_puts_its_task_back(store: SqlJobStore) -> None:
    job, begun, stop = added(store), Event(), Event()
    worker = Worker("w1", store, runs_until_cancelled(begun))
    running = Thread(target=worker.run_until, args=(stop,))
    running.start()
    assert begun.wait(SOON)
    stop.set()
    running.join(SOON)
    assert not running.is_alive()
    again = store.claim("w2", 30)
    assert again is not None and (again.job_id, again.attempt) == (job.id, 1)


def test_an_idle_worker_starts_a_job_at_once(store: SqlJobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # It is woken: the time after which it looks anyway is far away.
    monkeypatch.setattr("mien.engine.worker.IDLE_SECONDS", 60.0)
    begun, stop, began_at, waited = Event(), Event(), [], []

    def run(task: Task, _: Cancellation) -> Outcome:
        began_at.append(monotonic())
        begun.set()
        return DONE

    running = Thread(target=Worker("w1", store, run).run_until, args=(stop,))
    running.start()
    for _ in range(3):
        sleep(0.3)
        begun.clear()
        added_at = monotonic()
        added(store)
        assert begun.wait(SOON)
        waited.append(began_at[-1] - added_at)
    stop.set()
    added(store)
    running.join(SOON)
    assert not running.is_alive()
    # The best of three, for the machine may be busy.
    assert min(waited) < 0.3


def test_trouble_in_one_task_does_not_end_the_worker(
    store: SqlJobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mien.engine.worker.AFTER_TROUBLE_SECONDS", 0.01)
    broken, sound, stop = added(store), added(store), Event()

    def run(task: Task, _: Cancellation) -> Outcome:
        if task.job_id == broken.id:
            raise OSError("no space left on device")
        stop.set()
        return DONE

    Worker("w1", store, run).run_until(stop)
    assert (status(store, broken), status(store, sound)) == (Status.IN_PROGRESS, Status.COMPLETED)
    assert "no space left" in caplog.text


def test_a_task_whose_process_somebody_kills_runs_again_and_that_is_no_crash(store: SqlJobStore) -> None:
    job = added(store, "one.mp4")
    kills = iter([True, True, True, False])

    def run(task: Task, _: Cancellation) -> Outcome:
        if next(kills):
            raise KilledFromOutside("its process was ended by SIGKILL", 0)
        assert task.crashes == 0
        return DONE

    worker = Worker("w", store, run)
    while not store.get(job.id, None).status.final:
        worker.run_once()
    assert store.get(job.id, None).num_predictions == 1


def test_a_task_whose_process_is_killed_every_time_counts_as_crashing_in_the_end(store: SqlJobStore) -> None:
    job = added(store, "one.mp4")
    runs: list[int] = []

    def run(task: Task, _: Cancellation) -> Outcome:
        runs.append(task.crashes)
        if task.crashes < 2:
            raise KilledFromOutside("its process was ended by SIGKILL", 0)
        return DONE

    worker = Worker("w", store, run)
    while not store.get(job.id, None).status.final:
        worker.run_once()
    assert len(runs) == 10 + 3
