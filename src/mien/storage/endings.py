"""End tasks and, with the last one, their job; each function is one step inside a transaction."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from mien.domain.errors import Cancelled
from mien.domain.job import Outcome, Status, closing
from mien.storage.database import AnyRow
from mien.storage.schema import DONE, DUE, QUEUED, callbacks, jobs, tasks

DROPPED = Outcome(results="", usable=False, reason=Cancelled().message)


def ended_task(outcome: Outcome) -> dict[str, Any]:
    """Return the columns of a task that ended so; a source that could not be used counts as one error."""
    return {
        "state": DONE,
        "lease_until_ms": None,
        "results": outcome.results,
        "num_predictions": outcome.num_predictions if outcome.usable else 0,
        "num_errors": outcome.num_errors if outcome.usable else 1,
        "usable": outcome.usable,
        "reason": outcome.reason,
    }


def count_ended(connection: Connection, job_seq: int, outcome: Outcome, now_ms: int) -> None:
    """Add one ended task, which was running, to its job, and close the job if it was the last."""
    ended = ended_task(outcome)
    counts = {
        "running": jobs.c.running - 1,
        "remaining": jobs.c.remaining - 1,
        "num_predictions": jobs.c.num_predictions + ended["num_predictions"],
        "num_errors": jobs.c.num_errors + ended["num_errors"],
    }
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(counts))
    _close_if_last(connection, job_seq, now_ms)


def drop_waiting(connection: Connection, job_seq: int, now_ms: int) -> None:
    """End the tasks of a cancelled job that wait, and close the job if none is left running."""
    waiting = (tasks.c.job == job_seq, tasks.c.state == QUEUED)
    dropped = connection.execute(update(tasks).where(*waiting).values(ended_task(DROPPED))).rowcount
    counts = {
        "waiting": 0,
        "remaining": jobs.c.remaining - dropped,
        "num_errors": jobs.c.num_errors + dropped,
        "cancel_asked": True,
    }
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(counts))
    _close_if_last(connection, job_seq, now_ms)


def _close_if_last(connection: Connection, job_seq: int, now_ms: int) -> None:
    columns = (
        jobs.c.seq,
        jobs.c.remaining,
        jobs.c.cancel_asked,
        jobs.c.created_ms,
        jobs.c.started_ms,
        jobs.c.callback_url,
    )
    job = connection.execute(select(*columns).where(jobs.c.seq == job_seq)).one()
    if job.remaining:
        return
    status, message = _final(connection, job)
    ended_ms = max(now_ms, job.created_ms, job.started_ms or 0)
    started_ms = ended_ms if job.started_ms is None else job.started_ms
    final = {"status": status.value, "message": message, "started_ms": started_ms, "ended_ms": ended_ms}
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(final))
    if job.callback_url:
        due = {"job": job_seq, "url": job.callback_url, "state": DUE, "attempt": 0, "due_ms": now_ms}
        connection.execute(insert(callbacks), due)


def _final(connection: Connection, job: AnyRow) -> tuple[Status, str | None]:
    if job.cancel_asked:
        return Status.FAILED, Cancelled().message
    query = select(tasks.c.usable, tasks.c.reason).where(tasks.c.job == job.seq).order_by(tasks.c.position)
    ended = connection.execute(query).all()
    reasons = tuple(task.reason for task in ended if not task.usable and task.reason)
    return closing(sum(task.usable for task in ended), reasons)
