"""Run a whole source in this process, piece after piece, so that memory has the same bound as with a queue."""

from dataclasses import replace
from typing import Protocol

from mien.domain.cancellation import Cancellation
from mien.domain.job import Begun, Outcome, Piece, PieceOutcome, Split, Task
from mien.engine.run_task import run_task
from mien.engine.task_parts import Report, TaskParts, no_report


class Steps(Protocol):
    """Remember how far a source is, so that another process goes on; its blobs must last as long."""

    def read(self) -> Begun | None:
        """Return how far it is; None where nothing was done."""

    def write(self, begun: Begun) -> None:
        """Remember how far it is now."""


class NoSteps:
    """Remember nothing."""

    def read(self) -> Begun | None:
        """Return None."""
        return None

    def write(self, begun: Begun) -> None:
        """Forget it."""


def run_in_place(
    task: Task, cancellation: Cancellation, parts: TaskParts, report: Report = no_report, steps: Steps | None = None
) -> Outcome:
    """Measure one source, whatever its size, and return what became of it; nothing but its results stays."""
    memory = steps or NoSteps()
    begun = memory.read()
    if begun is None:
        found = run_task(task, cancellation, parts, report)
        if isinstance(found, Outcome):
            return found
        begun = Begun(len(found.pieces), (), tuple(_numbered(found, 0)), found.kept)
        memory.write(begun)
    while begun.waiting:
        piece, *others = begun.waiting
        one = run_task(replace(task, piece=piece, kept=begun.kept), cancellation, parts, report)
        if isinstance(one, Split):
            fresh = _numbered(one, begun.made)
            begun = replace(begun, made=begun.made + len(fresh), waiting=(*fresh, *others))
        else:
            begun = replace(begun, ended=(*begun.ended, PieceOutcome(piece, one)), waiting=tuple(others))
        memory.write(begun)
    outcome = run_task(replace(task, joined=begun.ended, kept=begun.kept), cancellation, parts, report)
    assert isinstance(outcome, Outcome)
    for folder in (*(one.outcome.results for one in begun.ended), *([begun.kept] if begun.kept else [])):
        parts.blobs.delete(folder)
    return outcome


def _numbered(split: Split, first: int) -> list[Piece]:
    return [replace(piece, number=number) for number, piece in enumerate(split.pieces, start=first)]
