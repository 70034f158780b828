"""Tell when each word of a known English text is spoken, with aligners in processes of their own."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mien.domain.cancellation import Cancellation
from mien.domain.segment import TimeSpan
from mien.transcription.child_processes import ChildPool

FRAMES_PER_SECOND: Final = 100


@dataclass(frozen=True)
class Aligned:
    """Hold when the words of a stretch are spoken, in seconds from its begin.

    There is one span per word, or none at all when the words do not fit the sound.
    """

    times: tuple[TimeSpan, ...]


class AlignerPool:
    """Share at most `workers` aligners among threads; each is started when first needed and kept."""

    def __init__(self, workers: int) -> None:
        self._children = ChildPool("align", workers)

    def align(self, stretches: Iterable[tuple[bytes, Sequence[str]]], cancellation: Cancellation) -> Iterator[Aligned]:
        """Yield when the words of each stretch are spoken, in order, having only a few stretches in memory.

        `stretches` are 16-bit mono sound at 16 kHz and the words as written, with marks and numbers. Asks
        `cancellation` at every stretch. Raises CannotTranscribe when an aligner fails twice.
        """
        questions = ((json.dumps(list(words)).encode(), sound) for sound, words in stretches)
        for answer in self._children.ask(questions, cancellation):
            frames = json.loads(answer)
            yield Aligned(tuple(TimeSpan(first / FRAMES_PER_SECOND, end / FRAMES_PER_SECOND) for first, end in frames))

    def close(self) -> None:
        """End the processes, once they have answered."""
        self._children.close()
