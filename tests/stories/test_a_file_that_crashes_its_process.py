"""One file of three crashes the library that opens it; it is tried twice, set aside, and its neighbours finish."""

import json
from pathlib import Path

from mien.domain.job import Status
from mien.engine.worker import Worker
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import open_database
from tests.fakes_engine import a_job
from tests.fakes_measuring_child import measuring_sandbox


def test_a_file_that_crashes_twice_becomes_its_own_error_and_its_neighbours_finish(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/mien.db")
    store = SqlJobStore(database)
    job = a_job("archive.zip", created_ms=wall_clock_ms())
    store.add(job)
    with measuring_sandbox(tmp_path) as box:
        worker = Worker("w1", store, box.run, place=box)
        runs = 0
        while not store.get(job.id, None).status.final and runs < 20:
            runs += worker.run_once()

    ended, figures = store.get(job.id, None), store.figures()
    (outcome,) = store.outcomes(job.id)
    with FsspecBlobs(f"file://{tmp_path}/blobs").read(f"{outcome.results}/predictions.json") as stream:
        results = json.load(stream)["results"]
    database.close()
    assert (ended.status, ended.num_predictions, ended.num_errors) == (Status.COMPLETED, 2, 1)
    assert (runs, figures.crashes, figures.quarantines) == (3, 2, 1)
    assert [entry["file"] for entry in results["predictions"]] == ["first.png", "last.png"]
    (error,) = results["errors"]
    assert error["file"] == "crash.png"
    assert error["message"] == (
        "the file stopped the process it was measured in twice and was set aside: its process was ended by SIGSEGV"
    )
