"""Take one task to its results: a source, a piece of one, or the joining of its pieces."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mien.domain.cancellation import Cancellation
from mien.domain.errors import SourceError
from mien.domain.job import Outcome, Progress, Split, Task
from mien.domain.source import Items, TextSource
from mien.domain.source_memory import SourceMemory
from mien.engine.joining import join
from mien.engine.measuring import FLY_UP, INTERNAL_ERROR, measured_item, media_seconds, set_aside, to_the_end
from mien.engine.pieces import run_piece
from mien.engine.source_results import open_results, results_folder
from mien.engine.survey import bring, items_of, survey
from mien.engine.task_parts import TWICE, Report, Splitting, Surroundings, TaskParts, no_report
from mien.wire.predictions import failed_source

logger = logging.getLogger(__name__)


def run_task(task: Task, cancellation: Cancellation, parts: TaskParts, report: Report = no_report) -> Outcome | Split:
    """Measure one source, store its results and return what became of it; raises only when asked to stop.

    A source that cannot be used becomes an outcome with its reason, a file that cannot becomes one of its `errors`. A
    large source becomes a Split, whose pieces are tasks of their own; when all have ended, the same task joins them.
    `report` is told how far the task is and which file is next, before it is touched.
    """
    if task.attempt > parts.max_attempts:
        return _give_up(task, parts, _stopped_workers(task, parts))
    if task.crashes - sum(task.suspects.values()) >= TWICE:
        return _give_up(task, parts, f"{task.source.name or task.source.type}: {set_aside(task)}")
    try:
        with _scratch_folder(parts) as scratch:
            return _run(Surroundings(task, parts, scratch, cancellation, report))
    except FLY_UP:
        raise
    except SourceError as error:
        return _give_up(task, parts, _named(task, error.message))
    except Exception:
        logger.exception("job %s, source %d: internal error", task.job_id, task.index)
        return _give_up(task, parts, INTERNAL_ERROR)


def _run(around: Surroundings) -> Outcome | Split:
    task, splitting = around.task, around.parts.splitting
    if splitting is None:
        return _whole(around, around.parts.acquire(task.source, around.scratch, around.cancellation))
    if task.joined is not None:
        return join(task.joined, around, splitting)
    if task.piece is not None:
        return run_piece(task.piece, around, splitting)
    return _surveyed(around, splitting)


def _surveyed(around: Surroundings, splitting: Splitting) -> Outcome | Split:
    """Cut a large source into pieces, measure a small one at once."""
    place = None if isinstance(around.task.source, TextSource) else bring(around, splitting)
    found = survey(around, splitting, place)
    return found or _whole(around, items_of(around, splitting, place, None))


def _whole(around: Surroundings, items: Items) -> Outcome:
    task, parts = around.task, around.parts
    memory, seconds = SourceMemory(), 0.0
    with open_results(task, parts.blobs, parts.encode_png) as results:
        for number, item in enumerate(to_the_end(items, task)):
            around.cancellation.check()
            around.report(Progress(0.0, item.file, number), number)
            seconds += media_seconds(item, number, around)
            result, _whole = measured_item(item, number, around, results.keep(item.file), memory)
            results.add(result, memory.take_notes())
        return replace(results.outcome(), media_seconds=seconds)


def _give_up(task: Task, parts: TaskParts, reason: str) -> Outcome:
    folder = results_folder(task)
    if task.piece is None:
        with parts.blobs.write(f"{folder}/predictions.json") as stream:
            stream.write(failed_source(task.source, reason))
    return Outcome(folder, num_errors=1, usable=False, reason=reason)


def _named(task: Task, message: str) -> str:
    """Say which source it is about, unless the message does: a job that fails shows nothing but these."""
    name = task.source.name
    return message if not name or name in message else f"{name}: {message}"


def _stopped_workers(task: Task, parts: TaskParts) -> str:
    name = task.source.name or task.source.type
    return f"{name}: the file stopped the worker {parts.max_attempts} times and was set aside"


@contextmanager
def _scratch_folder(parts: TaskParts) -> Iterator[Path]:
    parts.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parts.scratch, prefix="task-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
