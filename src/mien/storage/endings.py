"""End tasks and, with the last one, their job; each function is one step inside a transaction."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from mien.domain.errors import Cancelled
from mien.domain.job import Outcome, Status, Task, closing
from mien.storage import counters, delivery_rows, fair_order, forgetting
from mien.storage.database import AnyRow, announce
from mien.storage.progress_rows import all_files
from mien.storage.schema import DONE, IS_RUNNING, JOIN, MEASURE, QUEUED, SPLIT, WHOLE, jobs, tasks
from mien.storage.task_rows import at, number_of, progress_json

Ended = tuple[Task, Outcome]
DROPPED = Outcome(results="", usable=False, reason=Cancelled().message)
_COLUMNS = (jobs.c.seq, jobs.c.id, jobs.c.owner, jobs.c.cancel_asked, jobs.c.remaining)
_HELD = (tasks.c.position, tasks.c.piece, tasks.c.phase, tasks.c.cost, tasks.c.worker, tasks.c.attempt)
_END = (
    update(tasks)
    .where(tasks.c.job == bindparam("of"), tasks.c.position == bindparam("place"), tasks.c.piece == bindparam("number"))
    .values(
        state=DONE,
        lease_until_ms=None,
        results=bindparam("to"),
        num_predictions=bindparam("predictions"),
        num_errors=bindparam("errors"),
        usable=bindparam("good"),
        reason=bindparam("why"),
        cost=bindparam("costs"),
        media_seconds=bindparam("media"),
        seconds=bindparam("took"),
    )
)


def end_many(connection: Connection, ended: Sequence[Ended], now_ms: int) -> list[Task]:
    """Record what became of tasks, close jobs of which they were the last, and return those whose lease was lost."""
    asked = select(*_COLUMNS).where(jobs.c.id.in_({task.job_id for task, _ in ended}))
    found = connection.execute(asked.order_by(jobs.c.seq).with_for_update()).all()
    kept: list[Ended] = []
    owed: dict[str, float] = defaultdict(float)
    for job in found:
        of_job = [one for one in ended if one[0].job_id == job.id]
        mine, owes = _end_of_job(connection, job, of_job, now_ms)
        kept += mine
        owed[job.owner] += owes
    for owner in sorted(owed):
        if owed[owner]:
            fair_order.correct(connection, owner, owed[owner])
    if kept:
        counters.count(connection, counters.taken(outcome.seconds for _, outcome in kept))
    held = {id(task) for task, _ in kept}
    return [task for task, _ in ended if id(task) not in held]


def drop_waiting(connection: Connection, job_seq: int, now_ms: int) -> None:
    """End the tasks of a cancelled job that wait, and close the job if none is left running."""
    job = connection.execute(select(jobs.c.seq, jobs.c.owner, jobs.c.waiting).where(jobs.c.seq == job_seq)).one()
    queued = (tasks.c.job == job_seq, tasks.c.state == QUEUED)
    connection.execute(delete(tasks).where(*queued, tasks.c.piece > WHOLE))
    running_pieces = tasks.alias()
    runs = exists().where(
        running_pieces.c.job == job_seq,
        running_pieces.c.position == tasks.c.position,
        running_pieces.c.state == IS_RUNNING.right,
    )
    pieced = (tasks.c.job == job_seq, tasks.c.state == SPLIT, tasks.c.piece == WHOLE, ~runs)
    dropped = ended_source(DROPPED)
    waited = connection.execute(update(tasks).where(*queued).values(dropped)).rowcount
    halved = connection.execute(update(tasks).where(*pieced).values(dropped).returning(tasks.c.position)).scalars()
    positions = list(halved)
    for position in positions:
        clear_pieces(connection, job_seq, position, now_ms)
    counts = {
        "waiting": 0,
        "joins": 0,
        "remaining": jobs.c.remaining - waited - len(positions),
        "num_errors": jobs.c.num_errors + waited + len(positions),
        "cancel_asked": True,
    }
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(counts))
    _close_if_last(connection, job_seq, now_ms)
    fair_order.leave(connection, job.owner, job.waiting)


def piece_ended(connection: Connection, job: AnyRow, position: int, ended: int, now_ms: int) -> None:
    """Count ended pieces of a source; when none is left, the source waits to be joined, or ends if cancelled."""
    if job.cancel_asked:
        return drop_waiting(connection, job.seq, now_ms)
    source = update(tasks).where(at(job.seq, position, WHOLE)).values(pieces_left=tasks.c.pieces_left - ended)
    if connection.execute(source.returning(tasks.c.pieces_left)).scalar_one():
        return None
    joins = {"state": QUEUED, "phase": JOIN, "worker": None, "progress": None}
    connection.execute(update(tasks).where(at(job.seq, position, WHOLE)).values(joins))
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(joins=jobs.c.joins + 1))
    fair_order.wait_again(connection, job, 1)
    return announce(connection)


def clear_pieces(connection: Connection, job_seq: int, position: int, now_ms: int) -> None:
    """Forget the pieces of a source that has ended, and what they left in the blob store."""
    here = (tasks.c.job == job_seq, tasks.c.position == position)
    columns = (tasks.c.piece, tasks.c.results, tasks.c.kept, tasks.c.part)
    rows = connection.execute(select(*columns).where(*here)).all()
    left = {row.kept for row in rows} | {row.results for row in rows if row.piece > WHOLE}
    forgetting.discard(connection, sorted(prefix for prefix in left if prefix), now_ms)
    connection.execute(delete(tasks).where(*here, tasks.c.piece > WHOLE))
    files = all_files([row for row in rows if row.piece > WHOLE])
    connection.execute(update(tasks).where(*here).values(kept=None, progress=progress_json(files)))


def ended_source(outcome: Outcome) -> dict[str, Any]:
    """Return the columns of a source that ended so; one that could not be used counts as one error."""
    return {
        "state": DONE,
        "lease_until_ms": None,
        "results": outcome.results,
        "num_predictions": outcome.num_predictions if outcome.usable else 0,
        "num_errors": outcome.num_errors if outcome.usable else 1,
        "usable": outcome.usable,
        "reason": outcome.reason,
        "media_seconds": outcome.media_seconds,
        "seconds": outcome.seconds,
    }


def _end_of_job(connection: Connection, job: AnyRow, ended: Sequence[Ended], now_ms: int) -> tuple[list[Ended], float]:
    """End tasks of one job; return those whose lease was held, and what their owner owes for them."""
    places = {task.index for task, _ in ended}
    running = select(*_HELD).where(tasks.c.job == job.seq, IS_RUNNING, tasks.c.position.in_(places))
    held = {(row.position, row.piece): row for row in connection.execute(running.with_for_update())}
    mine = {}
    for task, outcome in ended:
        row = held.get((task.index, number_of(task)))
        if row is not None and (row.worker, row.attempt) == (task.worker, task.attempt):
            mine[task.index, row.piece] = (row, task, outcome)
    if not mine:
        return [], 0.0
    rows = list(mine.values())
    connection.execute(_END, [_end(job.seq, row, outcome) for row, _, outcome in rows])
    owes = sum(_cost(row, outcome) - row.cost for row, _, outcome in rows)
    _count(connection, job, [(row, outcome) for row, _, outcome in rows], owes)
    for row, _, _ in rows:
        if row.phase == JOIN:
            clear_pieces(connection, job.seq, row.position, now_ms)
    sources = sum(row.piece == WHOLE for row, _, _ in rows)
    for position, pieces in Counter(row.position for row, _, _ in rows if row.piece > WHOLE).items():
        piece_ended(connection, job, position, pieces, now_ms)
    if sources and sources == job.remaining:
        _close_if_last(connection, job.seq, now_ms)
    return [(task, outcome) for _, task, outcome in rows], owes


def _cost(row: AnyRow, outcome: Outcome) -> float:
    # The pieces of a source have paid for what is joined.
    return 0.0 if row.phase == JOIN else max(fair_order.LEAST_SECONDS, outcome.media_seconds)


def _end(job_seq: int, row: AnyRow, outcome: Outcome) -> dict[str, Any]:
    whole = row.piece == WHOLE
    counted = ended_source(outcome) if whole else {}
    return {
        "of": job_seq,
        "place": row.position,
        "number": row.piece,
        "to": outcome.results,
        "predictions": counted.get("num_predictions", outcome.num_predictions),
        "errors": counted.get("num_errors", outcome.num_errors),
        "good": outcome.usable,
        "why": outcome.reason and outcome.reason.replace("\0", "�"),
        "costs": _cost(row, outcome),
        "media": outcome.media_seconds,
        "took": outcome.seconds,
    }


def _count(connection: Connection, job: AnyRow, ended: Sequence[tuple[AnyRow, Outcome]], owes: float) -> None:
    sources = [ended_source(outcome) for row, outcome in ended if row.piece == WHOLE]
    measured = [outcome.media_seconds for row, outcome in ended if row.piece == WHOLE and row.phase == MEASURE]
    counts = {
        "running": jobs.c.running - len(ended),
        "remaining": jobs.c.remaining - len(sources),
        "num_predictions": jobs.c.num_predictions + sum(one["num_predictions"] for one in sources),
        "num_errors": jobs.c.num_errors + sum(one["num_errors"] for one in sources),
        "measured_tasks": jobs.c.measured_tasks + len(measured),
        "measured_seconds": jobs.c.measured_seconds + sum(measured),
        "virtual_time": jobs.c.virtual_time + owes,
    }
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(counts))


def _close_if_last(connection: Connection, job_seq: int, now_ms: int) -> None:
    columns = (
        jobs.c.seq,
        jobs.c.id,
        jobs.c.owner,
        jobs.c.status,
        jobs.c.remaining,
        jobs.c.cancel_asked,
        jobs.c.created_ms,
        jobs.c.started_ms,
        jobs.c.callback_url,
        jobs.c.notify,
    )
    job = connection.execute(select(*columns).where(jobs.c.seq == job_seq)).one()
    if job.remaining or Status(job.status).final:
        return
    status, message = _final(connection, job)
    ended_ms = max(now_ms, job.created_ms, job.started_ms or 0)
    started_ms = ended_ms if job.started_ms is None else job.started_ms
    final = {"status": status.value, "message": message, "started_ms": started_ms, "ended_ms": ended_ms}
    connection.execute(update(jobs).where(jobs.c.seq == job_seq).values(final))
    forgetting.discard(connection, [f"uploads/{job.id}"], now_ms)
    delivery_rows.insert_due(connection, job, now_ms)
    announce(connection)


def _final(connection: Connection, job: AnyRow) -> tuple[Status, str | None]:
    if job.cancel_asked:
        return Status.FAILED, Cancelled().message
    sources = (tasks.c.job == job.seq, tasks.c.piece == WHOLE)
    ended = connection.execute(select(tasks.c.usable, tasks.c.reason).where(*sources).order_by(tasks.c.position)).all()
    reasons = tuple(task.reason for task in ended if not task.usable and task.reason)
    return closing(sum(task.usable for task in ended), reasons)
