"""Hear recordings with the transcriber as it ships, and hold each word against what was said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.extractors.voice_activity import VoiceActivity
from mien.transcription.pocketsphinx_transcriber import likely_right, mean_posterior, said_in
from mien.transcription.recogniser_pool import RecogniserPool
from mien.transcription.stretches import sixteen_bits
from training.transcription.recordings import Recording


@dataclass(frozen=True)
class HeardWord:
    """Hold a word heard: its letters, its posterior and the mean of its stretch (0…1), and whether it was said."""

    letters: int
    posterior: float
    stretch: float
    right: bool

    @property
    def confidence(self) -> float:
        """Return what the transcriber says of it, 0…1."""
        return self.posterior * likely_right(self.stretch)


@dataclass(frozen=True)
class Hearing:
    """Hold what was heard of one recording; `errors` are words too many, too few or changed, of `said` words."""

    kind: str
    words: tuple[HeardWord, ...]
    text: str
    errors: int
    said: int

    @property
    def confidence(self) -> float:
        """Return what the transcriber says of the recording, 0…1."""
        letters = sum(word.letters for word in self.words)
        return sum(word.letters * likely_right(word.stretch) for word in self.words) / letters if letters else 0.0


def heard(recordings: Iterable[Recording], activity: VoiceActivity, pool: RecogniserPool) -> Iterator[Hearing]:
    """Yield what is heard of each recording."""
    for recording in recordings:
        speech = activity.speech(recording.waveform)
        sounds = (sixteen_bits(recording.waveform, span) for span in speech)
        found = [
            (name.lower(), posterior, mean_posterior(words))
            for words in (said_in(stretch) for stretch in pool.recognise(sounds, Cancellation()))
            for name, _, _, posterior in words
        ]
        names = [name for name, _, _ in found]
        errors, right = compared(names, recording.said)
        told = tuple(HeardWord(len(one[0]), one[1], one[2], yes) for one, yes in zip(found, right, strict=True))
        yield Hearing(recording.kind, told, " ".join(names), errors, len(recording.said))


def compared(heard_words: Sequence[str], said: Sequence[str]) -> tuple[int, list[bool]]:
    """Return the fewest words to put in, take out or change, and which words heard stand where they were said."""
    costs = np.zeros((len(heard_words) + 1, len(said) + 1), np.int64)
    costs[:, 0], costs[0] = np.arange(len(heard_words) + 1), np.arange(len(said) + 1)
    for row, word in enumerate(heard_words, start=1):
        for column, other in enumerate(said, start=1):
            changed = costs[row - 1, column - 1] + (word != other)
            costs[row, column] = min(costs[row - 1, column] + 1, costs[row, column - 1] + 1, changed)
    right = [False] * len(heard_words)
    row, column = len(heard_words), len(said)
    while row and column:
        same = heard_words[row - 1] == said[column - 1]
        if costs[row, column] == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            right[row] = same
        elif costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    return int(costs[-1, -1]), right
