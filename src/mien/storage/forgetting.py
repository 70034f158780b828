"""Forget jobs, and remember which blobs are no longer wanted; each function is one step inside a transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, func, select, text

from mien.domain.job import Status
from mien.storage import fair_order
from mien.storage.database import AnyRow
from mien.storage.schema import HAS_ENDED, IS_RUNNING, garbage, jobs, tasks

LINGER_MS = 10_000
"""How long after its lease has ended a task may still be writing results."""
_DISCARD = text("INSERT INTO garbage (prefix, due_ms) VALUES (:prefix, :due_ms) ON CONFLICT DO NOTHING")


def discard(connection: Connection, prefixes: Iterable[str], due_ms: int) -> None:
    """Remember that the blobs under these prefixes may be deleted from then on."""
    rows = [{"prefix": prefix, "due_ms": due_ms} for prefix in prefixes]
    if rows:
        connection.execute(_DISCARD, rows)


def forget(connection: Connection, job: AnyRow, now_ms: int) -> None:
    """Forget a job with all that belongs to it; its blobs are garbage now, and again when nobody can write any more."""
    leased = select(func.max(tasks.c.lease_until_ms)).where(tasks.c.job == job.seq, IS_RUNNING)
    lease_until_ms = connection.execute(leased).scalar() or 0
    kept = select(tasks.c.kept).where(tasks.c.job == job.seq, tasks.c.kept.is_not(None)).distinct()
    prefixes = [f"results/{job.id}", f"uploads/{job.id}", *connection.execute(kept).scalars()]
    discard(connection, prefixes, now_ms)
    discard(connection, prefixes, max(now_ms, lease_until_ms) + LINGER_MS)
    connection.execute(delete(jobs).where(jobs.c.seq == job.seq))
    fair_order.leave(connection, job.owner, job.waiting)


def expire(connection: Connection, before_ms: int, limit: int, now_ms: int) -> int:
    """Forget at most so many jobs that ended before a time, the oldest first, and return how many."""
    final = jobs.c.status.in_([status.value for status in Status if status.final])
    columns = (jobs.c.seq, jobs.c.id, jobs.c.owner, jobs.c.waiting)
    query = select(*columns).where(HAS_ENDED, jobs.c.ended_ms < before_ms, final).order_by(jobs.c.ended_ms).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        forget(connection, row, now_ms)
    return len(rows)


def due_garbage(connection: Connection, limit: int, now_ms: int) -> list[str]:
    """Return prefixes that may be deleted now, the oldest first."""
    query = select(garbage.c.prefix).where(garbage.c.due_ms <= now_ms).order_by(garbage.c.due_ms).limit(limit)
    return list(dict.fromkeys(connection.execute(query).scalars()))


def collected(connection: Connection, prefix: str, now_ms: int) -> None:
    """Note that what is under a prefix is deleted; what is due later stays."""
    connection.execute(delete(garbage).where(garbage.c.prefix == prefix, garbage.c.due_ms <= now_ms))


def known(connection: Connection, job_ids: Sequence[str]) -> set[str]:
    """Return which of these jobs exist."""
    return set(connection.execute(select(jobs.c.id).where(jobs.c.id.in_(list(job_ids)))).scalars())


def live_results(connection: Connection, job_id: str) -> set[str]:
    """Return the folders that the tasks of a job point at."""
    query = select(tasks.c.results, tasks.c.kept).join(jobs, jobs.c.seq == tasks.c.job).where(jobs.c.id == job_id)
    return {folder for row in connection.execute(query) for folder in (row.results, row.kept) if folder}
