"""Lease messages and note what became of them; each function is one step inside a transaction."""

from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, insert, select, update

from mien.domain.job import Status
from mien.storage import job_rows
from mien.storage.database import AnyRow, announce
from mien.storage.jobs import Delivery, DeliveryAttempt, DeliveryLog
from mien.storage.schema import DUE, GIVEN_UP, IS_DUE, SENT, deliveries, delivery_attempts, jobs, keys

_HOUR = 3600.0
RETRY_SECONDS = (5.0, 300.0, 1800.0, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)
"""How long to wait after each try that failed, as Standard Webhooks say; after one more the message is given up."""
JITTER = 0.1
"""By which share the waits differ, so that what failed together does not come again together."""
LONGEST_WAIT_SECONDS = 24 * _HOUR
_ANY_DUE = select(exists().where(IS_DUE, deliveries.c.due_ms <= bindparam("now_ms")))
_TOLD = select(deliveries, jobs.c.id, jobs.c.owner).join(jobs, jobs.c.seq == deliveries.c.job)
_NEXT = (
    _TOLD.where(IS_DUE, deliveries.c.due_ms <= bindparam("now_ms"))
    .order_by(deliveries.c.due_ms)
    .limit(1)
    .with_for_update(skip_locked=True, of=deliveries)
)


def insert_due(connection: Connection, job: AnyRow, now_ms: int) -> None:
    """Let the messages about a job that has just ended be due: its callback, and a mail if its key has an address."""
    due = {"job": job.seq, "state": DUE, "attempt": 0, "tries": 0, "due_ms": now_ms}
    if job.callback_url:
        connection.execute(insert(deliveries), {**due, "kind": "callback", "address": job.callback_url})
    email = connection.execute(select(keys.c.email).where(keys.c.id == job.owner)).scalar() if job.notify else None
    if email:
        connection.execute(insert(deliveries), {**due, "kind": "mail", "address": email})


def is_due(connection: Connection, now_ms: int) -> bool:
    """Say whether a message waits to be sent."""
    return bool(connection.execute(_ANY_DUE, {"now_ms": now_ms}).scalar())


def lease_due(connection: Connection, now_ms: int, lease_until_ms: int) -> Delivery | None:
    """Lease the message that has been due longest, and begin an attempt in its log."""
    row = connection.execute(_NEXT, {"now_ms": now_ms}).first()
    if row is None:
        return None
    attempt = row.attempt + 1
    leased = {"attempt": attempt, "tries": row.tries + 1, "due_ms": lease_until_ms}
    connection.execute(update(deliveries).where(_at(row.job, row.kind)).values(leased))
    begun = {"job": row.job, "kind": row.kind, "attempt": attempt, "at_ms": now_ms}
    connection.execute(insert(delivery_attempts), begun)
    return Delivery(row.id, row.owner, row.kind, row.address, attempt)


def note_sent(connection: Connection, delivery: Delivery, answer: str, now_ms: int) -> None:
    """Note that the message arrived."""
    row = _held(connection, delivery)
    if row is not None:
        connection.execute(update(deliveries).where(_at(row.job, row.kind)).values(state=SENT))
        _note_attempt(connection, row, answer, now_ms)


def note_failed(connection: Connection, delivery: Delivery, reason: str, wait: "Wait") -> None:
    """Note why the message did not arrive, and when to try again, if at all."""
    row = _held(connection, delivery)
    if row is None:
        return
    seconds = wait.seconds_after(row.tries)
    values: dict[str, Any] = {"state": GIVEN_UP}
    if seconds is not None:
        values = {"due_ms": wait.now_ms + round(seconds * 1000)}
    connection.execute(update(deliveries).where(_at(row.job, row.kind)).values(values))
    _note_attempt(connection, row, reason, wait.now_ms)


class Wait:
    """Say how long to wait after a failed try: `chance` of 0…1 decides within the jitter, Retry-After is honoured."""

    def __init__(self, now_ms: int, chance: float, retry_after_seconds: float | None) -> None:
        self.now_ms = now_ms
        self._chance = chance
        self._retry_after_seconds = retry_after_seconds or 0.0

    def seconds_after(self, tries: int) -> float | None:
        """Return how long to wait after so many tries; None when that was the last."""
        if tries > len(RETRY_SECONDS):
            return None
        planned = RETRY_SECONDS[tries - 1] * (1 + JITTER * (2 * self._chance - 1))
        return max(planned, min(self._retry_after_seconds, LONGEST_WAIT_SECONDS))


def log(connection: Connection, job_id: str, owner: str | None) -> list[DeliveryLog]:
    """Return what is known of the messages about a job. Raises JobNotFound."""
    job = job_rows.find(connection, job_id, owner)
    return _logs(connection, _TOLD.where(deliveries.c.job == job.seq).order_by(deliveries.c.kind))


def latest(connection: Connection, owner: str | None, limit: int) -> list[DeliveryLog]:
    """Return what is known of at most `limit` messages of an owner, those about the jobs started last first."""
    mine = _TOLD if owner is None else _TOLD.where(jobs.c.owner == owner)
    return _logs(connection, mine.order_by(jobs.c.created_ms.desc(), jobs.c.seq.desc(), deliveries.c.kind).limit(limit))


def _logs(connection: Connection, wanted: Select[Any]) -> list[DeliveryLog]:
    rows = connection.execute(wanted).all()
    tried = select(delivery_attempts).where(delivery_attempts.c.job.in_({row.job for row in rows}))
    attempts: dict[tuple[int, str], list[DeliveryAttempt]] = {}
    for one in connection.execute(tried.order_by(delivery_attempts.c.attempt)):
        made = DeliveryAttempt(one.at_ms, one.milliseconds, one.outcome)
        attempts.setdefault((one.job, one.kind), []).append(made)
    return [
        DeliveryLog(
            Delivery(row.id, row.owner, row.kind, row.address, row.attempt),
            row.state,
            row.due_ms,
            tuple(attempts.get((row.job, row.kind), ())),
        )
        for row in rows
    ]


def redeliver(connection: Connection, job_id: str, owner: str | None, now_ms: int) -> int:
    """Let all messages about an ended job be due again. Raises JobNotFound."""
    job = job_rows.find(connection, job_id, owner)
    if not Status(job.status).final:
        return 0
    again = {"state": DUE, "tries": 0, "due_ms": now_ms}
    announce(connection)
    return connection.execute(update(deliveries).where(deliveries.c.job == job.seq).values(again)).rowcount


def _held(connection: Connection, delivery: Delivery) -> AnyRow | None:
    # An answer that comes after the lease has ended changes nothing: somebody else has the message.
    job = select(jobs.c.seq).where(jobs.c.id == delivery.job_id).scalar_subquery()
    mine = and_(deliveries.c.job == job, deliveries.c.kind == delivery.kind, deliveries.c.attempt == delivery.attempt)
    return connection.execute(select(deliveries).where(mine, IS_DUE).with_for_update()).first()


def _note_attempt(connection: Connection, row: AnyRow, outcome: str, now_ms: int) -> None:
    here = and_(
        delivery_attempts.c.job == row.job,
        delivery_attempts.c.kind == row.kind,
        delivery_attempts.c.attempt == row.attempt,
    )
    took = {"milliseconds": now_ms - delivery_attempts.c.at_ms, "outcome": outcome}
    connection.execute(update(delivery_attempts).where(here).values(took))


def _at(job_seq: int, kind: str) -> Any:
    return and_(deliveries.c.job == job_seq, deliveries.c.kind == kind)
