"""Hear English with Moonshine, whose weights lie in the wheel of its makers, and time its words with PocketSphinx."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, spread, transcript_of
from mien.transcription.alignment import Aligned
from mien.transcription.languages import english_if_sure, refuse_all_but_english
from mien.transcription.moonshine_network import MoonshineNetwork
from mien.transcription.moonshine_tokens import WrittenWord, written_words
from mien.transcription.stretches import joined_nearby, mean_confidence, samples_of, sixteen_bits

LONGEST_SECONDS: Final = 10.0
"""Stretches are joined up to this length: words before and behind help; beyond, nothing was gained."""

LONGEST_PAUSE_SECONDS: Final = 1.5
"""Stretches further apart are not joined, so that what is heard does not depend on where a piece begins."""

WORD_SLOPE: Final = 2.65
STRETCH_SLOPE: Final = 5.82
OFFSET: Final = 3.82
"""Fitted by the words that were right in English read aloud by three synthetic voices, acted by sixteen people, and
acted under noise, and in Polish of seven people: training/transcription/fit.py prints them."""

_SENTENCE_END: Final = re.compile(r"[^.]+[.?!][\"')]?")
"""A word that ends a sentence; "e.g." and "..." need not."""


class Aligners(Protocol):
    """Tell when the words of several stretches are spoken."""

    def align(self, stretches: Iterable[tuple[bytes, Sequence[str]]], cancellation: Cancellation) -> Iterator[Aligned]:
        """Yield when the words of each stretch are spoken, in order."""


@dataclass(frozen=True)
class HeardStretch:
    """Hold where a stretch of speech is, the words heard in it, and how sure each is, 0…1."""

    span: TimeSpan
    words: tuple[str, ...]
    sure: tuple[float, ...]


class MoonshineTranscriber:
    """Transcribe English; any other language is refused, and what is not English comes out with little confidence."""

    def __init__(self, network: MoonshineNetwork, vocabulary: Sequence[bytes], aligners: Aligners) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._aligners = aligners

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        """Return the words of the stretches of speech. Raises CannotTranscribe for a language but English."""
        refuse_all_but_english(wanted.language, "moonshine")
        heard: list[HeardStretch] = []

        def asked() -> Iterator[tuple[bytes, Sequence[str]]]:
            for span in joined_nearby(speech, LONGEST_SECONDS, LONGEST_PAUSE_SECONDS):
                cancellation.check()
                heard.append(self._hear(waveform, span))
                yield sixteen_bits(waveform, span), heard[-1].words

        spoken: list[SpokenWord] = []
        for number, aligned in enumerate(self._aligners.align(asked(), cancellation)):
            spoken += timed(heard[number], aligned)
        spoken = sentences_begun(spoken)
        confidence = mean_confidence(spoken) or 0.0
        return transcript_of(spoken, english_if_sure(wanted.language, confidence), confidence)

    def _hear(self, waveform: Waveform, span: TimeSpan) -> HeardStretch:
        tokens = self._network.hear(samples_of(waveform, span))
        words = tuple(written_words(tokens, self._vocabulary))
        likely = sum(math.log(token.likelihood) for token in tokens) / len(tokens)
        return HeardStretch(
            span, tuple(word.text for word in words), tuple(likely_right(word, likely) for word in words)
        )


def likely_right(word: WrittenWord, stretch: float) -> float:
    """Return how likely a word is right, 0…1, by its least likely token and the mean log-likelihood of its stretch."""
    least = math.log(max(min(word.likelihoods), 1e-9))
    return 1.0 / (1.0 + math.exp(-(WORD_SLOPE * least + STRETCH_SLOPE * stretch + OFFSET)))


def sentences_begun(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Return the words with a capital after each stop: the network forgets it where a pause was long."""
    begun = []
    ended = True
    for word in words:
        text = word.text[0].upper() + word.text[1:] if ended else word.text
        begun.append(replace(word, text=text))
        ended = _SENTENCE_END.fullmatch(text) is not None
    return begun


def timed(heard: HeardStretch, aligned: Aligned) -> list[SpokenWord]:
    """Return the words of a stretch with their times in the recording; where alignment failed, spread by letters."""
    span = heard.span
    if not aligned.times:
        words = spread([(text, True) for text in heard.words], span)
        return [SpokenWord(one.text, one.time, sure) for one, sure in zip(words, heard.sure, strict=True)]
    spoken = []
    for text, sure, time in zip(heard.words, heard.sure, aligned.times, strict=True):
        begin = min(span.end, span.begin + time.begin)
        spoken.append(SpokenWord(text, TimeSpan(begin, max(begin, min(span.end, span.begin + time.end))), sure))
    return spoken
