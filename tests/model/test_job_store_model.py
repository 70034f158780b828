"""The job store against a simple model of it: whatever is done in whatever order, nothing is lost or doubled."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, delete, update

from mien.domain.errors import JobNotFound, LeaseLost, QueueFull
from mien.domain.job import Job, JobQuery, Outcome, Piece, Progress, Split, Status, Task
from mien.storage.schema import counters, flows, garbage, jobs
from tests.fakes_engine import a_job
from tests.fakes_postgresql import PostgresServer
from tests.fakes_stores import OpenStore

LEASE_SECONDS = 30.0
MOST_QUEUED = 4
Place = tuple[str, int, int | None]
"""A job, one of its sources and one of its pieces; None for the source itself."""


@dataclass
class ModelTask:
    """What is to be known of one place where work waits, is done, or was done."""

    state: str = "queued"
    holder: Task | None = None
    lease_until_ms: int = 0
    crashes: int = 0
    outcome: Outcome | None = None


@dataclass
class ModelJob:
    """A job as the model sees it. `tasks` holds each source, and the pieces that were made of it."""

    job: Job
    tasks: dict[tuple[int, int | None], ModelTask]
    made: dict[int, int] = field(default_factory=dict)
    cancelled: bool = False
    final: Job | None = None
    messages: int = 0

    def sources(self) -> list[ModelTask]:
        return [task for (_, piece), task in sorted(self.tasks.items(), key=str) if piece is None]

    def pieces(self, index: int) -> list[ModelTask]:
        return [task for (source, piece), task in self.tasks.items() if source == index and piece is not None]


class StoreAgainstModel(RuleBasedStateMachine):
    """Does random things to a store and to the model, and compares them after each."""

    address: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.opened = OpenStore(self.address)
        self.opened.database.write(_empty)
        self.store = self.opened.limited(MOST_QUEUED)
        self.jobs: dict[str, ModelJob] = {}
        self.lost: list[Task] = []
        self.started: set[str] = set()
        self.worker = 0
        self.added = 0

    def teardown(self) -> None:
        self.opened.close()

    # What can be done

    @rule(sources=st.integers(1, 3), owner=st.sampled_from(["ann", "bob"]))
    def add(self, sources: int, owner: str) -> None:
        names = (f"{number}.zip" for number in range(sources))
        self.added += 1
        # Hypothesis wants the same names each time.
        job_id = f"{self.added:08x}-0000-4000-8000-000000000000"
        job = replace(a_job(*names, owner=owner, callback_url="http://x.example/"), id=job_id)
        queued = sum(not self.begun(one) and one.final is None for one in self.jobs.values())
        if queued >= MOST_QUEUED:
            with pytest.raises(QueueFull):
                self.store.add(job)
            return
        self.store.add(job)
        self.jobs[job.id] = ModelJob(job, {(index, None): ModelTask() for index in range(sources)})

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        self.worker += 1
        self.tick()
        tasks = self.store.claim_many(f"w{self.worker}", LEASE_SECONDS, limit)
        self.end_cancelled_whose_lease_ended()
        free = [place for place, task in self.open_tasks() if self.is_free(task)]
        assert bool(tasks) == bool(free), "somebody gets something exactly when something waits"
        for task in tasks:
            model = self.task_of(task)
            assert self.is_free(model), "no task is handed out twice"
            assert task.crashes == model.crashes
            if model.holder is not None:
                self.lost.append(model.holder)
            joins = model.state == "joining" or (model.holder is not None and model.holder.joined is not None)
            assert (task.joined is not None) == joins
            if task.joined is not None:
                done = [one.outcome for one in self.jobs[task.job_id].pieces(task.index) if one.state == "done"]
                assert sorted(one.outcome.results for one in task.joined) == sorted(one.results for one in done if one)
            self.started.add(task.job_id)
            model.state, model.holder = "running", task
            model.lease_until_ms = self.now + round(LEASE_SECONDS * 1000)

    @precondition(lambda self: self.held())
    @rule(data=st.data(), share=st.floats(0, 1))
    def heartbeat(self, data: st.DataObject, share: float) -> None:
        task = data.draw(st.sampled_from(self.held()))
        self.tick()
        goes_on = self.store.heartbeat(task, LEASE_SECONDS, Progress(share, "a.png"))
        assert goes_on is not self.jobs[task.job_id].cancelled
        self.task_of(task).lease_until_ms = self.now + round(LEASE_SECONDS * 1000)

    @precondition(lambda self: self.held())
    @rule(data=st.data(), usable=st.booleans(), media=st.sampled_from([0.0, 1.0, 400.0]))
    def commit(self, data: st.DataObject, usable: bool, media: float) -> None:
        several = data.draw(st.lists(st.sampled_from(self.held()), min_size=1, max_size=3, unique_by=id))
        ended = [(task, self.outcome_of(task, usable, media)) for task in several]
        assert self.store.commit_many(ended) == []
        for task, outcome in ended:
            model = self.task_of(task)
            model.state, model.outcome, model.holder = "done", outcome, None
            self.lost.append(task)
            self.settle(task.job_id, task.index)

    @precondition(lambda self: [task for task in self.held() if task.joined is None])
    @rule(data=st.data(), count=st.integers(0, 3))
    def split(self, data: st.DataObject, count: int) -> None:
        task = data.draw(st.sampled_from([task for task in self.held() if task.joined is None]))
        self.store.split(task, Split(tuple(Piece(number, first=number) for number in range(count)), kept="kept/1"))
        job = self.jobs[task.job_id]
        self.lost.append(task)
        model = self.task_of(task)
        model.holder = None
        if job.cancelled:
            model.state = "queued"
            self.drop(job)
            return
        model.state = "split"
        first = job.made.get(task.index, 0)
        for number in range(first, first + count):
            job.tasks[task.index, number] = ModelTask()
        job.made[task.index] = first + count
        self.settle(task.job_id, task.index)

    @precondition(lambda self: self.held())
    @rule(data=st.data(), suspect=st.one_of(st.none(), st.integers(0, 2)), crash=st.booleans())
    def put_back(self, data: st.DataObject, suspect: int | None, crash: bool) -> None:
        task = data.draw(st.sampled_from(self.held()))
        if crash:
            self.store.crashed(task, suspect)
        else:
            self.store.release(task)
        model = self.task_of(task)
        model.crashes += crash
        model.state, model.holder = "joining" if task.joined is not None else "queued", None
        self.lost.append(task)
        if self.jobs[task.job_id].cancelled:
            self.drop(self.jobs[task.job_id])

    @rule(seconds=st.sampled_from([1, 20, 31]))
    def wait(self, seconds: int) -> None:
        self.opened.clock.move(seconds)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = self.jobs[data.draw(st.sampled_from(sorted(self.jobs)))]
        self.store.cancel(job.job.id, job.job.owner)
        if job.final is None:
            job.cancelled = True
            self.drop(job)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        job = self.jobs.pop(data.draw(st.sampled_from(sorted(self.jobs))))
        self.lost += [task.holder for task in job.tasks.values() if task.holder is not None]
        self.store.delete(job.job.id, job.job.owner)
        with pytest.raises(JobNotFound):
            self.store.get(job.job.id, None)

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def come_too_late(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.lost[-10:]))
        assert self.store.commit_many([(task, Outcome("late"))]) == [task]
        for step in (
            lambda: self.store.heartbeat(task, LEASE_SECONDS),
            lambda: self.store.release(task),
            lambda: self.store.crashed(task, None),
            lambda: self.store.split(task, Split(())),
        ):
            with pytest.raises(LeaseLost):
                step()

    @rule()
    def deliver(self) -> None:
        delivery = self.store.due_delivery(10**6)
        due = [one for one in self.jobs.values() if one.final is not None and not one.messages]
        assert (delivery is not None) == bool(due)
        if delivery is not None:
            self.jobs[delivery.job_id].messages += 1
            self.store.delivery_sent(delivery)

    @rule()
    def open_again(self) -> None:
        self.opened.close()
        self.opened.databases.clear()
        self.opened.again()
        self.store = self.opened.limited(MOST_QUEUED)

    # What must be so after each step

    @invariant()
    def every_job_is_as_the_model_says(self) -> None:
        listed = {job.id: job for job in self.store.list(None, JobQuery(limit=1000))}
        assert set(listed) == set(self.jobs), "no accepted job is lost"
        for job_id, model in self.jobs.items():
            job, sources = listed[job_id], model.sources()
            ended = all(source.state == "done" for source in sources)
            assert job.status.final == ended
            assert (job.status is Status.QUEUED) == (not ended and not self.begun(model))
            outcomes = [source.outcome for source in sources if source.outcome is not None]
            assert job.num_predictions == sum(one.num_predictions if one.usable else 0 for one in outcomes)
            assert job.num_errors == sum(one.num_errors if one.usable else 1 for one in outcomes)
            if ended and model.final is None:
                good = not model.cancelled and any(one.usable for one in outcomes)
                assert job.status is (Status.COMPLETED if good else Status.FAILED)
                model.final = job
            assert model.final is None or model.final == job, "what has ended never changes"

    @invariant()
    def the_figures_are_as_the_model_says(self) -> None:
        told, states = self.store.figures(), [task.state for _, task in self.open_tasks()]
        assert told.queued_tasks == sum(state in ("queued", "joining") for state in states)
        assert told.running_tasks == states.count("running")

    # The model itself

    @property
    def now(self) -> int:
        return self.opened.clock.now_ms

    def open_tasks(self) -> Iterator[tuple[Place, ModelTask]]:
        for job_id, job in self.jobs.items():
            for (index, piece), task in job.tasks.items():
                yield (job_id, index, piece), task

    def is_free(self, task: ModelTask) -> bool:
        return task.state in ("queued", "joining") or (task.state == "running" and task.lease_until_ms <= self.now)

    def held(self) -> list[Task]:
        return [task.holder for _, task in self.open_tasks() if task.state == "running" and task.holder is not None]

    def task_of(self, task: Task) -> ModelTask:
        return self.jobs[task.job_id].tasks[task.index, None if task.piece is None else task.piece.number]

    def begun(self, job: ModelJob) -> bool:
        return job.job.id in self.started

    def outcome_of(self, task: Task, usable: bool, media: float) -> Outcome:
        piece = None if task.piece is None else task.piece.number
        name = f"{task.job_id}/{task.index}/{piece}/{task.attempt}-{task.worker}"
        return Outcome(name, 2, 1, usable, None if usable else "broken", media, 1.0)

    def settle(self, job_id: str, index: int) -> None:
        """Let a source wait for its joining when its last piece has ended, or end with it when it was cancelled."""
        job = self.jobs[job_id]
        if job.cancelled:
            return self.drop(job)
        source = job.tasks[index, None]
        if source.state == "split" and all(piece.state in ("done", "split") for piece in job.pieces(index)):
            source.state = "joining"
        return None

    def drop(self, job: ModelJob) -> None:
        """End what waits of a cancelled job."""
        dropped = Outcome("", usable=False, reason="job was cancelled")
        for (index, piece), task in list(job.tasks.items()):
            if piece is not None and task.state == "queued":
                del job.tasks[index, piece]
        for (index, piece), task in job.tasks.items():
            waits = task.state in ("queued", "joining")
            halved = task.state == "split" and not any(one.state == "running" for one in job.pieces(index))
            if piece is None and (waits or halved):
                task.state, task.outcome = "done", dropped

    def end_cancelled_whose_lease_ended(self) -> None:
        """End those that come before the first that is handed out: a claim looks at the oldest lease first."""
        running = [
            (task.lease_until_ms, place[0], task) for place, task in self.open_tasks() if task.state == "running"
        ]
        for until_ms, job_id, task in sorted(running, key=lambda one: one[0]):
            if until_ms > self.now or not self.jobs[job_id].cancelled:
                return
            assert task.holder is not None
            self.lost.append(task.holder)
            task.state, task.holder = "queued", None
            self.drop(self.jobs[job_id])

    def tick(self) -> None:
        """Move on a little, so that no two leases end at once."""
        self.opened.clock.move(0.001)


def _empty(connection: Connection) -> None:
    for table in (jobs, flows, garbage):
        connection.execute(delete(table))
    connection.execute(update(counters).values(value=0.0))


SOME = settings(
    max_examples=25, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
FEW = settings(SOME, max_examples=5)


def test_the_store_on_sqlite_does_as_the_model(memory_folder: Path) -> None:
    class OnSqlite(StoreAgainstModel):
        address = f"sqlite:///{memory_folder}/mien.db"

    run_state_machine_as_test(OnSqlite, settings=SOME)


def test_the_store_on_postgresql_does_as_the_model(postgresql: PostgresServer) -> None:
    class OnPostgres(StoreAgainstModel):
        address = postgresql.new_database()

    run_state_machine_as_test(OnPostgres, settings=FEW)
    postgresql.drop(OnPostgres.address)
