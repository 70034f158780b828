"""Define jobs and tasks, their states and the allowed transitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    `owner` is the id of the key that started it. `message` says why a job failed. `tags` are what its owner sorts it
    by; `idempotency_key` is what the client called this submission, so that sending it twice starts one job.
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
    tags: tuple[str, ...] = ()
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Piece:
    """Hold a part of a source that is a task of its own: some of its files, or a stretch of one long recording.

    `number` counts the pieces of a source as they were made; results follow `first`, then `begin_seconds`. A piece
    covers the source's files `first` to `first + count - 1`; with `begin_seconds` only the stretch of the one file that
    begins there and ends before `end_seconds` (None: at its end). `media_seconds` is how long its media last, as far as
    known.
    """

    number: int
    first: int = 0
    count: int = 1
    begin_seconds: float | None = None
    end_seconds: float | None = None
    media_seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """Hold what became of one task: counts, whether the source could be used at all, and where its results lie.

    `usable` is false when the whole source became an error; `reason` then says why. `results` is the folder in the blob
    store that holds `predictions.json` (this source's element of the predictions array) and `artifacts.zip`; for a
    piece what the joining of all pieces reads. `media_seconds` is how much media was measured, `seconds` how long that
    took.
    """

    results: str
    num_predictions: int = 0
    num_errors: int = 0
    usable: bool = True
    reason: str | None = None
    media_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Split:
    """Say that a task is to be done in pieces, by whoever is free. `kept` is the blob folder where they find the media.

    `kept` is None when the pieces read the source itself.
    """

    pieces: tuple[Piece, ...]
    kept: str | None = None


@dataclass(frozen=True)
class PieceOutcome:
    """Hold one piece of a source and what became of it."""

    piece: Piece
    outcome: Outcome


@dataclass(frozen=True)
class Begun:
    """Hold how far a source is that one process measures in pieces: those ended and waiting, and how many were made.

    `kept` is the blob folder where pieces find the media.
    """

    made: int
    ended: tuple[PieceOutcome, ...]
    waiting: tuple[Piece, ...]
    kept: str | None = None


@dataclass(frozen=True)
class Task:
    """Hold what a worker claims: one source of a job, a piece of one, or the joining of its pieces.

    `index` counts the job's sources in the order of the results. `attempt` counts claims from 1 and, with the worker's
    name, proves that the lease is held. `piece` is None for a whole source. `joined` holds all pieces with their
    outcomes when they are to be joined, else None. `kept` is where an earlier step left the media, in the blob store.
    `crashes` counts how often this task has ended the process it ran in, `suspects` how often while a file of the
    source (by its number from 0) was being measured, and `stopped_by` says why it did so last.
    """

    job_id: str
    index: int
    source: Source
    request: InferenceRequest
    worker: str
    attempt: int
    piece: Piece | None = None
    joined: tuple[PieceOutcome, ...] | None = None
    kept: str | None = None
    crashes: int = 0
    suspects: Mapping[int, int] = field(default_factory=dict)
    stopped_by: str | None = None


@dataclass(frozen=True)
class Progress:
    """Say how far a running task is: a share of 0…1, the file being measured, and files done of how many, if known."""

    share: float = 0.0
    file: str | None = None
    files_done: int = 0
    files: int | None = None


@dataclass(frozen=True)
class SourceProgress:
    """Say how far one source of a job is; `share` is 1 when it has ended, well or not. `files` is None until known."""

    index: int
    name: str
    share: float
    status: Status
    files_done: int = 0
    files: int | None = None
    current: tuple[str, ...] = ()
    num_predictions: int = 0
    num_errors: int = 0


@dataclass(frozen=True)
class JobProgress:
    """Say how far a job is: a share of 0…1 over all sources, and the seconds left as estimated; None when unknown."""

    job: Job
    share: float
    seconds_left: float | None
    sources: tuple[SourceProgress, ...]


@dataclass(frozen=True)
class JobQuery:
    """Say which jobs of an owner to list.

    Only jobs created before (or after) `timestamp_ms` with one of `statuses` (empty: all) are listed, at most `limit`,
    sorted by their `created`, `started` or `ended` time; jobs that lack that time come last. With `tags`, only jobs
    that carry all of them.
    """

    limit: int = 50
    statuses: frozenset[Status] = frozenset()
    when: str = "created_before"
    timestamp_ms: int | None = None
    sort_by: str = "created"
    direction: str = "desc"
    tags: frozenset[str] = frozenset()


NOTHING_USABLE = "no source could be processed"


def closing(usable_sources: int, reasons: tuple[str, ...]) -> tuple[Status, str | None]:
    """Return the final state of a job whose last task ended: it fails only when not one source could be used."""
    if usable_sources:
        return Status.COMPLETED, None
    detail = "; ".join(dict.fromkeys(reasons))
    return Status.FAILED, f"{NOTHING_USABLE}: {detail}" if detail else NOTHING_USABLE
