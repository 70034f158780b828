"""Shape what goes beyond the contract: how far jobs are, and the tags and names that clients give them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mien.domain.errors import InvalidRequest
from mien.domain.job import Job, JobProgress, SourceProgress, Status
from mien.domain.source import Source
from mien.wire.jobs import job_object

MAX_TAGS = 20
MAX_TAG_CHARACTERS = 64
MAX_KEY_CHARACTERS = 255


def tagged_job(job: Job) -> dict[str, Any]:
    """Return the job object with the job's tags."""
    return job_object(job) | {"tags": list(job.tags)}


def watched_job(progress: JobProgress) -> dict[str, Any]:
    """Return the job object with tags, percent and seconds left."""
    return tagged_job(progress.job) | _figures(progress)


def progress_object(progress: JobProgress) -> dict[str, Any]:
    """Return how far a job and each of its sources are."""
    sources = progress.job.request.sources()
    return {
        "job_id": progress.job.id,
        "status": progress.job.status.value,
        **_figures(progress),
        "sources": [_source(told, sources[told.index], progress) for told in progress.sources],
    }


def brief_progress(progress: JobProgress) -> dict[str, Any]:
    """Return how far a job is, without its sources."""
    return {"job_id": progress.job.id, "status": progress.job.status.value, **_figures(progress)}


def _figures(progress: JobProgress) -> dict[str, Any]:
    return {"percent": percent(progress.share), "seconds_left": _rounded(progress.seconds_left)}


def percent(share: float) -> float:
    """Return a share of 0…1 in percent, to one decimal; 100 only when nothing is left."""
    rounded = round(100 * min(1.0, max(0.0, share)), 1)
    return min(rounded, 99.9) if share < 1 else 100.0


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(0.0, seconds), 1)


def _source(told: SourceProgress, source: Source, progress: JobProgress) -> dict[str, Any]:
    return {
        "index": told.index,
        "type": source.type,
        "name": told.name,
        "status": told.status.value,
        "percent": percent(told.share),
        "seconds_left": _rounded(_seconds_left(told, progress)),
        "files_done": told.files_done,
        "files": told.files,
        "current": list(told.current),
        "num_predictions": told.num_predictions,
        "num_errors": told.num_errors,
    }


def _seconds_left(told: SourceProgress, progress: JobProgress) -> float | None:
    """Estimate when a source will be done: its part of what the job still has to do, at the job's pace."""
    if told.status.final:
        return 0.0
    if progress.seconds_left is None or told.status is Status.QUEUED:
        return None
    left = sum(1 - source.share for source in progress.sources if not source.status.final)
    return progress.seconds_left * (1 - told.share) / left if left > 0 else progress.seconds_left


def parse_tags(values: Iterable[object]) -> tuple[str, ...]:
    """Return tags without repetitions, in their order. Raises InvalidRequest."""
    tags: dict[str, None] = {}
    given = list(values)
    if len(given) > MAX_TAGS:
        raise InvalidRequest(f"tags: at most {MAX_TAGS} are taken, got {len(given)}")
    for value in given:
        if not isinstance(value, str):
            raise InvalidRequest("tags: each must be a string")
        tag = value.strip()
        if not tag:
            continue
        if len(tag) > MAX_TAG_CHARACTERS or not tag.isprintable() or "," in tag:
            raise InvalidRequest(
                f"tags: each must be at most {MAX_TAG_CHARACTERS} printable characters without a comma"
            )
        tags[tag] = None
    return tuple(tags)


def tags_of_body(body: object) -> tuple[str, ...]:
    """Return the tags a body names: a list, or an object with the list under `tags`. Raises InvalidRequest."""
    listed = body.get("tags") if isinstance(body, Mapping) else body
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise InvalidRequest("tags: must be a list of strings")
    return parse_tags(listed)


def parse_idempotency_key(value: str | None) -> str | None:
    """Return what the client calls its submission, None when it says nothing. Raises InvalidRequest."""
    key = (value or "").strip()
    if not key:
        return None
    if len(key) > MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise InvalidRequest(f"Idempotency-Key: must be at most {MAX_KEY_CHARACTERS} printable ASCII characters")
    return key
