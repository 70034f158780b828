"""Hear the words of stretches of speech with recognisers in processes of their own."""

import json
from collections.abc import Iterable, Iterator

from mien.domain.cancellation import Cancellation
from mien.transcription.child_processes import ChildPool

Heard = tuple[str, int, int, float]
"""A word, its first and last frame of 10 ms, and its probability 0…1."""


class RecogniserPool:
    """Share at most `workers` recognisers among threads; each is started when first needed and kept."""

    def __init__(self, workers: int) -> None:
        self._children = ChildPool("recognise", workers)

    def recognise(self, sounds: Iterable[bytes], cancellation: Cancellation) -> Iterator[list[Heard]]:
        """Yield the words of each stretch of 16-bit mono sound at 16 kHz in order, having only a few in memory.

        Asks `cancellation` at every stretch. Raises CannotTranscribe when a recogniser fails twice.
        """
        for answer in self._children.ask(((sound,) for sound in sounds), cancellation):
            yield [(str(word), int(first), int(last), float(sure)) for word, first, last, sure in json.loads(answer)]

    def close(self) -> None:
        """End the processes, once they have answered."""
        self._children.close()
