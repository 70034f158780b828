"""Take one task from its source to stored results."""

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, ItemError, LeaseLost, MienError, SourceError
from mien.domain.job import Outcome, Task
from mien.domain.media import Media
from mien.domain.request import InferenceRequest
from mien.domain.result import ItemFailure, ItemResult
from mien.domain.segment import FaceCrop
from mien.domain.source import BadItem, Item, Items, Source
from mien.domain.source_memory import SourceMemory
from mien.engine.source_results import EncodePng, SourceResults, open_results, results_folder
from mien.storage.blobs import BlobStore
from mien.wire.predictions import failed_source

logger = logging.getLogger(__name__)

Acquire = Callable[[Source, Path, Cancellation], Items]
OpenMedia = Callable[[Path, Path | None, Path, Cancellation], Media]
Keep = Callable[[FaceCrop], None]
Analyze = Callable[[Media, str, InferenceRequest, Cancellation, Keep, SourceMemory], ItemResult]

FLY_UP = (Cancelled, LeaseLost)
MAX_ATTEMPTS = 3
INTERNAL_ERROR = "internal error"


@dataclass(frozen=True)
class TaskParts:
    """Hold what every task needs: ways to items, media and results, where these go, and a folder for what passes.

    `open_media` is given the item, its subtitles if it has any, a scratch folder and the cancellation. A task claimed
    more than `max_attempts` times has stopped its workers and is not run again.
    """

    acquire: Acquire
    open_media: OpenMedia
    text_media: Callable[[str], Media]
    analyze: Analyze
    encode_png: EncodePng
    blobs: BlobStore
    scratch: Path
    max_attempts: int = MAX_ATTEMPTS


def run_task(task: Task, cancellation: Cancellation, parts: TaskParts) -> Outcome:
    """Measure one source, store its results and return what became of it; raises only when asked to stop.

    A source that cannot be used becomes an outcome with its reason, a file that cannot becomes one of its `errors`.
    """
    if task.attempt > parts.max_attempts:
        return _give_up(task, parts, _stopped_workers(task, parts))
    try:
        with _scratch_folder(parts) as scratch, open_results(task, parts.blobs, parts.encode_png) as results:
            memory = SourceMemory()
            for item in _to_the_end(parts.acquire(task.source, scratch, cancellation), task):
                cancellation.check()
                results.add(_measured(item, task, _Surroundings(parts, results, scratch, cancellation, memory)))
            return results.outcome()
    except FLY_UP:
        raise
    except SourceError as error:
        return _give_up(task, parts, _named(task, error.message))
    except Exception:
        logger.exception("job %s, source %d: internal error", task.job_id, task.index)
        return _give_up(task, parts, INTERNAL_ERROR)


@dataclass(frozen=True)
class _Surroundings:
    parts: TaskParts
    results: SourceResults
    scratch: Path
    cancellation: Cancellation
    memory: SourceMemory


def _measured(item: Item | BadItem, task: Task, around: _Surroundings) -> ItemResult | ItemFailure:
    """Measure one file; whatever happens in it becomes its own error, so that its neighbours go on."""
    if isinstance(item, BadItem):
        return ItemFailure(item.file, item.error.message)
    try:
        with _opened(item, around) as media:
            keep = around.results.keep(item.file)
            return around.parts.analyze(media, item.file, task.request, around.cancellation, keep, around.memory)
    except FLY_UP:
        raise
    except ItemError as error:
        return ItemFailure(item.file, error.message)
    except MienError as error:
        logger.warning("job %s, source %d: a file could not be measured: %s", task.job_id, task.index, error.message)
        return ItemFailure(item.file, error.message)
    except Exception:
        logger.exception("job %s, source %d: internal error in a file", task.job_id, task.index)
        return ItemFailure(item.file, INTERNAL_ERROR)


def _opened(item: Item, around: _Surroundings) -> Media:
    if item.path is None:
        return around.parts.text_media(item.text or "")
    return around.parts.open_media(item.path, item.subtitles, around.scratch, around.cancellation)


def _to_the_end(items: Items, task: Task) -> Iterator[Item | BadItem]:
    """Yield the items; a source that breaks after some of them gives one bad item more, under its own name."""
    started = False
    try:
        for item in items:
            started = True
            yield item
    except FLY_UP:
        raise
    except Exception as error:
        if not started:
            raise
        if not isinstance(error, SourceError):
            logger.exception("job %s, source %d: internal error between files", task.job_id, task.index)
        message = error.message if isinstance(error, SourceError) else INTERNAL_ERROR
        yield BadItem(task.source.name, ItemError(message))


def _give_up(task: Task, parts: TaskParts, reason: str) -> Outcome:
    folder = results_folder(task)
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
    prefix = f"{_owned_prefix()}{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=parts.scratch, prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep_scratch(scratch: Path) -> None:
    """Remove the folders of tasks whose process on this machine is gone: a worker that is killed cleans up nothing."""
    for folder in scratch.glob(f"{_owned_prefix()}*"):
        owner = folder.name.removeprefix(_owned_prefix()).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _owned_prefix() -> str:
    # Several machines may share a scratch folder, and a process id says nothing on another one.
    return f"task-{socket.gethostname()}-"
