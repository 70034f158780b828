"""A running job is cancelled; within two seconds whatever worked for it is gone."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from mien.domain.job import Status
from mien.engine.worker import Worker
from mien.sandbox.sandbox import Sandbox
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import a_job
from tests.fakes_sandbox import is_gone, sandbox, until

SECONDS = 2.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlJobStore]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield SqlJobStore(database)
    database.close()


@pytest.fixture
def box(store: SqlJobStore, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox in which a worker runs the store's tasks; children are tied to the thread that starts them."""
    made: Queue[Sandbox] = Queue()
    stop = Event()

    def work() -> None:
        with sandbox(tmp_path / "scratch") as box:
            made.put(box)
            Worker("w1", store, box.run, lease_seconds=30, place=box).run_until(stop)

    thread = Thread(target=work)
    thread.start()
    yield made.get(timeout=60)
    stop.set()
    thread.join(30)


def cancelled_after(store: SqlJobStore, box: Sandbox, what: str) -> float:
    """Cancel a job while it runs; return how many seconds it took until it had ended and nothing worked for it."""
    job = a_job(what, created_ms=wall_clock_ms())
    store.add(job)
    until(lambda: box.progress is not None)
    child = box.process_id
    assert child is not None
    asked = time.monotonic()
    store.cancel(job.id, None)
    until(lambda: store.get(job.id, None).status.final and (what == "obey" or is_gone(child)))
    assert store.get(job.id, None).status is Status.FAILED
    return time.monotonic() - asked


@pytest.mark.parametrize("what", ["obey", "hang"])
def test_a_cancel_is_through_in_two_seconds(store: SqlJobStore, box: Sandbox, what: str) -> None:
    took = sorted(cancelled_after(store, box, what) for _ in range(20))
    print(f"{what}: median {statistics.median(took):.2f} s, p95 {took[18]:.2f} s, longest {took[-1]:.2f} s")
    assert took[18] < SECONDS
