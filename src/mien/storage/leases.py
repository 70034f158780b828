"""Lease, renew and put back tasks; each function is one step inside a transaction."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, exists, or_, select, update

from mien.domain.errors import LeaseLost
from mien.domain.job import Progress, Status, Task
from mien.storage import counters, fair_order
from mien.storage.database import AnyRow, OneAtATime, announce, hold
from mien.storage.endings import drop_waiting
from mien.storage.schema import (
    FLOW_WAITS,
    HAS_JOINS,
    IS_RUNNING,
    JOIN,
    MEASURE,
    QUEUED,
    RUNNING,
    WHOLE,
    jobs,
    tasks,
)
from mien.storage.task_rows import at, number_of, progress_json, to_suspects

SMALL_SECONDS = 5.0
"""How many seconds of media tasks that are handed out together may be worth."""
FIRST_TASKS = 3
"""After how many tasks of a job the others are estimated by them."""
MAX_CRASHES = 2
"""After how many crashes a file, or a task, is set aside."""

_IS_WORK = select(
    or_(
        exists().where(FLOW_WAITS),
        exists().where(IS_RUNNING, tasks.c.lease_until_ms <= bindparam("now_ms")),
    )
)
_JOB = (jobs.c.seq, jobs.c.id, jobs.c.owner, jobs.c.cancel_asked)
_ABANDONED = (
    select(*_JOB, tasks.c.position, tasks.c.piece)
    .join(jobs, jobs.c.seq == tasks.c.job)
    .where(IS_RUNNING, tasks.c.lease_until_ms <= bindparam("now_ms"))
    .order_by(tasks.c.lease_until_ms)
    .limit(1)
)
_JOIN = select(*_JOB).where(HAS_JOINS).order_by(jobs.c.seq).limit(1).with_for_update()
_QUEUED_JOIN = (
    select(tasks)
    .where(tasks.c.job == bindparam("of"), tasks.c.state == QUEUED, tasks.c.phase == JOIN)
    .order_by(tasks.c.position)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_QUEUED = (
    select(tasks)
    .where(tasks.c.job == bindparam("of"), tasks.c.state == QUEUED, tasks.c.phase == MEASURE)
    .order_by(tasks.c.position, tasks.c.piece)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(tasks)
    .where(tasks.c.job == bindparam("of"), tasks.c.position == bindparam("place"), tasks.c.piece == bindparam("number"))
    .values(
        state=RUNNING,
        worker=bindparam("by"),
        attempt=tasks.c.attempt + 1,
        lease_until_ms=bindparam("until_ms"),
        cost=bindparam("costs"),
        progress=None,
    )
)


@dataclass(frozen=True)
class Claimed:
    """Hold a job's row number and id with the rows of its tasks as they were before they were claimed."""

    seq: int
    job_id: str
    rows: tuple[AnyRow, ...]


@dataclass(frozen=True)
class Claim:
    """Say who claims how many tasks at most, when, and until when."""

    worker: str
    limit: int
    now_ms: int
    until_ms: int


def is_work(connection: Connection, now_ms: int) -> bool:
    """Say whether a claim would find something."""
    return bool(connection.execute(_IS_WORK, {"now_ms": now_ms}).scalar())


def claim(connection: Connection, wanted: Claim) -> Claimed | None:
    """Lease an abandoned task, else a source to join, else as many of the next job as are small together."""
    hold(connection, OneAtATime.CLAIMING)
    return _abandoned(connection, wanted) or _join(connection, wanted) or _waiting(connection, wanted)


def renew(connection: Connection, task: Task, lease_until_ms: int, progress: Progress | None) -> bool:
    """Renew the lease, note the progress, and return False when a cancel was asked. Raises LeaseLost."""
    job = connection.execute(select(*_JOB).where(jobs.c.id == task.job_id)).first()
    values: dict[str, Any] = {"lease_until_ms": lease_until_ms}
    if progress is not None:
        values["progress"] = progress_json(progress)
    if job is None:
        raise LeaseLost
    held = (at(job.seq, task.index, number_of(task)), IS_RUNNING)
    mine = (tasks.c.worker == task.worker, tasks.c.attempt == task.attempt)
    if connection.execute(update(tasks).where(*held, *mine).values(values)).rowcount != 1:
        raise LeaseLost
    return not job.cancel_asked


def held(connection: Connection, task: Task) -> tuple[AnyRow, AnyRow]:
    """Return the rows of a task's job and of the task, kept from change by others. Raises LeaseLost."""
    job = connection.execute(select(*_JOB).where(jobs.c.id == task.job_id).with_for_update()).first()
    if job is None:
        raise LeaseLost
    mine = (IS_RUNNING, tasks.c.worker == task.worker, tasks.c.attempt == task.attempt)
    query = select(tasks).where(at(job.seq, task.index, number_of(task)), *mine)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise LeaseLost
    return job, row


def release(connection: Connection, task: Task, now_ms: int) -> None:
    """Put the task back as if this attempt had not been. Raises LeaseLost."""
    job, row = held(connection, task)
    _put_back(connection, job, row, {"attempt": task.attempt - 1}, now_ms)


