"""Say how much one task may use, and find out when its process uses more."""

import time
from dataclasses import dataclass, field

from mien.domain.job import Task
from mien.sandbox.process_tree import ProcessTree, Usage

GIB = 1024**3
UNSPLIT_SECONDS = 300.0
"""The most media in a task that is no piece: what lasts longer is measured in pieces."""


@dataclass(frozen=True)
class TimeLimit:
    """Allow `base` seconds and `per_media_second` more for each second of media, for one file."""

    base: float
    per_media_second: float

    def seconds(self, media_seconds: float) -> float:
        """Return what is allowed for a file of this length."""
        return self.base + self.per_media_second * media_seconds


@dataclass(frozen=True)
class TaskLimits:
    """Hold what one task may use.

    `memory_bytes` is the resident memory and `processes` the number of the process it runs in and of all that one
    started; `file_bytes` is the size of one file it writes. `wall` and `processor` hold for each file of the task.
    """

    memory_bytes: int = 4 * GIB
    file_bytes: int = 12 * GIB
    processes: int = 256
    wall: TimeLimit = TimeLimit(300, 20)
    processor: TimeLimit = TimeLimit(300, 40)


@dataclass(frozen=True)
class Retirement:
    """Say when a process that runs tasks is replaced by a fresh one: after `tasks`, or above `memory_bytes`."""

    tasks: int = 1000
    memory_bytes: int = 2 * GIB


@dataclass
class Watch:
    """Follow one task that runs in a process, and say which limit it breaks.

    The clocks start again with every file, so that a task of many files is not slow, only long.
    """

    limits: TaskLimits
    tree: ProcessTree
    media_seconds: float
    _began: float = field(default_factory=lambda: time.monotonic())
    _began_processor: float | None = None

    def next_file(self) -> None:
        """Start the clocks again: another file is being measured."""
        self._began = time.monotonic()
        self._began_processor = None

    def breach(self) -> str | None:
        """Return what is beyond its limit, in words with both figures, or None."""
        usage = self.tree.usage()
        if self._began_processor is None:
            self._began_processor = usage.processor_seconds
        return self._too_much(usage) or self._too_long(usage.processor_seconds - self._began_processor)

    def _too_much(self, usage: Usage) -> str | None:
        if usage.memory_bytes > self.limits.memory_bytes:
            used, allowed = (f"{amount / GIB:.2f} GiB" for amount in (usage.memory_bytes, self.limits.memory_bytes))
            return f"it took {used} of memory, limit {allowed}"
        if usage.processes > self.limits.processes:
            return f"it started {usage.processes} processes, limit {self.limits.processes}"
        return None

    def _too_long(self, processor_seconds: float) -> str | None:
        wall = self.limits.wall.seconds(self.media_seconds)
        if time.monotonic() - self._began > wall:
            return f"it took too long, limit {wall:.0f} seconds"
        processor = self.limits.processor.seconds(self.media_seconds)
        if processor_seconds > processor:
            return f"it took too much of the processor, limit {processor:.0f} seconds"
        return None


def media_seconds(task: Task) -> float:
    """Return how much media a task may have to measure: a piece's length, or the most that is not cut up."""
    if task.joined is not None:
        return max(UNSPLIT_SECONDS, sum(piece.outcome.media_seconds for piece in task.joined) / 60)
    return task.piece.media_seconds or UNSPLIT_SECONDS if task.piece is not None else UNSPLIT_SECONDS
