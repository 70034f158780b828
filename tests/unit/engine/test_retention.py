import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest

from mien.domain.errors import JobNotFound
from mien.domain.job import Job, Outcome
from mien.engine.retention import Retention, RetentionRules
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import StandingClock, a_job

DAY = 86_400.0
LONG_AGO = 1_000_000_000


class Bench:
    """A store and a folder of blobs, with a clock that is moved by hand."""

    def __init__(self, database: SqliteDatabase, folder: Path) -> None:
        self.clock = StandingClock()
        self.store = SqlJobStore(database, self.clock)
        self.blobs = FsspecBlobs(f"file://{folder}/blobs")
        self.root = folder / "blobs"
        self.swept = Event()

    def retention(self, days: float = 30.0, keep_uploads: bool = False) -> Retention:
        rules = RetentionRules(days, 3600.0, keep_uploads)
        return Retention(self.store, self.blobs, rules, self.clock, self.swept.set)

    def blob(self, key: str, old: bool = True) -> str:
        with self.blobs.write(key) as stream:
            stream.write(b"x")
        if old:
            self.age()
        return key

    def age(self) -> None:
        for folder, _, names in os.walk(self.root):
            for name in (*names, "."):
                os.utime(Path(folder, name), (LONG_AGO, LONG_AGO))

    def ended_job(self, results: str = "1-w") -> Job:
        job = a_job("one")
        self.store.add(job)
        task = self.store.claim("w", 30)
        assert task is not None
        folder = f"results/{job.id}/0/{results}"
        self.blob(f"{folder}/predictions.json")
        self.store.commit(task, Outcome(folder))
        return job


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield Bench(database, tmp_path)
    database.close()


def test_a_job_is_forgotten_with_its_blobs_when_its_days_are_over(bench: Bench) -> None:
    job = bench.ended_job()
    upload = bench.blob(f"uploads/{job.id}/0")
    bench.clock.move(29 * DAY)
    bench.retention().expire()
    assert bench.store.get(job.id, "ann")
    bench.clock.move(2 * DAY)
    bench.retention().expire()
    bench.retention().collect()
    with pytest.raises(JobNotFound):
        bench.store.get(job.id, "ann")
    assert not bench.blobs.exists(upload)
    assert not bench.blobs.exists(f"results/{job.id}/0/1-w/predictions.json")


def test_with_retention_off_a_job_is_kept_for_ever(bench: Bench) -> None:
    job = bench.ended_job()
    bench.clock.move(10_000 * DAY)
    bench.retention(days=0).expire()
    assert bench.store.get(job.id, "ann")


def test_the_blobs_of_a_deleted_job_go_and_go_again_when_no_worker_can_write_any_more(bench: Bench) -> None:
    job = bench.ended_job()
    bench.store.delete(job.id, "ann")
    bench.retention().collect()
    assert not (bench.root / "results" / job.id).exists()
    late = bench.blob(f"results/{job.id}/0/2-w/predictions.json")
    bench.clock.move(60)
    bench.retention().collect()
    assert not bench.blobs.exists(late)
    assert bench.store.garbage(10) == []


def test_a_blob_that_cannot_be_deleted_does_not_hold_up_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = bench.ended_job(), bench.ended_job()
    for job in (stuck, other):
        bench.store.delete(job.id, "ann")
    plain = bench.blobs.delete

    def refuse(prefix: str) -> None:
        if stuck.id in prefix:
            raise PermissionError(13, "no")
        plain(prefix)

    monkeypatch.setattr(bench.blobs, "delete", refuse)
    bench.retention().collect()
    assert not (bench.root / "results" / other.id).exists()
    assert any(stuck.id in prefix for prefix in bench.store.garbage(10))


@pytest.mark.parametrize("kept", [False, True])
def test_uploads_go_when_their_job_has_ended_unless_they_are_kept(bench: Bench, kept: bool) -> None:
    job = bench.ended_job()
    upload = bench.blob(f"uploads/{job.id}/0")
    bench.retention(keep_uploads=kept).collect()
    assert bench.blobs.exists(upload) is kept
    assert bench.store.garbage(10) == []
    bench.store.delete(job.id, None)
    bench.retention(keep_uploads=kept).collect()
    assert not bench.blobs.exists(upload)


def test_uploads_without_a_job_are_deleted_after_an_hour_and_not_before(bench: Bench) -> None:
    old = bench.blob(f"uploads/{uuid4()}/0")
    bench.clock.now_ms = 10**13
    fresh = bench.blob(f"uploads/{uuid4()}/0", old=False)
    os.utime(bench.root / Path(fresh), (10**10 - 60, 10**10 - 60))
    bench.retention().remove_orphans()
    assert not bench.blobs.exists(old)
    assert bench.blobs.exists(fresh)


def test_uploads_of_a_job_that_waits_are_kept_however_old(bench: Bench) -> None:
    job = a_job("one")
    bench.store.add(job)
    upload = bench.blob(f"uploads/{job.id}/0")
    bench.retention().remove_orphans()
    assert bench.blobs.exists(upload)


def test_results_of_attempts_that_do_not_count_are_deleted_once_the_job_has_ended(bench: Bench) -> None:
    job = bench.ended_job("2-w")
    lost = bench.blob(f"results/{job.id}/0/1-w/predictions.json")
    bench.clock.move(7200)
    bench.retention().remove_orphans()
    assert not bench.blobs.exists(lost)
    assert bench.blobs.exists(f"results/{job.id}/0/2-w/predictions.json")


def test_the_working_folder_of_a_job_goes_once_it_has_ended_and_not_before(bench: Bench) -> None:
    job, waiting = bench.ended_job(), a_job("one")
    bench.store.add(waiting)
    left, needed = (bench.blob(f"working/{each.id}/0/media") for each in (job, waiting))
    bench.clock.move(7200)
    bench.retention().remove_orphans()
    assert not bench.blobs.exists(left)
    assert bench.blobs.exists(needed)


def test_folders_that_are_not_ours_are_left_alone(bench: Bench) -> None:
    other = bench.blob("uploads/lost+found/0")
    bench.retention().remove_orphans()
    assert bench.blobs.exists(other)


def test_the_loop_does_all_of_it_and_ends_when_told(bench: Bench) -> None:
    job = bench.ended_job()
    bench.store.delete(job.id, "ann")
    stop = Event()
    loop = Thread(target=bench.retention().run_until, args=(stop,))
    loop.start()
    assert bench.swept.wait(10)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
    assert not (bench.root / "results" / job.id).exists()
