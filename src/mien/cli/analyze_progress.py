"""Show how far a measurement is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from mien.domain.job import Progress as TaskProgress

SECONDS_BETWEEN_LINES: Final = 10.0
SHOWN_OF_A_NAME: Final = 40


class MeasuringProgress:
    """Tell how many files are done, how many a minute or second, and how long the rest will take.

    `done` says which files were measured before: they count as done and not for the rate. The rest's time follows
    from bytes, as films and photographs lie side by side.
    """

    def __init__(
        self, paths: Sequence[Path], done: Sequence[bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sizes = [0 if before else _size(path) for path, before in zip(paths, done, strict=True)]
        self._before = sum(done)
        self._fresh = 0
        self._bytes = 0
        self._clock = clock
        self._begun = self._told = clock()
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
        self._bar = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("measuring", total=len(paths), completed=self._before, told=self.line())

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, name: str) -> None:
        """Say which file is measured now."""
        self._name = name
        self._describe(name)

    def about(self, progress: TaskProgress, _number: int) -> None:
        """Say which file of an archive is measured now, or how far a film is."""
        if progress.file and not self._name.endswith(progress.file):
            self._describe(f"{self._name}: {progress.file}")
        elif progress.share:
            self._describe(f"{self._name} {progress.share:.0%}")

    def end(self, index: int) -> None:
        """Count a file."""
        self._fresh += 1
        self._bytes += self._sizes[index]
        self._bar.update(self._task, advance=1, told=self.line())
        now = self._clock()
        if not self._console.is_terminal and now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            print(self.line(), file=sys.stderr, flush=True)

    def line(self) -> str:
        """Return it in words: `120 of 3000 files, 4.1 files/s, about 12 min left`."""
        told = f"{self._before + self._fresh} of {len(self._sizes)} files"
        seconds = self._clock() - self._begun
        if not self._fresh or seconds <= 0:
            return told
        rate = self._fresh / seconds
        paced = f"{rate:.1f} files/s" if rate >= 1 else f"{rate * 60:.1f} files/min"
        left = f", about {duration(self._left(seconds))} left" if self._fresh + self._before < len(self._sizes) else ""
        return f"{told}, {paced}{left}"

    def _left(self, seconds: float) -> float:
        waiting = sum(self._sizes) - self._bytes
        if self._bytes:
            return seconds * waiting / self._bytes
        return seconds * (len(self._sizes) - self._before - self._fresh) / self._fresh

    def _describe(self, told: str) -> None:
        self._bar.update(self._task, description=told[-SHOWN_OF_A_NAME:])


def duration(seconds: float) -> str:
    """Return a time in the unit people would use: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
