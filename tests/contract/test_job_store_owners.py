"""What every job store does for the owner of jobs: submitting once, tags, deleting, forgetting, watching."""

from dataclasses import replace

import pytest

from mien.domain.errors import IdempotencyConflict, JobNotFound, LeaseLost, QueueFull, QuotaSpent
from mien.domain.job import Job, JobQuery, Split, Status
from mien.domain.job import Piece as Part
from mien.domain.source import FileSource
from mien.storage.jobs import JobStore, WorkerReport
from mien.storage.keys import KeyOptions, SqlKeyStore
from tests.fakes_engine import NOON_MS, StandingClock, a_job, a_request
from tests.fakes_stores import DONE, OpenStore, claimed


def test_a_job_submitted_twice_with_one_key_is_started_once(store: JobStore) -> None:
    first = replace(a_job("one.png"), idempotency_key="order 7")
    second = replace(a_job("one.png"), idempotency_key="order 7")
    assert store.add(first) == first.id
    assert store.add(second) == first.id
    assert store.known([first.id, second.id]) == {first.id}
    assert store.add(replace(second, owner="bob")) == second.id, "another owner's key is another key"


def test_a_key_starts_as_many_jobs_in_a_day_as_it_may(opened: OpenStore) -> None:
    keys = SqlKeyStore(opened.database, opened.clock)
    found = keys.find(keys.create("ann", KeyOptions(jobs_per_day=2)))
    assert found is not None
    for _ in range(2):
        opened.store.add(a_job(owner=found.id))
    with pytest.raises(QuotaSpent, match="2 jobs in 24 hours"):
        opened.store.add(a_job(owner=found.id))
    opened.store.add(a_job(owner="somebody else"))
    opened.clock.move(24 * 3600 + 1)
    opened.store.add(a_job(owner=found.id))


def test_one_key_for_two_requests_is_refused(store: JobStore) -> None:
    store.add(replace(a_job("one.png"), idempotency_key="order 7"))
    with pytest.raises(IdempotencyConflict):
        store.add(replace(a_job("two.png"), idempotency_key="order 7"))


def test_a_repeated_upload_is_the_same_by_its_checksum_and_its_second_copy_is_garbage(store: JobStore) -> None:
    def uploaded(md5sum: str) -> Job:
        job = a_job()
        file = FileSource(filename="a.png", content_type=None, md5sum=md5sum, upload=f"uploads/{job.id}/0")
        return replace(job, idempotency_key="k", request=a_request().model_copy(update={"files": (file,)}))

    first, second = uploaded("0" * 32), uploaded("0" * 32)
    store.add(first)
    assert store.add(second) == first.id
    assert store.garbage(10) == [f"uploads/{second.id}/0"]
    with pytest.raises(IdempotencyConflict):
        store.add(uploaded("1" * 32))


def test_a_full_queue_still_answers_what_was_submitted_before(opened: OpenStore) -> None:
    store = opened.limited(1)
    job = replace(a_job(), idempotency_key="k")
    store.add(job)
    with pytest.raises(QueueFull):
        store.add(a_job())
    assert store.add(replace(a_job(), idempotency_key="k")) == job.id


def test_tags_are_kept_changed_and_found(store: JobStore) -> None:
    job, other = replace(a_job(), tags=("batch 1", "cats", "cats")), a_job()
    store.add(job)
    store.add(other)
    assert store.get(job.id, "ann").tags == ("batch 1", "cats")

    def found(*tags: str) -> list[str]:
        return [one.id for one in store.list("ann", JobQuery(tags=frozenset(tags)))]

    assert (found("cats"), found("cats", "batch 1"), found("cats", "dogs")) == ([job.id], [job.id], [])
    store.tag(job.id, "ann", ("dogs",))
    assert (found("cats"), found("dogs"), store.get(job.id, "ann").tags) == ([], [job.id], ("dogs",))
    with pytest.raises(JobNotFound):
        store.tag(job.id, "bob", ())


def test_a_deleted_job_is_gone_at_once_and_its_blobs_are_garbage_now_and_after_the_leases(
    store: JobStore, clock: StandingClock
) -> None:
    job = replace(a_job("archive.zip", callback_url="http://ann.example/done"), tags=("cats",), idempotency_key="k")
    store.add(job)
    store.split(claimed(store), Split((Part(0), Part(1)), kept="kept/1"))
    task = claimed(store)
    with pytest.raises(JobNotFound):
        store.delete(job.id, "bob")
    store.delete(job.id, "ann")
    with pytest.raises(JobNotFound):
        store.get(job.id, None)
    with pytest.raises(LeaseLost):
        store.heartbeat(task, 30)
    assert (store.claim("w2", 30), store.due_delivery(60), store.known([job.id])) == (None, None, set())
    prefixes = {f"results/{job.id}", f"uploads/{job.id}", "kept/1"}
    assert set(store.garbage(10)) == prefixes
    for prefix in prefixes:
        store.collected(prefix)
    clock.move(29)
    assert store.garbage(10) == []
    clock.move(31)
    assert set(store.garbage(10)) == prefixes


def test_jobs_that_ended_long_ago_are_forgotten_and_others_kept(store: JobStore, clock: StandingClock) -> None:
    old, running = a_job(), a_job()
    for job in (old, running):
        store.add(job)
    store.commit(claimed(store), DONE)
    claimed(store)
    clock.move(3600)
    new = a_job()
    store.add(new)
    store.commit(claimed(store), DONE)
    assert store.expire(NOON_MS + 3600_000, 10) == 1
    assert store.known([old.id, running.id, new.id]) == {running.id, new.id}
    assert store.expire(NOON_MS + 10**9, 10) == 1


def test_workers_are_known_by_their_last_word_until_they_are_silent_for_an_hour(
    store: JobStore, clock: StandingClock
) -> None:
    store.worker_seen(WorkerReport("w1", "here", 7, tasks_done=1))
    clock.move(10)
    store.worker_seen(WorkerReport("w2", "there", 8, 2**33, "cuda:0", 4, 5, "film.mp4"))
    store.worker_seen(WorkerReport("w1", "here", 7, tasks_done=2))
    assert sorted((one.name, one.tasks_done, one.seen_ms) for one in store.workers()) == [
        ("w1", 2, NOON_MS + 10_000),
        ("w2", 5, NOON_MS + 10_000),
    ]
    clock.move(3601)
    assert store.workers() == []


def test_the_figures_say_how_the_queue_is(store: JobStore, clock: StandingClock) -> None:
    store.add(a_job("1", "2", "3"))
    clock.move(4)
    store.add(a_job())
    first = claimed(store)
    store.commit(first, replace(DONE, seconds=0.3))
    claimed(store)
    clock.move(31)
    claimed(store)
    told = store.figures()
    assert (told.queued_jobs, told.queued_tasks, told.running_tasks, told.lease_expiries) == (0, 2, 1, 1)
    assert (told.task_seconds_sum, told.task_seconds[0.1], told.task_seconds[0.5]) == (0.3, 0, 1)
    assert store.list("ann", JobQuery(statuses=frozenset({Status.QUEUED}))) == []
