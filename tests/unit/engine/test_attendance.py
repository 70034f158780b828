import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.engine import attendance
from mien.engine.attendance import Attendance, take_back
from mien.storage.jobs import WorkerReport
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import a_job

HERE = socket.gethostname()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlJobStore]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield SqlJobStore(database)
    database.close()


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def holds(store: SqlJobStore, host: str, pid: int) -> None:
    """Let a worker on this host, in this process, hold a task for ten minutes."""
    store.add(a_job(created_ms=wall_clock_ms()))
    store.worker_seen(WorkerReport("w1", host, pid))
    assert store.claim("w1", 600) is not None
    assert store.claim("w2", 600) is None


def test_what_a_dead_worker_of_this_machine_held_can_be_claimed_at_once(store: SqlJobStore, gone: int) -> None:
    holds(store, HERE, gone)
    assert take_back(store) == ["w1"]
    task = store.claim("w2", 600)
    assert task is not None and task.attempt == 2


def test_a_worker_that_had_this_process_id_before_is_dead(store: SqlJobStore) -> None:
    holds(store, HERE, os.getpid())
    assert take_back(store) == ["w1"]


def test_living_workers_and_those_of_other_machines_keep_what_they_hold(store: SqlJobStore, gone: int) -> None:
    holds(store, HERE, os.getppid())
    assert take_back(store) == []
    store.worker_seen(WorkerReport("w1", "elsewhere", gone))
    assert take_back(store) == []
    assert store.claim("w2", 600) is None


def test_a_worker_is_seen_before_it_works_and_again_and_again(
    store: SqlJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "REPORT_SECONDS", 0.02)
    done = iter(range(1000))
    seen = Attendance(store, lambda: WorkerReport("w1", HERE, 1, tasks_done=next(done)))
    seen.begin()
    assert [report.name for report in store.workers()] == ["w1"]
    deadline = time.monotonic() + 20
    while store.workers()[0].tasks_done < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    seen.end()
    assert store.workers()[0].tasks_done >= 2
