"""Hear recordings with a transcriber as it ships, and hold each word against what was said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.expression import Transcriber
from mien.domain.request import Transcription
from mien.extractors.voice_activity import VoiceActivity
from training.transcription.recordings import Recording, words_in


@dataclass(frozen=True)
class HeardWord:
    """Hold a word heard: its letters, what the transcriber says of it (0…1), and whether it was said."""

    letters: int
    confidence: float
    right: bool


@dataclass(frozen=True)
class Hearing:
    """Hold what was heard of one recording; `errors` are words too many, too few or changed, of `said` words."""

    kind: str
    words: tuple[HeardWord, ...]
    text: str
    confidence: float
    errors: int
    said: int


def heard(recordings: Iterable[Recording], activity: VoiceActivity, transcriber: Transcriber) -> Iterator[Hearing]:
    """Yield what is heard of each recording."""
    for recording in recordings:
        speech = activity.speech(recording.waveform)
        transcript = transcriber.transcribe(recording.waveform, speech, Transcription(), Cancellation())
        found = [(name, word.confidence or 0.0) for word in transcript.words for name in words_in(word.text)]
        errors, right = compared([name for name, _ in found], recording.said)
        told = tuple(HeardWord(len(name), sure, yes) for (name, sure), yes in zip(found, right, strict=True))
        yield Hearing(recording.kind, told, transcript.text, transcript.confidence or 0.0, errors, len(recording.said))


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
