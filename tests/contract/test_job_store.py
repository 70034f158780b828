"""What every job store does with jobs and whole sources, run over each implementation."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from threading import Barrier, Thread
from time import monotonic, sleep

import pytest

from mien.domain.errors import InvalidRequest, JobNotFound, LeaseLost, QueueFull
from mien.domain.job import JobQuery, Outcome, Status
from mien.storage.jobs import JobStore
from tests.fakes_engine import NOON_MS, StandingClock, a_job
from tests.fakes_stores import DONE, UNUSABLE, OpenStore, claimed


def test_a_job_comes_back_as_it_was_added(store: JobStore) -> None:
    job = a_job("one.mp4", "two.mp4", callback_url="http://ann.example/done")
    store.add(job)
    assert store.get(job.id, "ann") == job


def test_a_job_of_somebody_else_is_not_found(store: JobStore) -> None:
    job = a_job(owner="ann")
    store.add(job)
    with pytest.raises(JobNotFound, match="job not found"):
        store.get(job.id, "bob")
    assert store.get(job.id, None).owner == "ann"


@pytest.mark.parametrize("job_id", ["", "42", "' OR 1=1", "3F6C1D0E-7A52-4B7B-9A55-0C1D2E3F4A5B", "\udcff", "\0"])
def test_a_malformed_id_is_not_found(store: JobStore, job_id: str) -> None:
    with pytest.raises(JobNotFound):
        store.get(job_id, None)


def test_a_job_without_sources_is_refused(store: JobStore) -> None:
    job = a_job()
    with pytest.raises(InvalidRequest):
        store.add(replace(job, request=job.request.model_copy(update={"urls": ()})))


def test_a_claim_hands_out_the_oldest_source_and_starts_its_job(store: JobStore, clock: StandingClock) -> None:
    job, younger = a_job("one.mp4", "two.mp4"), a_job()
    store.add(job)
    store.add(younger)
    clock.move(2)
    task = claimed(store)
    assert (task.job_id, task.index, task.source.name, task.attempt) == (job.id, 0, "one.mp4", 1)
    started = store.get(job.id, None)
    assert (started.status, started.started_ms) == (Status.IN_PROGRESS, NOON_MS + 2000)
    assert store.get(younger.id, None).status is Status.QUEUED


def test_a_large_job_does_not_starve_a_small_one(store: JobStore) -> None:
    large, small = a_job("1", "2", "3"), a_job("only")
    store.add(large)
    store.add(small)
    order = [claimed(store).source.name for _ in range(4)]
    assert order == ["1", "only", "2", "3"]


def test_a_task_is_claimed_once_and_then_there_is_none(store: JobStore) -> None:
    store.add(a_job())
    claimed(store)
    assert store.claim("w2", 30) is None


def test_the_last_commit_completes_the_job_and_adds_up(store: JobStore, clock: StandingClock) -> None:
    job = a_job("one.mp4", "two.mp4")
    store.add(job)
    store.commit(claimed(store), DONE)
    assert store.get(job.id, None).status is Status.IN_PROGRESS
    clock.move(5)
    store.commit(claimed(store), UNUSABLE)
    ended = store.get(job.id, None)
    assert (ended.status, ended.message, ended.ended_ms) == (Status.COMPLETED, None, NOON_MS + 5000)
    assert (ended.num_predictions, ended.num_errors) == (3, 2)


def test_outcomes_come_in_the_order_of_the_sources(store: JobStore) -> None:
    job = a_job("one.mp4", "two.mp4")
    store.add(job)
    first, second = claimed(store), claimed(store)
    store.commit(second, UNUSABLE)
    store.commit(first, DONE)
    assert store.outcomes(job.id) == [DONE, replace(UNUSABLE, num_errors=1)]


def test_a_job_of_which_nothing_could_be_used_fails(store: JobStore) -> None:
    job = a_job("one.mp4", "two.mp4")
    store.add(job)
    for _ in range(2):
        store.commit(claimed(store), UNUSABLE)
    failed = store.get(job.id, None)
    assert failed.status is Status.FAILED
    assert failed.message == "no source could be processed: could not download: HTTP 404"


def test_times_never_run_backwards(store: JobStore, clock: StandingClock) -> None:
    job = a_job()
    store.add(job)
    clock.move(-3600)
    store.commit(claimed(store), DONE)
    ended = store.get(job.id, None)
    assert ended.started_ms is not None and ended.ended_ms is not None
    assert ended.created_ms <= ended.started_ms <= ended.ended_ms


def test_a_lease_that_ends_gives_the_task_to_another_and_the_loser_cannot_commit(
    store: JobStore, clock: StandingClock
) -> None:
    job = a_job()
    store.add(job)
    late = claimed(store, "w1")
    clock.move(31)
    second = claimed(store, "w2")
    assert (second.worker, second.attempt) == ("w2", 2)
    for step in (
        lambda: store.commit(late, DONE),
        lambda: store.release(late),
        lambda: store.heartbeat(late, 30),
    ):
        with pytest.raises(LeaseLost):
            step()
    store.commit(second, DONE)
    assert store.get(job.id, None).num_predictions == 3


def test_the_same_worker_does_not_hold_two_attempts(store: JobStore, clock: StandingClock) -> None:
    store.add(a_job())
    first = claimed(store, "w1")
    clock.move(31)
    claimed(store, "w1")
    with pytest.raises(LeaseLost):
        store.commit(first, DONE)


def test_a_heartbeat_keeps_the_lease(store: JobStore, clock: StandingClock) -> None:
    store.add(a_job())
    task = claimed(store)
    for _ in range(3):
        clock.move(20)
        assert store.heartbeat(task, 30) is True
    assert store.claim("w2", 30) is None
    clock.move(31)
    assert store.claim("w2", 30) is not None


def test_a_task_is_committed_once(store: JobStore) -> None:
    job = a_job()
    store.add(job)
    task = claimed(store)
    store.commit(task, DONE)
    with pytest.raises(LeaseLost):
        store.commit(task, DONE)
    assert store.get(job.id, None).num_predictions == 3


def test_a_released_task_waits_again_and_the_attempt_does_not_count(store: JobStore) -> None:
    store.add(a_job())
    task = claimed(store)
    store.release(task)
    assert claimed(store, "w2").attempt == 1
    with pytest.raises(LeaseLost):
        store.commit(task, DONE)


def test_cancelling_a_queued_job_ends_it_at_once(store: JobStore) -> None:
    job = a_job("one.mp4", "two.mp4", callback_url="http://ann.example/done")
    store.add(job)
    store.cancel(job.id, "ann")
    ended = store.get(job.id, None)
    assert (ended.status, ended.message) == (Status.FAILED, "job was cancelled")
    assert ended.started_ms == ended.ended_ms == NOON_MS
    assert store.claim("w1", 30) is None
    assert store.due_delivery(30) is not None


def test_cancelling_a_running_job_tells_its_workers_and_drops_the_rest(store: JobStore) -> None:
    job = a_job("one.mp4", "two.mp4")
    store.add(job)
    task = claimed(store)
    store.cancel(job.id, "ann")
    assert store.heartbeat(task, 30) is False
    assert store.claim("w2", 30) is None
    assert store.get(job.id, None).status is Status.IN_PROGRESS
    store.commit(task, DONE)
    assert store.get(job.id, None).message == "job was cancelled"


def test_releasing_a_task_of_a_cancelled_job_ends_the_job(store: JobStore) -> None:
    job = a_job()
    store.add(job)
    task = claimed(store)
    store.cancel(job.id, "ann")
    store.release(task)
    assert store.get(job.id, None).status is Status.FAILED


def test_cancelling_an_ended_job_changes_nothing(store: JobStore) -> None:
    job = a_job()
    store.add(job)
    store.commit(claimed(store), DONE)
    ended = store.get(job.id, None)
    store.cancel(job.id, "ann")
    assert store.get(job.id, None) == ended
    with pytest.raises(JobNotFound):
        store.cancel(job.id, "bob")


def fill(store: JobStore, jobs: int) -> None:
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda _: store.add(a_job()), range(jobs)))


def test_a_full_queue_refuses_until_a_job_is_started(opened: OpenStore) -> None:
    fill(opened.store, 500)
    with pytest.raises(QueueFull, match="500"):
        opened.store.add(a_job(owner="bob"))
    claimed(opened.store)
    opened.store.add(a_job(owner="bob"))


def test_of_32_clients_that_add_at_once_to_495_jobs_exactly_5_pass(opened: OpenStore) -> None:
    stores = [opened.store, opened.again()]
    fill(opened.store, 495)
    together = Barrier(32)

    def add(number: int) -> bool:
        together.wait()
        try:
            stores[number % 2].add(a_job())
        except QueueFull:
            return False
        return True

    with ThreadPoolExecutor(32) as threads:
        passed = list(threads.map(add, range(32)))
    assert sum(passed) == 5
    assert len(opened.store.list(None, JobQuery(limit=1000))) == 500


def test_of_many_that_claim_at_once_each_gets_its_own(opened: OpenStore) -> None:
    opened.store.add(a_job(*(str(number) for number in range(60))))
    stores = [opened.again() for _ in range(3)]

    def claim_all(worker: int) -> list[int]:
        found = []
        while task := stores[worker % 3].claim(f"w{worker}", 30):
            found.append(task.index)
        return found

    with ThreadPoolExecutor(6) as threads:
        per_worker = list(threads.map(claim_all, range(6)))
    assert sorted(chain.from_iterable(per_worker)) == list(range(60))


def test_of_two_that_commit_at_once_one_succeeds(opened: OpenStore) -> None:
    job = a_job()
    opened.store.add(job)
    task, stores, together = claimed(opened.store), (opened.store, opened.again()), Barrier(2)

    def commit(store: JobStore) -> bool:
        together.wait()
        try:
            store.commit(task, DONE)
        except LeaseLost:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(commit, stores)) == [False, True]
    assert opened.store.get(job.id, None).num_predictions == 3


def test_a_store_opened_again_goes_on_where_it_was(opened: OpenStore) -> None:
    job = a_job("one.mp4", "two.mp4")
    opened.store.add(job)
    opened.store.commit(claimed(opened.store), DONE)
    again = opened.again()
    assert again.get(job.id, "ann").num_predictions == 3
    assert claimed(again).source.name == "two.mp4"


def test_waiting_ends_soon_after_somebody_else_adds_a_job(opened: OpenStore) -> None:
    other = opened.again()
    opened.store.wait_for_work(0)
    adding = Thread(target=lambda: (sleep(0.1), other.add(a_job())))
    adding.start()
    before = monotonic()
    opened.store.wait_for_work(5)
    waited = monotonic() - before
    adding.join()
    assert 0.05 < waited < 1
    assert opened.store.claim("w1", 30) is not None


def test_work_added_between_a_claim_and_the_wait_is_not_missed(opened: OpenStore) -> None:
    opened.store.wait_for_work(0)
    assert opened.store.claim("w1", 30) is None
    opened.again().add(a_job())
    before = monotonic()
    opened.store.wait_for_work(5)
    assert monotonic() - before < 1


def test_waiting_gives_up_when_nothing_happens(store: JobStore) -> None:
    store.wait_for_work(0)
    before = monotonic()
    store.wait_for_work(0.1)
    assert 0.05 < monotonic() - before < 1


def ended_job(store: JobStore, clock: StandingClock, outcome: Outcome, created_ms: int) -> str:
    job = a_job(created_ms=created_ms)
    store.add(job)
    store.commit(claimed(store), outcome)
    clock.move(1)
    return job.id


@pytest.fixture
def four_jobs(store: JobStore, clock: StandingClock) -> dict[str, str]:
    """Four jobs of Ann, in order of creation done, failed, running, queued; and one of Bob."""
    found = {
        ended_job(store, clock, DONE, NOON_MS): "done",
        ended_job(store, clock, UNUSABLE, NOON_MS + 1): "failed",
    }
    for number, state in enumerate(("running", "queued"), 2):
        job = a_job(created_ms=NOON_MS + number)
        store.add(job)
        found[job.id] = state
        if state == "running":
            claimed(store)
    store.add(a_job(owner="bob"))
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (JobQuery(), "queued running failed done"),
        (JobQuery(direction="asc"), "done failed running queued"),
        (JobQuery(limit=2), "queued running"),
        (JobQuery(statuses=frozenset({Status.COMPLETED, Status.FAILED})), "failed done"),
        (JobQuery(timestamp_ms=NOON_MS + 2), "failed done"),
        (JobQuery(timestamp_ms=NOON_MS + 1, when="created_after"), "queued running"),
        (JobQuery(sort_by="started", direction="asc"), "done failed running queued"),
        (JobQuery(sort_by="ended"), "failed done queued running"),
        (JobQuery(sort_by="ended", direction="asc"), "done failed running queued"),
    ],
)
def test_a_list_holds_what_was_asked_for(
    store: JobStore, four_jobs: dict[str, str], query: JobQuery, expected: str
) -> None:
    assert " ".join(four_jobs[job.id] for job in store.list("ann", query)) == expected
