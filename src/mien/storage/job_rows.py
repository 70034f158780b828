"""Turn jobs into rows and back, and find them."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, select, update

from mien.domain.errors import InvalidRequest, JobNotFound
from mien.domain.job import Job, JobQuery, Outcome, Status
from mien.domain.request import InferenceRequest
from mien.storage.database import AnyRow
from mien.storage.schema import DONE, WHOLE, job_tags, jobs, tasks

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Every request passes here; building these anew costs more than running them.
_COUNT_QUEUED = select(func.count()).where(jobs.c.status == Status.QUEUED.value)
_EARLIER = select(jobs.c.id, jobs.c.digest).where(
    jobs.c.owner == bindparam("of"), jobs.c.idempotency_key == bindparam("named")
)
_SORTED_BY = {"created": jobs.c.created_ms, "started": jobs.c.started_ms, "ended": jobs.c.ended_ms}
REMEMBERED_REQUESTS = 1024
REMEMBERED_CHARACTERS = 4096
"""Requests up to this long are read once and remembered: a list of jobs reads the same fifty again and again."""

_UPLOAD = {"files": {"__all__": {"upload"}}}


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
        "joins": 0,
        "measured_tasks": 0,
        "measured_seconds": 0.0,
        "notify": job.request.notify,
        "tags": json.dumps(_distinct(job.tags)),
        "idempotency_key": job.idempotency_key,
        "digest": _digest(job.request) if job.idempotency_key is not None else None,
    }


def _digest(request: InferenceRequest) -> str:
    # Where an upload lies differs each time; what it holds is known by its checksum.
    return hashlib.sha256(request.model_dump_json(exclude=_UPLOAD).encode()).hexdigest()


def count_queued(connection: Connection) -> int:
    """Count the jobs that wait to be started, of all owners."""
    return int(connection.execute(_COUNT_QUEUED).scalar_one())


def earlier(connection: Connection, owner: str, idempotency_key: str) -> AnyRow | None:
    """Return id and digest of the job this owner submitted with this key, or None."""
    return connection.execute(_EARLIER, {"of": owner, "named": idempotency_key}).first()


def to_job(row: AnyRow) -> Job:
    """Return the job a row of `jobs` holds."""
    return Job(
        id=row.id,
        owner=row.owner,
        request=_request(row.request),
        status=Status(row.status),
        created_ms=row.created_ms,
        started_ms=row.started_ms,
        ended_ms=row.ended_ms,
        num_predictions=row.num_predictions,
        num_errors=row.num_errors,
        message=row.message,
        tags=tuple(json.loads(row.tags)),
        idempotency_key=row.idempotency_key,
    )


def _request(text: str) -> InferenceRequest:
    return _remembered(text) if len(text) <= REMEMBERED_CHARACTERS else InferenceRequest.model_validate_json(text)


@lru_cache(maxsize=REMEMBERED_REQUESTS)
def _remembered(text: str) -> InferenceRequest:
    return InferenceRequest.model_validate_json(text)


def find(connection: Connection, job_id: str, owner: str | None, lock: bool = False) -> AnyRow:
    """Return the row of one job, kept from change if asked for.

    Raises JobNotFound, also for jobs of other owners and for malformed ids.
    """
    if not _ID.fullmatch(job_id):
        raise JobNotFound
    query = _owned(select(jobs), owner).where(jobs.c.id == job_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise JobNotFound
    return row


def listed(owner: str | None, query: JobQuery) -> Select[Any]:
    """Return the selection of the jobs a query asks for, in its order; those that lack the time come last."""
    selection = _owned(select(jobs), owner).limit(query.limit)
    if query.statuses:
        selection = selection.where(jobs.c.status.in_(sorted(query.statuses)))
    for tag in sorted(query.tags):
        selection = selection.where(jobs.c.seq.in_(select(job_tags.c.job).where(job_tags.c.tag == tag)))
    if query.timestamp_ms is not None:
        before = query.when == "created_before"
        created = jobs.c.created_ms
        selection = selection.where(created < query.timestamp_ms if before else created > query.timestamp_ms)
    time = _SORTED_BY[query.sort_by]
    if not time.nullable:  # then an index is in this order already
        ordered = (time.asc(), jobs.c.seq.asc()) if query.direction == "asc" else (time.desc(), jobs.c.seq.desc())
        return selection.order_by(*ordered)
    if query.direction == "asc":
        return selection.order_by(time.asc().nulls_last(), jobs.c.seq.asc())
    return selection.order_by(time.desc().nulls_last(), jobs.c.seq.desc())


def set_tags(connection: Connection, job_seq: int, tags: Sequence[str]) -> None:
    """Let these be the tags of a job."""
    distinct = _distinct(tags)
    connection.execute(delete(job_tags).where(job_tags.c.job == job_seq))
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(tags=json.dumps(distinct)))
    insert_tags(connection, job_seq, distinct)


def insert_tags(connection: Connection, job_seq: int, tags: Sequence[str]) -> None:
    """Keep the tags of a job for finding it by them."""
    if tags:
        connection.execute(insert(job_tags), [{"job": job_seq, "tag": tag} for tag in _distinct(tags)])


def ended_outcomes(connection: Connection, job_id: str) -> list[Outcome]:
    """Return what became of the sources that have ended, in their order."""
    ended = and_(tasks.c.state == DONE, tasks.c.piece == WHOLE)
    rows = connection.execute(
        select(tasks).join(jobs, jobs.c.seq == tasks.c.job).where(jobs.c.id == job_id, ended).order_by(tasks.c.position)
    )
    return [to_outcome(row) for row in rows]


def to_outcome(row: AnyRow) -> Outcome:
    """Return what became of a task that has ended."""
    return Outcome(
        row.results,
        row.num_predictions,
        row.num_errors,
        bool(row.usable),
        row.reason,
        row.media_seconds or 0.0,
        row.seconds or 0.0,
    )


def _distinct(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _owned(selection: Select[Any], owner: str | None) -> Select[Any]:
    return selection if owner is None else selection.where(jobs.c.owner == owner)