def abandon(connection: Connection, worker: str, now_ms: int) -> None:
    """Let the leases of a worker that is gone end now."""
    gone = update(tasks).where(IS_RUNNING, tasks.c.worker == worker).values(lease_until_ms=now_ms)
    if connection.execute(gone).rowcount:
        announce(connection)


@dataclass(frozen=True)
class Crash:
    """Say which file a crash is put down to, if any, and how the process ended."""

    suspect: int | None
    reason: str | None


def crashed(connection: Connection, task: Task, crash: Crash, now_ms: int) -> None:
    """Put back a task that ended its process, and count what it is suspected of. Raises LeaseLost."""
    suspect = crash.suspect
    job, row = held(connection, task)
    suspects = to_suspects(row.suspects)
    if suspect is not None:
        suspects[suspect] = suspects.get(suspect, 0) + 1
    # When the task ends, the reason of its outcome takes this one's place.
    counted = {"crashes": row.crashes + 1, "suspects": json.dumps(suspects), "reason": crash.reason}
    _put_back(connection, job, row, counted, now_ms)
    unexplained = row.crashes + 1 - sum(suspects.values())
    times = unexplained if suspect is None else suspects[suspect]
    counters.count(connection, {counters.CRASHES: 1, counters.QUARANTINES: float(times == MAX_CRASHES)})


def _put_back(connection: Connection, job: AnyRow, row: AnyRow, values: dict[str, Any], now_ms: int) -> None:
    waits = {"state": QUEUED, "worker": None, "lease_until_ms": None, "progress": None}
    connection.execute(update(tasks).where(at(row.job, row.position, row.piece)).values(waits | values))
    counts = {"running": jobs.c.running - 1, "joins": jobs.c.joins + int(row.phase == JOIN)}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(counts))
    fair_order.wait_again(connection, job, 1, row.cost if row.phase == MEASURE else 0.0)
    if job.cancel_asked:
        drop_waiting(connection, job.seq, now_ms)
    announce(connection)


def _abandoned(connection: Connection, wanted: Claim) -> Claimed | None:
    while (found := connection.execute(_ABANDONED, {"now_ms": wanted.now_ms}).first()) is not None:
        job = connection.execute(select(*_JOB).where(jobs.c.seq == found.seq).with_for_update()).first()
        still = (at(found.seq, found.position, found.piece), IS_RUNNING, tasks.c.lease_until_ms <= wanted.now_ms)
        row = connection.execute(select(tasks).where(*still).with_for_update()).first()
        if job is None or row is None:
            continue
        if not job.cancel_asked:
            _lease(connection, wanted, (row,), (row.cost,))
            counters.count(connection, {counters.LEASE_EXPIRIES: 1})
            return Claimed(job.seq, job.id, (row,))
        # Nobody is left to stop it.
        _put_back(connection, job, row, {}, wanted.now_ms)
        counters.count(connection, {counters.LEASE_EXPIRIES: 1})
    return None


def _join(connection: Connection, wanted: Claim) -> Claimed | None:
    job = connection.execute(_JOIN).first()
    row = None if job is None else connection.execute(_QUEUED_JOIN, {"of": job.seq}).first()
    if job is None or row is None:
        return None
    _lease(connection, wanted, (row,), (0.0,))
    counts = {"waiting": jobs.c.waiting - 1, "running": jobs.c.running + 1, "joins": jobs.c.joins - 1}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(counts))
    fair_order.leave(connection, job.owner, 1)
    return Claimed(job.seq, job.id, (row,))


def _waiting(connection: Connection, wanted: Claim) -> Claimed | None:
    turn = fair_order.next_turn(connection)
    if turn is None:
        return None
    job = turn.job
    rows = connection.execute(_QUEUED, {"of": job.seq, "most": wanted.limit}).all()
    costs = _small_together(job, rows)
    taken = tuple(rows[: len(costs)])
    if not taken:
        return None
    _lease(connection, wanted, taken, costs)
    values: dict[str, Any] = {"running": jobs.c.running + len(taken)}
    if job.status == Status.QUEUED:
        values |= {"status": Status.IN_PROGRESS.value, "started_ms": max(wanted.now_ms, job.created_ms)}
    values |= fair_order.charge(connection, turn, len(taken), sum(costs))
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(values))
    return Claimed(job.seq, job.id, taken)


def _small_together(job: AnyRow, rows: Any) -> tuple[float, ...]:
    """Return the costs of the first tasks that are small together, at least of one."""
    mean = job.measured_seconds / job.measured_tasks if job.measured_tasks >= FIRST_TASKS else None
    costs: list[float] = []
    for row in rows:
        cost = row.cost if row.piece != WHOLE or mean is None else max(fair_order.LEAST_SECONDS, mean)
        if costs and sum(costs) + cost > SMALL_SECONDS:
            break
        costs.append(cost)
    return tuple(costs)


def _lease(connection: Connection, wanted: Claim, rows: tuple[AnyRow, ...], costs: tuple[float, ...]) -> None:
    by = {"by": wanted.worker, "until_ms": wanted.until_ms}
    leased = [
        {**by, "of": row.job, "place": row.position, "number": row.piece, "costs": cost}
        for row, cost in zip(rows, costs, strict=True)
    ]
    connection.execute(_LEASE, leased)
