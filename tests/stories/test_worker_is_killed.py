"""A worker process is killed in the middle of a task; another finishes it, and nothing is counted twice."""

import subprocess
import sys
import time
from pathlib import Path

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Status, Task
from mien.engine.worker import Worker
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import open_database
from tests.fakes_engine import a_job

LEASE_SECONDS = 1.0
BUSY_WORKER = """
import sys, time
from mien.engine.worker import Worker
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import open_database

def run(task, cancellation):
    print(task.source.name, flush=True)
    time.sleep(60)

Worker("first", SqlJobStore(open_database(sys.argv[1])), run, lease_seconds=float(sys.argv[2])).run_once()
"""


def test_the_task_of_a_killed_worker_is_finished_by_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mien.db"
    database = open_database(url)
    store = SqlJobStore(database)
    job = a_job("one.mp4", "two.mp4", created_ms=wall_clock_ms())
    store.add(job)

    first = subprocess.Popen(
        [sys.executable, "-c", BUSY_WORKER, url, str(LEASE_SECONDS)], stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout is not None and first.stdout.readline().strip() == "one.mp4"
        first.kill()

    attempts: dict[str, int] = {}

    def run(task: Task, _: Cancellation) -> Outcome:
        attempts[task.source.name] = task.attempt
        return Outcome("results", num_predictions=1)

    second = Worker("second", store, run, LEASE_SECONDS)
    deadline = time.monotonic() + 30
    while not store.get(job.id, None).status.final and time.monotonic() < deadline:
        if not second.run_once():
            store.wait_for_work(0.1)

    ended = store.get(job.id, None)
    database.close()
    assert (ended.status, ended.num_predictions) == (Status.COMPLETED, 2)
    assert attempts == {"one.mp4": 2, "two.mp4": 1}
