import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from mien.delivery.callback import CallbackFailed
from mien.domain.job import Job, Outcome
from mien.engine.deliveries import Deliveries, Send
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import StandingClock, a_job

URL = "http://ann.example/done"


class Bench:
    """A store and blobs, and a place where callbacks arrive."""

    def __init__(self, database: SqliteDatabase, folder: Path) -> None:
        self.clock = StandingClock()
        self.store = SqlJobStore(database, self.clock)
        self.blobs = FsspecBlobs(f"file://{folder}/blobs")
        self.arrived: list[tuple[str, bytes]] = []

    def deliveries(self, send: Send | None = None) -> Deliveries:
        return Deliveries(self.store, self.blobs, send or self.arrive)

    def arrive(self, url: str, body: Callable[[], Iterator[bytes]]) -> None:
        self.arrived.append((url, b"".join(body())))

    def ended_job(self, *elements: str) -> Job:
        """A job whose sources gave these elements; one named `bad` could not be used."""
        job = a_job(*(str(number) for number in range(len(elements))), callback_url=URL)
        self.store.add(job)
        for number, element in enumerate(elements):
            with self.blobs.write(f"results/{job.id}/{number}/predictions.json") as stream:
                stream.write(json.dumps({"source": element}).encode())
            task = self.store.claim("w1", 30)
            assert task is not None
            usable = element != "bad"
            outcome = Outcome(f"results/{job.id}/{number}", usable=usable, reason=None if usable else "HTTP 404")
            self.store.commit(task, outcome)
        return job


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield Bench(database, tmp_path)
    database.close()


def test_a_completed_job_is_told_with_all_its_predictions(bench: Bench) -> None:
    job = bench.ended_job("one", "bad")
    assert bench.deliveries().deliver_once() is True
    ((url, body),) = bench.arrived
    assert url == URL
    predictions = [{"source": "one"}, {"source": "bad"}]
    assert json.loads(body) == {"job_id": job.id, "status": "COMPLETED", "predictions": predictions}
    assert bench.deliveries().deliver_once() is False


def test_a_failed_job_is_told_with_its_message(bench: Bench) -> None:
    job = bench.ended_job("bad")
    bench.deliveries().deliver_once()
    told = json.loads(bench.arrived[0][1])
    message = "no source could be processed: HTTP 404"
    assert told == {"job_id": job.id, "status": "FAILED", "predictions": [], "message": message, "error": message}


def test_a_callback_that_fails_is_tried_again_later_and_the_job_stays_as_it_is(bench: Bench) -> None:
    job = bench.ended_job("one")
    before = bench.store.get(job.id, None)

    def fail(url: str, body: object) -> None:
        raise CallbackFailed("HTTP 500")

    assert bench.deliveries(fail).deliver_once() is True
    assert bench.deliveries().deliver_once() is False
    bench.clock.move(3600)
    assert bench.deliveries().deliver_once() is True
    assert len(bench.arrived) == 1
    assert bench.store.get(job.id, None) == before


def test_a_surprise_while_sending_is_tried_again_too(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    job = bench.ended_job("one")
    bench.blobs.delete(f"results/{job.id}")
    assert bench.deliveries().deliver_once() is True
    assert "internal error" in caplog.text
    bench.clock.move(3600)
    assert bench.deliveries().deliver_once() is True


def test_the_loop_sends_what_becomes_due_and_ends_when_told(bench: Bench) -> None:
    stop, arrived = Event(), Event()

    def send(url: str, body: object) -> None:
        arrived.set()

    loop = Thread(target=bench.deliveries(send).run_until, args=(stop,))
    loop.start()
    bench.ended_job("one")
    assert arrived.wait(10)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


def test_a_receiver_that_takes_its_time_holds_up_no_other(bench: Bench) -> None:
    stop, patient, others = Event(), Event(), Event()
    first = bench.ended_job("slow").id

    def send(url: str, body: Callable[[], Iterator[bytes]]) -> None:
        if json.loads(b"".join(body()))["job_id"] == first:
            assert patient.wait(20)
            return
        others.set()

    loop = Thread(target=bench.deliveries(send).run_until, args=(stop,))
    loop.start()
    bench.ended_job("quick")
    assert others.wait(10)
    patient.set()
    stop.set()
    loop.join(10)
