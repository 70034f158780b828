"""Define jobs and tasks, their states and the allowed transitions."""

from dataclasses import dataclass
from enum import StrEnum

from mien.domain.request import InferenceRequest
from mien.domain.source import Source


class Status(StrEnum):
    """Tell where a job is: QUEUED → IN_PROGRESS → COMPLETED | FAILED."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def final(self) -> bool:
        """Say whether nothing can follow."""
        return self in (Status.COMPLETED, Status.FAILED)


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.FAILED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
}


@dataclass(frozen=True)
class Job:
    """Hold one accepted request and its state; times are Unix milliseconds, created ≤ started ≤ ended.

    `owner` is the id of the key that started it. `message` says why a job failed.
    """

    id: str
    owner: str
    request: InferenceRequest
    status: Status
    created_ms: int
    started_ms: int | None = None
    ended_ms: int | None = None
    num_predictions: int = 0
    num_errors: int = 0
    message: str | None = None


@dataclass(frozen=True)
class Task:
    """Hold what a worker claims: one source of a job.

    `index` counts the job's sources in the order of the results. `attempt` counts claims from 1 and, with the worker's
    name, proves that the lease is held.
    """

    job_id: str
    index: int
    source: Source
    request: InferenceRequest
    worker: str
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """Hold what became of one task: counts, whether the source could be used at all, and where its results lie.

    `usable` is false when the whole source became an error; `reason` then says why. `results` is the folder in the blob
    store that holds `predictions.json` (this source's element of the predictions array) and `artifacts.zip`.
    """

    results: str
    num_predictions: int = 0
    num_errors: int = 0
    usable: bool = True
    reason: str | None = None


@dataclass(frozen=True)
class JobQuery:
    """Say which jobs of an owner to list.

    Only jobs created before (or after) `timestamp_ms` with one of `statuses` (empty: all) are listed, at most `limit`,
    sorted by their `created`, `started` or `ended` time; jobs that lack that time come last.
    """

    limit: int = 50
    statuses: frozenset[Status] = frozenset()
    when: str = "created_before"
    timestamp_ms: int | None = None
    sort_by: str = "created"
    direction: str = "desc"


NOTHING_USABLE = "no source could be processed"


def closing(usable_sources: int, reasons: tuple[str, ...]) -> tuple[Status, str | None]:
    """Return the final state of a job whose last task ended: it fails only when not one source could be used."""
    if usable_sources:
        return Status.COMPLETED, None
    detail = "; ".join(dict.fromkeys(reasons))
    return Status.FAILED, f"{NOTHING_USABLE}: {detail}" if detail else NOTHING_USABLE
