"""Measure local files one after the other, leaving out those that a run before has measured."""

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from mien.api import LocalFile, Measurement
from mien.cli.analyze_progress import MeasuringProgress
from mien.intake.subtitles import paired
from mien.results.kept import KeptFolder, Subject
from mien.wire.predictions import failed_source

STOPPED = 130


@dataclass(frozen=True)
class Result:
    """Hold what one file gave, read from where it is kept when asked for; `fresh` says that this run measured it."""

    file: LocalFile
    subject: Subject
    kept: KeptFolder
    fresh: bool

    @cached_property
    def content(self) -> bytes:
        """Return its element of the predictions array as JSON."""
        return self.kept.element(self.subject)

    @cached_property
    def element(self) -> dict[str, Any]:
        """Return the element as an object."""
        element: dict[str, Any] = json.loads(self.content)
        return element


@dataclass(frozen=True)
class Run:
    """Hold the files of one command, what measures them, and where what they give is kept."""

    files: Sequence[LocalFile]
    measurement: Measurement
    kept: KeptFolder

    def results(self) -> Iterator[Result]:
        """Yield what each file gave, in order, measured now or before; a file is kept before it is yielded."""
        done = [self.kept.has(subject) for subject in self._subjects]
        if any(done):
            print(f"{sum(done)} of {len(done)} files were measured before and are not measured again", file=sys.stderr)
        with MeasuringProgress([file.path for file in self.files], done) as progress:
            for index, (file, subject) in enumerate(zip(self.files, self._subjects, strict=True)):
                if not done[index]:
                    progress.begin(file.name)
                    self._measure(index, progress)
                    progress.end(index)
                yield Result(file, subject, self.kept, not done[index])

    def again(self) -> Iterator[Result]:
        """Yield what each file gave once more, after `results` has ended."""
        for file, subject in zip(self.files, self._subjects, strict=True):
            yield Result(file, subject, self.kept, fresh=False)

    def _measure(self, index: int, progress: MeasuringProgress) -> None:
        subject = self._subjects[index]
        if reason := self.kept.begin(subject):
            name = self.files[index].name
            self.kept.keep(subject, failed_source(self.measurement.source(index), f"{name}: {reason}"), None, True)
            return
        with _gently(self.kept, subject):
            measured = self.measurement.measure(index, progress.about, self.kept.steps(subject))
            self.kept.keep(subject, measured.element, measured.artifacts)

    @cached_property
    def _subjects(self) -> list[Subject]:
        return subjects_of([file.path for file in self.files])


def subjects_of(paths: Sequence[Path]) -> list[Subject]:
    """Return files with the subtitles that lie beside them; each folder is looked through once."""
    beside: dict[Path, dict[str, str]] = {}
    subjects = []
    for path in paths:
        folder = path.absolute().parent
        if folder not in beside:
            beside[folder] = paired(found.name for found in folder.iterdir())
        subtitles = beside[folder].get(path.name)
        subjects.append(Subject(path, (folder / subtitles,) if subtitles else ()))
    return subjects


@contextmanager
def _gently(kept: KeptFolder, subject: Subject) -> Iterator[None]:
    """Do not blame the file when it is the user who stops the program, or the program that fails."""
    try:
        yield
    except BaseException:
        kept.let_go(subject)
        raise


@contextmanager
def stoppable(kept: bool) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the command with a line instead of a trace, and exit code 130."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        print("stopped" + ("; the same command goes on from here" if kept else ""), file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
