"""Measure one file of a source; whatever happens in it is its own affair."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from mien.domain.errors import Cancelled, ItemError, LeaseLost, MienError, SourceError
from mien.domain.job import Progress, Task
from mien.domain.media import Media
from mien.domain.result import ItemFailure, ItemResult
from mien.domain.source import BadItem, Item, Items
from mien.domain.source_memory import SourceMemory
from mien.engine.task_parts import TWICE, Keep, Surroundings

logger = logging.getLogger(__name__)

FLY_UP: Final = (Cancelled, LeaseLost)
INTERNAL_ERROR: Final = "internal error"
SET_ASIDE: Final = "the file stopped the process it was measured in twice and was set aside"


def set_aside(task: Task) -> str:
    """Say that a file is not opened again, and how the process ended last."""
    return f"{SET_ASIDE}: {task.stopped_by}" if task.stopped_by else SET_ASIDE


TELL_SECONDS: Final = 1.0
"""How often it is told how far a film is."""

CHARACTERS_PER_SECOND: Final = 1000
ONE_PICTURE_SECONDS: Final = 1.0
Open = Callable[[], Media]


def is_set_aside(task: Task, number: int) -> bool:
    """Say whether a file has stopped the process it was measured in too often to be opened again."""
    return task.suspects.get(number, 0) >= TWICE


def measured(
    file: str, opened: Open, around: Surroundings, keep: Keep, memory: SourceMemory
) -> tuple[ItemResult | ItemFailure, bool]:
    """Measure one file, so that its neighbours go on whatever happens; say also whether a failure is its own fault."""
    task = around.task
    try:
        with opened() as media:
            return around.parts.analyze(media, file, task.request, around.cancellation, keep, memory), True
    except FLY_UP:
        raise
    except ItemError as error:
        return ItemFailure(file, error.message), True
    except MienError as error:
        logger.warning("job %s, source %d: a file could not be measured: %s", task.job_id, task.index, error.message)
        return ItemFailure(file, error.message), False
    except Exception:
        logger.exception("job %s, source %d: internal error in a file", task.job_id, task.index)
        return ItemFailure(file, INTERNAL_ERROR), False


def measured_item(
    item: Item | BadItem, number: int, around: Surroundings, keep: Keep, memory: SourceMemory
) -> tuple[ItemResult | ItemFailure, bool]:
    """Measure one item, unless it could not be brought or is set aside; say also whether a failure is its fault."""
    if isinstance(item, BadItem):
        return ItemFailure(item.file, item.error.message), True
    if is_set_aside(around.task, number):
        return ItemFailure(item.file, set_aside(around.task)), False

    def opened() -> Media:
        if item.path is None:
            return around.parts.text_media(item.text or "")
        return around.parts.open_media(item.path, item.subtitles, around.scratch, around.cancellation)

    return measured(item.file, opened, around, keep, memory)


def media_seconds(item: Item | BadItem, number: int, around: Surroundings) -> float:
    """Return about how much media an item holds: a picture counts as a second, as do 1,000 characters."""
    if isinstance(item, BadItem) or is_set_aside(around.task, number):
        return 0.0
    if item.path is None:
        return len(item.text or "") / CHARACTERS_PER_SECOND + 0.1
    splitting = around.parts.splitting
    return (splitting.recordings.seconds(item.path) if splitting else None) or ONE_PICTURE_SECONDS


def to_the_end(items: Items, task: Task) -> Iterator[Item | BadItem]:
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


def about_once_a_second(tell: Callable[[float], None]) -> Callable[[float | None], None]:
    """Return what is shown the time of every frame and tells some of them."""
    told = time.monotonic()

    def look(seconds: float | None) -> None:
        nonlocal told
        if seconds is not None and time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            tell(seconds)

    return look


def progress_in(begin: float, seconds: float, file: str, files: int | None) -> Callable[[float], Progress]:
    """Return what says how far a single file is, from the time of a frame of it."""
    return lambda now: Progress(min(1.0, max(0.0, (now - begin) / max(seconds, 1e-3))), file, 0, files)
