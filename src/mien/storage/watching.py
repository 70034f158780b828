"""Keep what workers say of themselves, and count what is to be watched, inside a transaction."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from mien.domain.job import Status
from mien.storage import counters
from mien.storage.jobs import QueueFigures, WorkerReport
from mien.storage.schema import GIVEN_UP, HAS_WAITING, IS_DUE, IS_RUNNING, deliveries, jobs, tasks, workers

SILENT_MS = 3_600_000
"""After how long a worker is no longer spoken of."""


def note_worker(connection: Connection, report: WorkerReport, now_ms: int) -> None:
    """Keep what a worker says of itself, and forget workers that have been silent for long."""
    said = asdict(report) | {"seen_ms": now_ms}
    if not connection.execute(update(workers).where(workers.c.name == report.name).values(said)).rowcount:
        connection.execute(delete(workers).where(workers.c.seen_ms < now_ms - SILENT_MS))
        connection.execute(insert(workers), said)


def workers_seen(connection: Connection, now_ms: int) -> list[WorkerReport]:
    """Return what was last heard of each worker, the latest first."""
    heard = select(workers).where(workers.c.seen_ms >= now_ms - SILENT_MS).order_by(workers.c.seen_ms.desc())
    return [WorkerReport(**row._asdict()) for row in connection.execute(heard)]


def figures(connection: Connection, now_ms: int) -> QueueFigures:
    """Return what is to be watched of the queue."""

    def one(query: Select[Any]) -> Any:
        return connection.execute(query).scalar()

    counted = counters.read(connection)
    queued = jobs.c.status == Status.QUEUED.value
    oldest_ms = one(select(func.min(jobs.c.created_ms)).where(queued))
    given_up = select(func.count()).select_from(deliveries).where(deliveries.c.state == GIVEN_UP)
    return QueueFigures(
        queued_jobs=one(select(func.count()).where(queued)),
        queued_tasks=one(select(func.coalesce(func.sum(jobs.c.waiting), 0)).where(HAS_WAITING)),
        running_tasks=one(select(func.count()).select_from(tasks).where(IS_RUNNING)),
        oldest_wait_seconds=0.0 if oldest_ms is None else max(0, now_ms - oldest_ms) / 1000,
        lease_expiries=int(counted[counters.LEASE_EXPIRIES]),
        crashes=int(counted[counters.CRASHES]),
        quarantines=int(counted[counters.QUARANTINES]),
        deliveries_due=one(select(func.count()).select_from(deliveries).where(IS_DUE)),
        deliveries_failed=one(given_up),
        task_seconds_sum=counted[counters.TASK_SECONDS_SUM],
        task_seconds=counters.histogram(counted),
    )
