"""Shape jobs as clients read them, and read how they ask for lists of them."""

import re
from collections.abc import Sequence
from typing import Any

from mien.domain.errors import InvalidRequest
from mien.domain.job import Job, JobQuery, Status
from mien.domain.request import InferenceRequest
from mien.domain.source import FileSource
from mien.wire.requests import CONTRACT_MODELS

USER_ID = "00000000-0000-4000-8000-000000000001"
"""Stands in every job object: clients expect a user, and here there is one."""

MAX_LIMIT = 10_000
JOB_TYPES = ("EMBEDDING_GENERATION", "INFERENCE", "TL_INFERENCE", "TRAINING")

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def job_object(job: Job) -> dict[str, Any]:
    """Return the job as the details and list endpoints give it."""
    return {
        "type": "INFERENCE",
        "job_id": job.id,
        "user_id": USER_ID,
        "request": _request(job.request),
        "state": _state(job),
    }


def _request(request: InferenceRequest) -> dict[str, Any]:
    models = {name: request.models.get(name) for name in CONTRACT_MODELS} | request.models
    echo: dict[str, Any] = {
        "files": [_file(source) for source in request.files],
        "models": models,
        "urls": [source.url for source in request.urls],
        "text": list(request.texts),
        "callback_url": request.callback_url,
        "notify": request.notify,
    }
    if request.transcription_given:
        echo["transcription"] = request.transcription.model_dump(mode="json") if request.transcription else None
    return echo


def _file(source: FileSource) -> dict[str, Any]:
    return {"filename": source.filename, "content_type": source.content_type, "md5sum": source.md5sum}


def _state(job: Job) -> dict[str, Any]:
    state: dict[str, Any] = {"status": job.status.value, "created_timestamp_ms": job.created_ms}
    if job.status is Status.QUEUED:
        return state
    # A job that fails before it ran has no start; the typed SDKs refuse a FAILED state without one.
    state["started_timestamp_ms"] = job.started_ms if job.started_ms is not None else job.ended_ms
    if job.status is Status.IN_PROGRESS:
        return state
    state["ended_timestamp_ms"] = job.ended_ms
    if job.status is Status.FAILED:
        return state | {"message": job.message or "the job failed"}
    return state | {"num_predictions": job.num_predictions, "num_errors": job.num_errors}


def parse_query(pairs: Sequence[tuple[str, str]], tags: frozenset[str] = frozenset()) -> JobQuery:
    """Return which jobs a query string asks for; unknown names are ignored, of a repeated one the last counts.

    Only `status` and `type` may be repeated or hold several values with commas. A `type` that leaves out INFERENCE asks
    for no job at all, which is a limit of 0. Raises InvalidRequest for a value that is not known or out of range.
    """
    values = dict(pairs)
    types = _choices(pairs, "type", JOB_TYPES)
    return JobQuery(
        limit=_limit(values.get("limit")) if not types or "INFERENCE" in types else 0,
        statuses=frozenset(Status(name) for name in _choices(pairs, "status", tuple(Status))),
        when=_choice(values, "when", ("created_before", "created_after")),
        timestamp_ms=_whole_number("timestamp_ms", values["timestamp_ms"]) if "timestamp_ms" in values else None,
        sort_by=_choice(values, "sort_by", ("created", "started", "ended")),
        direction=_choice(values, "direction", ("desc", "asc")),
        tags=tags,
    )


def _limit(value: str | None) -> int:
    if value is None:
        return 50
    limit = _whole_number("limit", value)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit: must be from 1 to {MAX_LIMIT}")
    return limit


def _whole_number(where: str, value: str) -> int:
    if not _INTEGER.fullmatch(value):
        raise InvalidRequest(f"{where}: must be a whole number")
    return int(value)


def _choice(values: dict[str, str], name: str, allowed: Sequence[str]) -> str:
    value = values.get(name, allowed[0])
    if value not in allowed:
        raise InvalidRequest(f"{name}: must be one of {', '.join(allowed)}")
    return value


def _choices(pairs: Sequence[tuple[str, str]], name: str, allowed: Sequence[str]) -> list[str]:
    chosen = [value.strip() for key, values in pairs if key == name for value in values.split(",")]
    if any(value not in allowed for value in chosen):
        raise InvalidRequest(f"{name}: must be one of {', '.join(allowed)}")
    return chosen
