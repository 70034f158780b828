"""Let pieces wait in place of a task; a step inside a transaction."""

from sqlalchemy import Connection, insert, select, update

from mien.domain.job import Split, Task
from mien.storage import fair_order, forgetting, leases
from mien.storage.database import announce
from mien.storage.endings import drop_waiting, piece_ended
from mien.storage.schema import JOIN, QUEUED, SPLIT, WHOLE, jobs, tasks
from mien.storage.task_rows import at, piece_rows


def split(connection: Connection, task: Task, wanted: Split, now_ms: int) -> None:
    """Let pieces wait in place of the task. Raises LeaseLost, and ValueError for a task that joins pieces."""
    job, row = leases.held(connection, task)
    if row.phase == JOIN:
        raise ValueError("what joins pieces cannot be split")
    here = at(job.seq, row.position, row.piece)
    ended = {"worker": None, "lease_until_ms": None, "progress": None}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(running=jobs.c.running - 1))
    if job.cancel_asked:
        connection.execute(update(tasks).where(here).values({**ended, "state": QUEUED}))
        forgetting.discard(connection, [wanted.kept] if wanted.kept else [], now_ms)
        fair_order.wait_again(connection, job, 1, row.cost)
        return drop_waiting(connection, job.seq, now_ms)
    kept = wanted.kept or row.kept
    connection.execute(update(tasks).where(here).values({**ended, "state": SPLIT, "kept": kept}))
    source = at(job.seq, row.position, WHOLE)
    first = connection.execute(select(tasks.c.pieces_made).where(source)).scalar_one()
    rows = piece_rows((job.seq, row.position), first, wanted.pieces, kept)
    if rows:
        connection.execute(insert(tasks), rows)
    made = {"pieces_made": tasks.c.pieces_made + len(rows), "pieces_left": tasks.c.pieces_left + len(rows)}
    connection.execute(update(tasks).where(source).values(made))
    fair_order.wait_again(connection, job, len(rows), row.cost)
    if row.piece > WHOLE or not rows:
        piece_ended(connection, job, row.position, int(row.piece > WHOLE), now_ms)
    return announce(connection)
