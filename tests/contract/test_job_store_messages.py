"""What every job store does with callbacks and mails: due once, tried again, given up, kept in a log, sent again."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mien.domain.errors import JobNotFound
from mien.storage.database_choice import open_database
from mien.storage.delivery_rows import RETRY_SECONDS
from mien.storage.jobs import Delivery, JobStore
from mien.storage.keys import KeyOptions, SqlKeyStore
from tests.fakes_engine import StandingClock, a_job
from tests.fakes_stores import DONE, OpenStore, claimed

URL = "http://ann.example/done"


def ended_job(store: JobStore) -> str:
    job = a_job(callback_url=URL)
    store.add(job)
    store.commit(claimed(store), DONE)
    return job.id


def due(store: JobStore) -> Delivery:
    delivery = store.due_delivery(60)
    assert delivery is not None
    return delivery


def test_a_callback_is_due_once_its_job_has_ended(store: JobStore) -> None:
    job = a_job(callback_url=URL)
    store.add(job)
    task = claimed(store)
    assert store.due_delivery(60) is None
    store.commit(task, DONE)
    assert due(store) == Delivery(job.id, "ann", "callback", URL, 1)
    assert store.due_delivery(60) is None


def test_the_messages_about_the_jobs_started_last_are_told_first(store: JobStore, clock: StandingClock) -> None:
    job_ids = []
    for _ in range(3):
        job = replace(a_job(callback_url=URL), created_ms=clock.now_ms)
        store.add(job)
        store.commit(claimed(store), DONE)
        job_ids.append(job.id)
        clock.move(1)
    store.delivery_failed(due(store), "HTTP 500")
    told = store.latest_deliveries("ann", 2)
    assert [log.delivery.job_id for log in told] == job_ids[:0:-1]
    assert store.latest_deliveries("ann", 10)[2] == store.deliveries(job_ids[0], "ann")[0]
    assert store.latest_deliveries("bob", 10) == []
    assert len(store.latest_deliveries(None, 10)) == 3


def test_a_callback_that_was_sent_is_never_due_again(store: JobStore, clock: StandingClock) -> None:
    ended_job(store)
    store.delivery_sent(due(store))
    clock.move(10**6)
    assert store.due_delivery(60) is None


def test_a_callback_whose_sender_died_is_due_again(store: JobStore, clock: StandingClock) -> None:
    ended_job(store)
    died = due(store)
    clock.move(61)
    assert due(store).attempt == 2
    store.delivery_sent(died)
    clock.move(61)
    assert store.due_delivery(60) is not None, "an answer that comes after the lease has ended changes nothing"


def test_a_message_is_tried_as_the_standard_says_and_then_given_up(store: JobStore, clock: StandingClock) -> None:
    job_id = ended_job(store)
    tries_ms = []
    for seconds in (*RETRY_SECONDS, None):
        tries_ms.append(clock.now_ms)
        store.delivery_failed(due(store), "HTTP 500")
        if seconds is not None:
            clock.move(seconds - 1)
            assert store.due_delivery(60) is None
            clock.move(1)
    clock.move(10**7)
    assert store.due_delivery(60) is None
    assert [(later - earlier) / 1000 for earlier, later in pairwise(tries_ms)] == list(RETRY_SECONDS)
    (log,) = store.deliveries(job_id, "ann")
    assert (log.state, len(log.attempts), store.figures().deliveries_failed) == ("given up", 10, 1)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4.5), (1.0, 5.5)])
def test_waits_differ_by_chance(url: str, chance: float, seconds: float) -> None:
    opened = OpenStore(url, lambda: chance)
    ended_job(opened.store)
    opened.store.delivery_failed(due(opened.store), "HTTP 500")
    opened.clock.move(seconds - 0.01)
    early = opened.store.due_delivery(60)
    opened.clock.move(0.01)
    late = opened.store.due_delivery(60)
    opened.close()
    assert early is None and late is not None


def test_a_receiver_that_says_when_to_come_again_is_heeded(store: JobStore, clock: StandingClock) -> None:
    ended_job(store)
    store.delivery_failed(due(store), "HTTP 503", retry_after_seconds=120)
    clock.move(119)
    assert store.due_delivery(60) is None
    clock.move(1)
    assert store.due_delivery(60) is not None


def test_every_attempt_is_in_the_log(store: JobStore, clock: StandingClock) -> None:
    job_id = ended_job(store)
    first = due(store)
    clock.move(0.25)
    store.delivery_failed(first, "HTTP 500")
    clock.move(10)
    store.delivery_sent(due(store), "HTTP 204")
    (log,) = store.deliveries(job_id, "ann")
    assert log.state == "sent"
    assert [(one.milliseconds, one.outcome) for one in log.attempts] == [(250, "HTTP 500"), (0, "HTTP 204")]
    assert log.attempts[1].at_ms - log.attempts[0].at_ms == 10250
    with pytest.raises(JobNotFound):
        store.deliveries(job_id, "bob")


def test_a_message_is_sent_again_when_asked_for(store: JobStore) -> None:
    job_id = ended_job(store)
    store.delivery_sent(due(store))
    assert store.redeliver(job_id, "ann") == 1
    assert due(store).attempt == 2


def test_a_job_that_runs_has_nothing_to_send_again(store: JobStore) -> None:
    job = a_job(callback_url=URL)
    store.add(job)
    assert store.redeliver(job.id, "ann") == 0


def test_a_mail_is_due_when_it_was_asked_for_and_the_key_has_an_address(url: str) -> None:
    opened = OpenStore(url)
    database = open_database(url)
    keys = SqlKeyStore(database, opened.clock)
    record = keys.find(keys.create("ann", KeyOptions(email="ann@mail.example")))
    database.close()
    assert record is not None
    for owner in (record.id, "a key without an address"):
        job = a_job(owner=owner)
        asked = job.request.model_copy(update={"notify": True})
        opened.store.add(type(job)(job.id, owner, asked, job.status, job.created_ms))
        opened.store.commit(claimed(opened.store), DONE)
    mail, nothing = opened.store.due_delivery(60), opened.store.due_delivery(60)
    opened.close()
    assert mail is not None and (mail.kind, mail.address) == ("mail", "ann@mail.example")
    assert nothing is None
