"""Lease, renew and put back tasks; each function is one step inside a transaction."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select, update

from mien.domain.errors import LeaseLost
from mien.domain.job import Status, Task
from mien.storage.database import AnyRow
from mien.storage.endings import drop_waiting
from mien.storage.schema import HAS_WAITING, IS_RUNNING, QUEUED, RUNNING, jobs, tasks

Place = tuple[int, int]
"""The row number of a job and the position of one of its tasks."""


_IS_WORK = select(
    or_(
        exists().where(HAS_WAITING),
        exists().where(IS_RUNNING, tasks.c.lease_until_ms <= bindparam("now_ms")),
    )
)


def is_work(connection: Connection, now_ms: int) -> bool:
    """Say whether a claim would find something."""
    return bool(connection.execute(_IS_WORK, {"now_ms": now_ms}).scalar())


def claim(connection: Connection, worker: str, now_ms: int, lease_until_ms: int) -> AnyRow | None:
    """Lease the next task: an abandoned one, else the first of the job with the fewest running tasks, oldest job first.

    Returns its job's id and request, its position and attempt, or None when there is none.
    """
    place = _abandoned(connection, now_ms) or _waiting(connection, now_ms)
    if place is None:
        return None
    here = _at(place)
    leased = {"state": RUNNING, "worker": worker, "attempt": tasks.c.attempt + 1, "lease_until_ms": lease_until_ms}
    connection.execute(update(tasks).where(here).values(leased))
    columns = (jobs.c.id, jobs.c.request, tasks.c.position, tasks.c.attempt)
    return connection.execute(select(*columns).join(tasks, tasks.c.job == jobs.c.seq).where(here)).one()


def renew(connection: Connection, task: Task, lease_until_ms: int) -> bool:
    """Renew the lease and return False when a cancel was asked. Raises LeaseLost."""
    job = change_held(connection, task, {"lease_until_ms": lease_until_ms})
    return not job.cancel_asked


def release(connection: Connection, task: Task, now_ms: int) -> None:
    """Put the task back as if this attempt had not been. Raises LeaseLost."""
    waits = {"state": QUEUED, "worker": None, "lease_until_ms": None, "attempt": task.attempt - 1}
    job = change_held(connection, task, waits)
    counts = {"waiting": jobs.c.waiting + 1, "running": jobs.c.running - 1}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(counts))
    if job.cancel_asked:
        drop_waiting(connection, job.seq, now_ms)


def change_held(connection: Connection, task: Task, values: dict[str, Any]) -> AnyRow:
    """Change the row of a task whose lease is held, and return the number of its job and whether a cancel was asked.

    Raises LeaseLost when another worker or attempt has the task, and when it has ended.
    """
    job = connection.execute(select(jobs.c.seq, jobs.c.cancel_asked).where(jobs.c.id == task.job_id)).first()
    if job is None:
        raise LeaseLost
    held = and_(
        _at((job.seq, task.index)),
        IS_RUNNING,
        tasks.c.worker == task.worker,
        tasks.c.attempt == task.attempt,
    )
    if connection.execute(update(tasks).where(held).values(values)).rowcount != 1:
        raise LeaseLost
    return job


def _abandoned(connection: Connection, now_ms: int) -> Place | None:
    query = select(tasks.c.job, tasks.c.position).where(_lease_ended(now_ms)).order_by(tasks.c.lease_until_ms)
    row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
    return None if row is None else (row.job, row.position)


def _waiting(connection: Connection, now_ms: int) -> Place | None:
    query = select(jobs.c.seq, jobs.c.status, jobs.c.created_ms).where(HAS_WAITING)
    query = query.order_by(jobs.c.running, jobs.c.seq).limit(1).with_for_update(skip_locked=True)
    job = connection.execute(query).first()
    if job is None:
        return None
    values: dict[str, Any] = {"waiting": jobs.c.waiting - 1, "running": jobs.c.running + 1}
    if job.status == Status.QUEUED:
        values |= {"status": Status.IN_PROGRESS.value, "started_ms": max(now_ms, job.created_ms)}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(values))
    first = select(func.min(tasks.c.position)).where(tasks.c.job == job.seq, tasks.c.state == QUEUED)
    return job.seq, connection.execute(first).scalar_one()


def _lease_ended(now_ms: int) -> ColumnElement[bool]:
    return and_(IS_RUNNING, tasks.c.lease_until_ms <= now_ms)


def _at(place: Place) -> ColumnElement[bool]:
    job, position = place
    return and_(tasks.c.job == job, tasks.c.position == position)
