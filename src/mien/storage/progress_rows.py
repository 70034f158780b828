"""Say how far a job is, from the rows of its tasks."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from mien.domain.job import Job, JobProgress, Progress, SourceProgress, Status
from mien.domain.source import Source
from mien.storage.database import AnyRow
from mien.storage.fair_order import LEAST_SECONDS
from mien.storage.schema import DONE, JOIN, QUEUED, RUNNING, SPLIT, WHOLE, tasks
from mien.storage.task_rows import to_piece, to_progress

JOINED_SHARE = 0.02
"""Which share of a source's work the joining of its pieces counts for."""
_COLUMNS = (
    tasks.c.position,
    tasks.c.piece,
    tasks.c.state,
    tasks.c.phase,
    tasks.c.part,
    tasks.c.progress,
    tasks.c.cost,
    tasks.c.num_predictions,
    tasks.c.num_errors,
    tasks.c.usable,
    tasks.c.media_seconds,
)


def rows_of(connection: Connection, job_seq: int) -> Sequence[AnyRow]:
    """Return what is to be known of each task of a job."""
    return connection.execute(select(*_COLUMNS).where(tasks.c.job == job_seq).order_by(tasks.c.position)).all()


def job_progress(job: Job, rows: Sequence[AnyRow], now_ms: int) -> JobProgress:
    """Return how far a job is; the time left is estimated from the time that the work done so far has taken."""
    pieces: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        if row.piece > WHOLE and row.state != SPLIT:
            pieces[row.position].append(row)
    wholes = [row for row in rows if row.piece == WHOLE]
    names = job.request.sources()
    sources = tuple(_source_progress(row, pieces[row.position], names[row.position]) for row in wholes)
    weights = [_weight(row, pieces[row.position]) for row in wholes]
    done = sum(source.share * weight for source, weight in zip(sources, weights, strict=True))
    share = 1.0 if job.status.final else min(1.0, done / sum(weights))
    return JobProgress(job, share, _seconds_left(job, share, now_ms), sources)


def _seconds_left(job: Job, share: float, now_ms: int) -> float | None:
    if job.status.final:
        return 0.0
    if job.started_ms is None or share <= 0:
        return None
    return max(0.0, (now_ms - job.started_ms) / 1000 * (1 - share) / share)


def _source_progress(row: AnyRow, pieces: Sequence[AnyRow], source: Source) -> SourceProgress:
    said = [to_progress(one.progress) for one in (row, *pieces)]
    current = tuple(
        progress.file
        for progress, one in zip(said, (row, *pieces), strict=True)
        if one.state == RUNNING and progress.file
    )
    done, known = _files(row, pieces)
    return SourceProgress(
        row.position,
        source.name,
        _share(row, pieces),
        _status(row, pieces),
        done,
        known,
        current,
        row.num_predictions or sum(piece.num_predictions or 0 for piece in pieces),
        row.num_errors or sum(piece.num_errors or 0 for piece in pieces),
    )


def _status(row: AnyRow, pieces: Sequence[AnyRow]) -> Status:
    if row.state == DONE:
        return Status.COMPLETED if row.usable else Status.FAILED
    return Status.QUEUED if row.state == QUEUED and not pieces else Status.IN_PROGRESS


def _share(row: AnyRow, pieces: Sequence[AnyRow]) -> float:
    if row.state == DONE:
        return 1.0
    own = _own_share(row)
    if not pieces:
        return own if row.phase != JOIN else 1 - JOINED_SHARE + JOINED_SHARE * own
    work: float = sum(piece.cost for piece in pieces)
    done: float = sum(piece.cost * _own_share(piece) for piece in pieces) / work
    return (1 - JOINED_SHARE) * done + (JOINED_SHARE * own if row.phase == JOIN else 0.0)


def _own_share(row: AnyRow) -> float:
    if row.state == DONE:
        return 1.0
    return min(1.0, max(0.0, to_progress(row.progress).share)) if row.state == RUNNING else 0.0


def _weight(row: AnyRow, pieces: Sequence[AnyRow]) -> float:
    if row.state == DONE:
        return max(LEAST_SECONDS, float(row.media_seconds or 0.0))
    return max(LEAST_SECONDS, sum(float(piece.cost) for piece in pieces) if pieces else float(row.cost))


def _files(row: AnyRow, pieces: Sequence[AnyRow]) -> tuple[int, int | None]:
    """Return how many files of a source are done, of how many; a recording in stretches is done with the last."""
    if not pieces:
        said = to_progress(row.progress)
        done = said.files if row.state == DONE and said.files is not None else said.files_done
        return done, said.files
    covered = [(to_piece(piece), piece) for piece in pieces]
    open_films = {part.first for part, piece in covered if part.begin_seconds is not None and piece.state != DONE}
    films = {part.first for part, _ in covered if part.begin_seconds is not None}
    done = len(films - open_films)
    for part, piece in covered:
        if part.begin_seconds is None:
            done += part.count if piece.state == DONE else min(part.count, to_progress(piece.progress).files_done)
    return done, max(part.first + part.count for part, _ in covered)


def all_files(pieces: Sequence[AnyRow]) -> Progress:
    """Return the progress of a source whose pieces, these rows, have all been joined."""
    files = max((to_piece(row).first + to_piece(row).count for row in pieces), default=0)
    return Progress(1.0, None, files, files)
