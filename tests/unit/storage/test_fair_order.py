import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from mien.domain.job import Outcome, Piece, Split, Task
from mien.storage.database import Database
from mien.storage.jobs import JobStore
from mien.storage.schema import flows, keys
from tests.fakes_engine import a_job
from tests.fakes_stores import OpenStore, claimed

LONGEST = 60.0


@pytest.fixture
def opened(memory_folder: Path) -> Iterator[OpenStore]:
    found = OpenStore(f"sqlite:///{memory_folder}/mien.db")
    yield found
    found.close()


def weigh(database: Database, owner: str, weight: float) -> None:
    row = {"id": owner, "owner": owner, "sha256": owner, "created_ms": 0, "weight": weight}
    database.write(lambda connection: connection.execute(insert(keys), row))


def in_pieces(store: JobStore, owner: str, seconds: list[float]) -> str:
    """Add a job whose one source waits in pieces that are worth so much media."""
    job = a_job("archive.zip", owner=owner)
    store.add(job)
    while (task := claimed(store)).job_id != job.id:
        store.release(task)
    pieces = tuple(Piece(number, first=number, media_seconds=worth) for number, worth in enumerate(seconds))
    store.split(task, Split(pieces))
    return job.id


def ended(store: JobStore, task: Task, media_seconds: float | None = None) -> None:
    worth = media_seconds if media_seconds is not None or task.piece is None else task.piece.media_seconds
    store.commit(task, Outcome("results", media_seconds=worth or 0.0))


@pytest.mark.parametrize("owner", ["ann", "bob"], ids=["of the same owner", "of another owner"])
@pytest.mark.parametrize("begun", [1, 7])
def test_a_photo_behind_a_large_archive_is_next(opened: OpenStore, owner: str, begun: int) -> None:
    store = opened.store
    in_pieces(store, "ann", [30.0] * 10_000)
    for number in range(begun):
        task = claimed(store)
        if number % 2:
            ended(store, task)
    photo = a_job("photo.png", owner=owner)
    store.add(photo)
    assert claimed(store).job_id == photo.id


def test_a_photo_is_next_behind_two_archives_wherever_their_turns_are(opened: OpenStore) -> None:
    store = opened.store
    for _ in range(2):
        in_pieces(store, "ann", [30.0] * 50)
    for _ in range(5):
        ended(store, claimed(store))
        photo = a_job("photo.png")
        store.add(photo)
        task = claimed(store)
        assert task.job_id == photo.id
        ended(store, task, 0.1)


def test_an_endless_stream_of_photos_does_not_starve_an_archive(opened: OpenStore) -> None:
    store = opened.store
    archive = in_pieces(store, "ann", [10.0] * 50)
    served: Counter[bool] = Counter()
    for _ in range(300):
        store.add(a_job("photo.png"))
        task = claimed(store)
        served[task.job_id == archive] += 1
        ended(store, task, 10.0 if task.job_id == archive else 1.0)
    # One photo comes with every claim, so that each turn of the archive leaves one photo more that wants its share.
    assert served[True] >= 5


def test_who_slept_has_saved_nothing(opened: OpenStore) -> None:
    store = opened.store
    in_pieces(store, "bob", [1.0])
    ended(store, claimed(store))
    ended(store, claimed(store))
    mine = in_pieces(store, "ann", [10.0] * 40)
    for _ in range(20):
        ended(store, claimed(store))
    in_pieces(store, "bob", [10.0] * 40)
    served = Counter()
    for _ in range(20):
        task = claimed(store)
        served[task.job_id == mine] += 1
        ended(store, task)
    assert abs(served[True] - served[False]) <= 2


def test_who_used_an_idle_server_owes_nothing(opened: OpenStore) -> None:
    store = opened.store
    store.add(a_job("film.mp4", owner="ann"))
    ended(store, claimed(store), 3000.0)
    jobs = [in_pieces(store, owner, [10.0] * 20) for owner in ("ann", "bob")]
    served: Counter[str] = Counter()
    for _ in range(10):
        task = claimed(store)
        served[task.job_id] += 1
        ended(store, task)
    assert served[jobs[0]] >= 4


def test_what_was_estimated_too_high_or_too_low_is_put_right(opened: OpenStore) -> None:
    store = opened.store
    for owner in ("ann", "bob"):
        store.add(a_job(*(f"{number}.mp4" for number in range(200)), owner=owner))
    measured = {"ann": 1.0, "bob": 20.0}
    served: dict[str, float] = Counter()
    for _ in range(100):
        task = claimed(store)
        owner = store.get(task.job_id, None).owner
        served[owner] += measured[owner]
        ended(store, task, measured[owner])
    assert abs(served["ann"] - served["bob"]) <= 45


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0]), min_size=2, max_size=4),
    workers=st.integers(1, 3),
    seed=st.integers(0, 100),
)
def test_owners_who_wait_are_served_by_their_weights_within_two_tasks(
    memory_folder: Path, weights: list[float], workers: int, seed: int
) -> None:
    """The bound of the paper for one server, with as many tasks more as run at once."""
    opened = OpenStore(f"sqlite:///{memory_folder}/{uuid4()}.db")
    store, chance = opened.store, random.Random(seed)
    jobs = {}
    for number, weight in enumerate(weights):
        weigh(opened.database, f"owner {number}", weight)
        jobs[in_pieces(store, f"owner {number}", [chance.uniform(0.5, LONGEST) for _ in range(200)])] = weight
    served = dict.fromkeys(jobs, 0.0)
    running: list[Task] = []
    for _ in range(60):
        running.append(claimed(store))
        assert running[-1].piece is not None
        served[running[-1].job_id] += running[-1].piece.media_seconds
        if len(running) == workers:
            ended(store, running.pop(chance.randrange(workers)))
    opened.close()
    shares = [served[job] / weight for job, weight in jobs.items()]
    longest = LONGEST / min(weights)
    assert max(shares) - min(shares) <= 2 * longest


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    jobs=st.lists(
        st.tuples(st.sampled_from(["ann", "bob", "eve"]), st.lists(st.floats(0, 100), min_size=1, max_size=4)),
        min_size=1,
        max_size=6,
    ),
    seed=st.integers(0, 100),
)
def test_whatever_waits_is_served_and_then_nobody_waits(
    memory_folder: Path, jobs: list[tuple[str, list[float]]], seed: int
) -> None:
    opened = OpenStore(f"sqlite:///{memory_folder}/{uuid4()}.db")
    store, chance = opened.store, random.Random(seed)
    added = [replace(a_job(*map(str, seconds)), owner=owner) for owner, seconds in jobs]
    for job in added:
        store.add(job)
    running: list[Task] = []
    while running or store.figures().queued_tasks:
        running += store.claim_many("w", 30, chance.randint(1, 4))
        if running and chance.random() < 0.7:
            ended(store, running.pop(chance.randrange(len(running))), chance.uniform(0, 100))
    waiting = opened.database.read(lambda connection: connection.execute(select(flows.c.waiting)).scalars().all())
    assert all(store.get(job.id, None).status.final for job in added)
    opened.close()
    assert set(waiting) == {0}
