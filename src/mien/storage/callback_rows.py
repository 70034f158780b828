"""Lease callbacks and note what became of them; each function is one step inside a transaction."""

from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, select, update

from mien.storage.jobs import Callback
from mien.storage.schema import GIVEN_UP, IS_DUE, SENT, callbacks, jobs

RETRY_SECONDS = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""How long to wait after each attempt that failed; after one more the callback is given up."""
_ANY_DUE = select(exists().where(IS_DUE, callbacks.c.due_ms <= bindparam("now_ms")))


def is_due(connection: Connection, now_ms: int) -> bool:
    """Say whether a callback waits to be sent."""
    return bool(connection.execute(_ANY_DUE, {"now_ms": now_ms}).scalar())


def lease_due(connection: Connection, now_ms: int, lease_until_ms: int) -> Callback | None:
    """Lease the callback that has been due longest."""
    query = (
        select(callbacks.c.job, callbacks.c.url, callbacks.c.attempt, jobs.c.id, jobs.c.owner)
        .join(jobs, jobs.c.seq == callbacks.c.job)
        .where(IS_DUE, callbacks.c.due_ms <= now_ms)
        .order_by(callbacks.c.due_ms)
    )
    row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    leased = {"attempt": row.attempt + 1, "due_ms": lease_until_ms}
    connection.execute(update(callbacks).where(callbacks.c.job == row.job).values(leased))
    return Callback(row.id, row.owner, row.url, row.attempt + 1)


def note_sent(connection: Connection, callback: Callback) -> None:
    """Note that the callback arrived."""
    _change(connection, callback, {"state": SENT, "reason": None})


def note_failed(connection: Connection, callback: Callback, reason: str, now_ms: int) -> None:
    """Note why the callback did not arrive, and when to try again, if at all."""
    if callback.attempt > len(RETRY_SECONDS):
        return _change(connection, callback, {"state": GIVEN_UP, "reason": reason})
    wait_ms = round(RETRY_SECONDS[callback.attempt - 1] * 1000)
    return _change(connection, callback, {"due_ms": now_ms + wait_ms, "reason": reason})


def _change(connection: Connection, callback: Callback, values: dict[str, Any]) -> None:
    # An answer that comes after the lease has ended changes nothing: somebody else has the callback.
    job = select(jobs.c.seq).where(jobs.c.id == callback.job_id).scalar_subquery()
    held = and_(callbacks.c.job == job, IS_DUE, callbacks.c.attempt == callback.attempt)
    connection.execute(update(callbacks).where(held).values(values))
