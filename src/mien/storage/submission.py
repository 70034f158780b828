"""Take new jobs, as many as may wait and each only once; each function is one step inside a transaction."""

from typing import Any

from sqlalchemy import Connection, func, insert, select

from mien.domain.errors import IdempotencyConflict, QueueFull, QuotaSpent
from mien.domain.job import Job
from mien.domain.source import FileSource, Source, TextSource
from mien.storage import fair_order, forgetting, job_rows
from mien.storage.database import OneAtATime, announce, hold
from mien.storage.schema import MEASURE, QUEUED, WHOLE, jobs, keys, tasks

_INSERT_JOB = insert(jobs).returning(jobs.c.seq)
_INSERT_TASKS = insert(tasks)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".heic", ".tif", ".tiff", ".avif")
UNKNOWN_SECONDS = 5.0
PICTURE_SECONDS = 1.0
TEXT_SECONDS = 0.1
CHARACTERS_PER_SECOND = 1000.0
DAY_MS = 24 * 3600 * 1000


def add(connection: Connection, job: Job, row: dict[str, Any], max_queued: int, now_ms: int) -> str:
    """Keep a new job and its tasks, and return its id, or the id of the same job submitted before.

    Raises QueueFull, QuotaSpent and IdempotencyConflict.
    """
    hold(connection, OneAtATime.ADDING)
    if job.idempotency_key is not None:
        before = job_rows.earlier(connection, job.owner, job.idempotency_key)
        if before is not None:
            return _repeated(connection, job, row, (before.id, before.digest), now_ms)
    _check_quota(connection, job.owner, now_ms)
    if job_rows.count_queued(connection) >= max_queued:
        raise QueueFull(f"{max_queued} jobs are queued; try again later")
    sources = job.request.sources()
    begins = fair_order.activate_owner(connection, job.owner, len(sources))
    seq = connection.execute(_INSERT_JOB, {**row, "virtual_time": begins}).scalar_one()
    waits = {
        "job": seq,
        "piece": WHOLE,
        "state": QUEUED,
        "phase": MEASURE,
        "attempt": 0,
        "pieces_made": 0,
        "pieces_left": 0,
        "crashes": 0,
    }
    connection.execute(
        _INSERT_TASKS,
        [{**waits, "position": position, "cost": estimate(source)} for position, source in enumerate(sources)],
    )
    job_rows.insert_tags(connection, seq, job.tags)
    announce(connection)
    return job.id


def _check_quota(connection: Connection, owner: str, now_ms: int) -> None:
    allowed = connection.execute(select(keys.c.jobs_per_day).where(keys.c.id == owner)).scalar()
    if allowed is None:
        return
    recent = (jobs.c.owner == owner, jobs.c.created_ms > now_ms - DAY_MS)
    if connection.execute(select(func.count()).select_from(jobs).where(*recent)).scalar_one() >= allowed:
        raise QuotaSpent(f"this key may start {allowed} jobs in 24 hours; try again later")


def _repeated(
    connection: Connection, job: Job, row: dict[str, Any], before: tuple[str, str | None], now_ms: int
) -> str:
    """Return the id of the earlier job if the request is the same; what was uploaded once more is then garbage."""
    job_id, digest = before
    if digest != row["digest"]:
        raise IdempotencyConflict
    if job_id != job.id:
        forgetting.discard(connection, [source.upload for source in job.request.files], now_ms)
    return job_id


def estimate(source: Source) -> float:
    """Return how many seconds of media measuring this source is worth, as far as one can tell beforehand."""
    if isinstance(source, TextSource):
        return sum(len(text) for text in source.texts) / CHARACTERS_PER_SECOND + TEXT_SECONDS
    typed = isinstance(source, FileSource) and (source.content_type or "").startswith("image/")
    return PICTURE_SECONDS if typed or source.name.lower().endswith(_PICTURES) else UNKNOWN_SECONDS
