"""Run a whole source in this process, piece after piece, so that memory has the same bound as with a queue."""

from dataclasses import replace

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Piece, PieceOutcome, Split, Task
from mien.engine.run_task import run_task
from mien.engine.task_parts import Report, TaskParts, no_report


def run_in_place(task: Task, cancellation: Cancellation, parts: TaskParts, report: Report = no_report) -> Outcome:
    """Measure one source, whatever its size, and return what became of it; nothing but its results stays."""
    found = run_task(task, cancellation, parts, report)
    if isinstance(found, Outcome):
        return found
    kept = found.kept
    ended: list[PieceOutcome] = []
    waiting = _numbered(found, 0)
    made = len(waiting)
    while waiting:
        piece = waiting.pop(0)
        one = run_task(replace(task, piece=piece, kept=kept), cancellation, parts, report)
        if isinstance(one, Split):
            fresh = _numbered(one, made)
            made, waiting = made + len(fresh), fresh + waiting
            continue
        ended.append(PieceOutcome(piece, one))
    outcome = run_task(replace(task, joined=tuple(ended), kept=kept), cancellation, parts, report)
    assert isinstance(outcome, Outcome)
    for folder in (*(one.outcome.results for one in ended), *([kept] if kept else [])):
        parts.blobs.delete(folder)
    return outcome


def _numbered(split: Split, first: int) -> list[Piece]:
    return [replace(piece, number=number) for number, piece in enumerate(split.pieces, start=first)]
