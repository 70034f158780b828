"""Hear English with PocketSphinx, whose model lies in its wheel: each stretch of speech in a process of its own."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.transcription.languages import english_if_sure, refuse_all_but_english
from mien.transcription.recogniser_pool import Heard
from mien.transcription.stretches import sixteen_bits

FRAMES_PER_SECOND: Final = 100
SENTENCE_PAUSE_SECONDS: Final = 0.7
"""A silence after which a sentence begins: PocketSphinx hears no punctuation."""

HALF_RIGHT: Final = 0.42
STEEPNESS: Final = 0.18
"""Fitted by the words that were right in English read aloud by three synthetic voices, acted by sixteen people, and
acted under noise, and in Polish of seven people: training/transcription/fit.py prints both."""

_VARIANT: Final = re.compile(r"\(\d+\)$")
_I: Final = re.compile(r"i(?='|$)")


class Recognisers(Protocol):
    """Hear several stretches of speech at a time."""

    def recognise(self, sounds: Iterable[bytes], cancellation: Cancellation) -> Iterator[list[Heard]]:
        """Yield the words of each stretch in order."""


class PocketsphinxTranscriber:
    """Transcribe English; any other language is refused, and what is not English comes out with little confidence."""

    def __init__(self, pool: Recognisers) -> None:
        self._pool = pool

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        """Return the words of the stretches of speech. Raises CannotTranscribe for a language but English."""
        refuse_all_but_english(wanted.language, "pocketsphinx")
        sounds = (sixteen_bits(waveform, span) for span in speech)
        heard = self._pool.recognise(sounds, cancellation)
        stretches = [_stretch(span, found) for span, found in zip(speech, heard, strict=True)]
        confidence = _overall(stretches)
        words = [word for stretch in stretches for word in stretch.words]
        return transcript_of(_written(words), english_if_sure(wanted.language, confidence), confidence)


@dataclass(frozen=True)
class _Stretch:
    """Hold the words of one stretch, and the share of them that is likely right."""

    words: tuple[SpokenWord, ...]
    right: float

    @property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)


def _stretch(span: TimeSpan, heard: Sequence[Heard]) -> _Stretch:
    """Return the words of a stretch with their times in the recording; silences and noises are left out."""
    said = said_in(heard)
    right = likely_right(mean_posterior(said)) if said else 0.0
    words = []
    for name, first, last, sure in said:
        begin = min(span.end, span.begin + first / FRAMES_PER_SECOND)
        end = max(begin, min(span.end, span.begin + (last + 1) / FRAMES_PER_SECOND))
        words.append(SpokenWord(name, TimeSpan(begin, end), min(1.0, max(0.0, sure)) * right))
    return _Stretch(tuple(words), right)


def said_in(heard: Sequence[Heard]) -> list[Heard]:
    """Return the words among what was heard, as they are written: silences, noises and marks of variants left out."""
    return [(_VARIANT.sub("", name), first, last, sure) for name, first, last, sure in heard if name[0] not in "<[+"]


def mean_posterior(said: Sequence[Heard]) -> float:
    """Return the mean probability of words, 0…1, each counting as long as it is; 0 without words."""
    letters = sum(len(name) for name, *_ in said)
    return sum(len(name) * sure for name, _, _, sure in said) / letters if letters else 0.0


def likely_right(posterior: float) -> float:
    """Return which share of a stretch's words is likely right, given their mean posterior in the lattice.

    A posterior alone is too kind to sound that no English is spoken in: whatever is heard there has rivals it beats.
    """
    return 1.0 / (1.0 + math.exp((HALF_RIGHT - posterior) / STEEPNESS))


def _overall(stretches: Sequence[_Stretch]) -> float:
    """Return which share of the words is likely right, each counting as long as it is."""
    letters = sum(stretch.letters for stretch in stretches)
    return sum(stretch.right * stretch.letters for stretch in stretches) / letters if letters else 0.0


def _written(words: Sequence[SpokenWord]) -> Iterator[SpokenWord]:
    """Yield the words as they are written: a sentence begins with a capital and ends with a stop at a long silence."""
    for index, word in enumerate(words):
        starts = index == 0 or word.time.begin - words[index - 1].time.end >= SENTENCE_PAUSE_SECONDS
        ends = index + 1 == len(words) or words[index + 1].time.begin - word.time.end >= SENTENCE_PAUSE_SECONDS
        text = _I.sub("I", word.text) if _I.match(word.text) else word.text
        text = text[0].upper() + text[1:] if starts else text
        yield SpokenWord(text + "." * ends, word.time, word.confidence)
