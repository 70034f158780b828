"""Turn jobs into rows and back, and find them."""

import re
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from mien.domain.errors import InvalidRequest, JobNotFound
from mien.domain.job import Job, JobQuery, Outcome, Status
from mien.domain.request import InferenceRequest
from mien.storage.database import AnyRow
from mien.storage.schema import DONE, QUEUED, jobs, tasks

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Every request passes here; building these anew costs more than running them.
_COUNT_QUEUED = select(func.count()).where(jobs.c.status == Status.QUEUED.value)
_INSERT_JOB = insert(jobs).returning(jobs.c.seq)
_INSERT_TASKS = insert(tasks)
_SORTED_BY = {"created": jobs.c.created_ms, "started": jobs.c.started_ms, "ended": jobs.c.ended_ms}


def job_row(job: Job) -> dict[str, Any]:
    """Return the row of a new job. Raises InvalidRequest for a job without sources: it could never end."""
    sources = len(job.request.sources())
    if not sources:
        raise InvalidRequest("urls, text, file: at least one source is needed")
    return {
        "id": job.id,
        "owner": job.owner,
        "status": job.status.value,
        "request": job.request.model_dump_json(),
        "callback_url": job.request.callback_url,
        "created_ms": job.created_ms,
        "num_predictions": 0,
        "num_errors": 0,
        "cancel_asked": False,
        "waiting": sources,
        "running": 0,
        "remaining": sources,
    }


def count_queued(connection: Connection) -> int:
    """Count the jobs that wait to be started, of all owners."""
    return int(connection.execute(_COUNT_QUEUED).scalar_one())


def insert_job(connection: Connection, row: dict[str, Any]) -> None:
    """Keep a new job and its tasks, in the order of its sources."""
    seq = connection.execute(_INSERT_JOB, row).scalar_one()
    waits = {"job": seq, "state": QUEUED, "attempt": 0}
    connection.execute(_INSERT_TASKS, [{**waits, "position": position} for position in range(row["waiting"])])


def to_job(row: AnyRow) -> Job:
    """Return the job a row of `jobs` holds."""
    return Job(
        id=row.id,
        owner=row.owner,
        request=InferenceRequest.model_validate_json(row.request),
        status=Status(row.status),
        created_ms=row.created_ms,
        started_ms=row.started_ms,
        ended_ms=row.ended_ms,
        num_predictions=row.num_predictions,
        num_errors=row.num_errors,
        message=row.message,
    )


def find(connection: Connection, job_id: str, owner: str | None) -> AnyRow:
    """Return the row of one job. Raises JobNotFound, also for jobs of other owners and for malformed ids."""
    if not _ID.fullmatch(job_id):
        raise JobNotFound
    row = connection.execute(_owned(select(jobs), owner).where(jobs.c.id == job_id)).first()
    if row is None:
        raise JobNotFound
    return row


def listed(owner: str | None, query: JobQuery) -> Select[Any]:
    """Return the selection of the jobs a query asks for, in its order; those that lack the time come last."""
    selection = _owned(select(jobs), owner).limit(query.limit)
    if query.statuses:
        selection = selection.where(jobs.c.status.in_(sorted(query.statuses)))
    if query.timestamp_ms is not None:
        before = query.when == "created_before"
        created = jobs.c.created_ms
        selection = selection.where(created < query.timestamp_ms if before else created > query.timestamp_ms)
    time = _SORTED_BY[query.sort_by]
    if query.direction == "asc":
        return selection.order_by(time.asc().nulls_last(), jobs.c.seq.asc())
    return selection.order_by(time.desc().nulls_last(), jobs.c.seq.desc())


def ended_outcomes(connection: Connection, job_id: str) -> list[Outcome]:
    """Return what became of the tasks that have ended, in the order of the sources."""
    rows = connection.execute(
        select(tasks)
        .join(jobs, jobs.c.seq == tasks.c.job)
        .where(jobs.c.id == job_id, tasks.c.state == DONE)
        .order_by(tasks.c.position)
    )
    return [Outcome(row.results, row.num_predictions, row.num_errors, row.usable, row.reason) for row in rows]


def _owned(selection: Select[Any], owner: str | None) -> Select[Any]:
    return selection if owner is None else selection.where(jobs.c.owner == owner)
