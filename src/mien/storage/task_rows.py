"""Turn rows of tasks into tasks, and pieces into rows."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from mien.domain.job import Piece, PieceOutcome, Progress, Task
from mien.domain.request import InferenceRequest
from mien.domain.source import Source
from mien.storage.database import AnyRow
from mien.storage.fair_order import LEAST_SECONDS
from mien.storage.job_rows import to_outcome
from mien.storage.schema import DONE, MEASURE, QUEUED, WHOLE, tasks

Request = tuple[InferenceRequest, tuple[Source, ...]]
"""A job's request and its sources, read once for all its tasks."""


def at(job_seq: int, position: int, piece: int) -> ColumnElement[bool]:
    """Return the condition that finds one row."""
    return and_(tasks.c.job == job_seq, tasks.c.position == position, tasks.c.piece == piece)


def number_of(task: Task) -> int:
    """Return the piece of the row a task stands for."""
    return WHOLE if task.piece is None else task.piece.number


def to_task(row: AnyRow, job_id: str, worker: str, request: Request, joined: tuple[PieceOutcome, ...] | None) -> Task:
    """Return the task that a row becomes once a worker has claimed it."""
    return Task(
        job_id,
        row.position,
        request[1][row.position],
        request[0],
        worker,
        row.attempt + 1,
        piece=None if row.part is None else to_piece(row),
        joined=joined,
        kept=row.kept,
        crashes=row.crashes,
        suspects=to_suspects(row.suspects),
        stopped_by=row.reason if row.crashes else None,
    )


def to_piece(row: AnyRow) -> Piece:
    """Return the piece a row stands for."""
    return Piece(**json.loads(row.part))


def to_suspects(suspects: str | None) -> dict[int, int]:
    """Return how often each file was being measured when the process ended."""
    return {int(file): times for file, times in json.loads(suspects).items()} if suspects else {}


def to_progress(progress: str | None) -> Progress:
    """Return how far a task said it was."""
    return Progress(**json.loads(progress)) if progress else Progress()


def progress_json(progress: Progress) -> str:
    """Return how far a task is as its row keeps it."""
    return json.dumps(asdict(progress))


def piece_rows(source: tuple[int, int], first: int, pieces: Iterable[Piece], kept: str | None) -> list[dict[str, Any]]:
    """Return the rows of new pieces of a source, given by its job and position, numbered from `first` on."""
    waits = {
        "job": source[0],
        "position": source[1],
        "state": QUEUED,
        "phase": MEASURE,
        "attempt": 0,
        "kept": kept,
        "pieces_made": 0,
        "pieces_left": 0,
        "crashes": 0,
    }
    numbered = [replace(piece, number=number) for number, piece in enumerate(pieces, first)]
    return [
        {
            **waits,
            "piece": piece.number,
            "part": json.dumps(asdict(piece)),
            "cost": max(LEAST_SECONDS, piece.media_seconds),
        }
        for piece in numbered
    ]


def ended_pieces(connection: Connection, job_seq: int, position: int) -> tuple[PieceOutcome, ...]:
    """Return the pieces of a source with what became of them, in the order of the source's files and their time."""
    ended = (tasks.c.job == job_seq, tasks.c.position == position, tasks.c.piece > WHOLE, tasks.c.state == DONE)
    rows = connection.execute(select(tasks).where(*ended)).all()
    found = [PieceOutcome(to_piece(row), to_outcome(row)) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.piece.first, one.piece.begin_seconds or 0.0, one.piece.number)))
