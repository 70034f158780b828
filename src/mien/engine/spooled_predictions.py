"""Keep the predictions of a very long file on disk, so that memory has a bound."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from mien.domain.result import Prediction

IN_MEMORY: Final = 8_192
"""Predictions held in memory; a file that gives no more never touches the disk."""


class SpooledPredictions:
    """Hold predictions in order: the last ones in memory, earlier ones in a temporary file of its own.

    The file has no name and is gone with this object, also when the process is killed.
    """

    def __init__(self, folder: Path, in_memory: int = IN_MEMORY) -> None:
        self._folder = folder
        self._in_memory = in_memory
        self._recent: list[Prediction] = []
        self._file: BinaryIO | None = None
        self._places: list[int] = []
        self._spooled = 0

    def extend(self, predictions: Iterable[Prediction], /) -> None:
        """Add predictions after those that are there."""
        self._recent.extend(predictions)
        if len(self._recent) >= self._in_memory:
            self._spool()

    def __len__(self) -> int:
        return self._spooled + len(self._recent)

    def __iter__(self) -> Iterator[Prediction]:
        for place in self._places:
            yield from self._read(place)
        yield from self._recent

    def _spool(self) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - it lives as long as this object
        self._places.append(self._file.seek(0, 2))
        pickle.dump(self._recent, self._file, pickle.HIGHEST_PROTOCOL)
        self._spooled += len(self._recent)
        self._recent = []

    def _read(self, place: int) -> list[Prediction]:
        assert self._file is not None
        self._file.seek(place)
        # Written a moment ago by this very process, into a file nobody else can open.
        written: list[Prediction] = pickle.load(self._file)
        return written
