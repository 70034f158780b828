import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from mien.delivery.callback import CallbackFailed, Letter
from mien.domain.job import Job, Outcome
from mien.engine.deliveries import Couriers, Deliveries
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import KeyOptions, SqlKeyStore
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
        self.keys = SqlKeyStore(database, self.clock)
        self.arrived: list[tuple[str, bytes]] = []
        self.ids: list[str] = []
        self.mailed: list[tuple[str, str]] = []

    def deliveries(self, send: Callable[[Letter], None] | None = None, mails: bool = True) -> Deliveries:
        return Deliveries(self.store, self.blobs, Couriers(send or self.arrive, self.mail if mails else None))

    def arrive(self, letter: Letter) -> None:
        self.arrived.append((letter.url, b"".join(letter.body())))
        self.ids.append(letter.id)

    def mail(self, address: str, job: Job) -> None:
        self.mailed.append((address, job.id))

    def ended_job_of_a_key(self) -> Job:
        """A job with `notify` whose key has a mail address, and no callback."""
        key = self.keys.create("ann", KeyOptions("ann@example.org"))
        record = self.keys.find(key)
        assert record is not None
        job = a_job("0", owner=record.id)
        job = replace(job, request=job.request.model_copy(update={"notify": True}))
        self.store.add(job)
        task = self.store.claim("w1", 30)
        assert task is not None
        self.store.commit(task, Outcome(""))
        return job

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

    def fail(letter: Letter) -> None:
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

    def send(letter: Letter) -> None:
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

    def send(letter: Letter) -> None:
        if json.loads(b"".join(letter.body()))["job_id"] == first:
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


def test_every_attempt_is_in_the_log_and_a_receiver_says_when_to_come_again(bench: Bench) -> None:
    job = bench.ended_job("one")

    def fail(letter: Letter) -> None:
        raise CallbackFailed("the callback address answered HTTP 503", 600.0)

    bench.deliveries(fail).deliver_once()
    bench.clock.move(500)
    assert bench.deliveries().deliver_once() is False
    bench.clock.move(101)
    assert bench.deliveries().deliver_once() is True
    (log,) = bench.store.deliveries(job.id, "ann")
    assert log.state == "sent"
    assert [attempt.outcome for attempt in log.attempts] == ["the callback address answered HTTP 503", "delivered"]


def test_what_is_sent_again_carries_the_same_id(bench: Bench) -> None:
    job = bench.ended_job("one")
    bench.deliveries().deliver_once()
    assert bench.store.redeliver(job.id, "ann") == 1
    assert bench.deliveries().deliver_once() is True
    assert bench.ids == [f"msg_{job.id}"] * 2


def test_a_cancelled_source_without_results_is_told_as_an_error(bench: Bench) -> None:
    job = bench.ended_job_of_a_key()
    url = job.request.model_copy(update={"callback_url": URL})
    other = replace(a_job("0"), request=url)
    bench.store.add(other)
    task = bench.store.claim("w1", 30)
    assert task is not None
    bench.store.commit(task, Outcome("", usable=True, reason="nothing"))
    while bench.deliveries().deliver_once():
        pass
    (told,) = [json.loads(body) for _, body in bench.arrived]
    assert told["predictions"][0]["error"] == "nothing"


def test_a_mail_goes_to_the_address_of_the_key(bench: Bench) -> None:
    job = bench.ended_job_of_a_key()
    assert bench.deliveries().deliver_once() is True
    assert bench.mailed == [("ann@example.org", job.id)]


def test_without_a_mail_server_the_log_says_that_nothing_was_sent(bench: Bench) -> None:
    job = bench.ended_job_of_a_key()
    assert bench.deliveries(mails=False).deliver_once() is True
    (log,) = bench.store.deliveries(job.id, None)
    assert log.attempts[0].outcome == "not sent: no mail server is set up"


def test_a_job_deleted_while_its_callback_waits_is_forgotten(bench: Bench) -> None:
    job = bench.ended_job("one")
    due = bench.store.due_delivery(1)
    assert due is not None
    bench.store.delete(job.id, "ann")
    bench.clock.move(10)
    assert bench.deliveries().deliver_once() is False
    assert bench.arrived == []
