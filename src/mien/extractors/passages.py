"""Turn texts and transcripts into text segments."""

import re
from collections import deque
from collections.abc import Iterator
from typing import ClassVar, Final

from mien.domain.expression import Extractor
from mien.domain.media import Media, MediaKind
from mien.domain.network import Runtime
from mien.domain.request import TextExtraction
from mien.domain.segment import Position, TextSegment
from mien.domain.transcript import Transcript
from mien.extractors.sentences import sentences
from mien.extractors.spoken import CONTEXT_WORDS, spoken_segments, spoken_words
from mien.extractors.text_language import language_of
from mien.extractors.words import words

CONTEXT_CHARACTERS: Final = 1_000
"""The most a word carries of the text before it, however long the words are."""

_PARAGRAPH: Final = re.compile(r"\n\s*\n|\r\s*\r|[\f\v\u2029]")


class PassageExtractor:
    """Cut texts by word, sentence or as a whole; positions are characters of the text as it was submitted."""

    takes: ClassVar[type[object]] = TextExtraction
    kinds: ClassVar[frozenset[MediaKind]] = frozenset({MediaKind.TEXT, MediaKind.AUDIO, MediaKind.VIDEO})
    reads_transcript: ClassVar[bool] = True
    in_stretches: ClassVar[bool] = True

    def __init__(self, runtime: Runtime) -> None:
        pass

    def extract(self, media: Media, transcript: Transcript | None, wanted: TextExtraction) -> Iterator[TextSegment]:
        """Yield the segments in order; in a text an utterance is a sentence, and a turn is the whole text."""
        text = transcript.text if transcript else media.text
        language = (transcript.language if transcript else None) or language_of(text)
        if transcript is not None and transcript.words:
            return _spoken(transcript, wanted, language)
        return _written(text, wanted.granularity, language)


def _spoken(transcript: Transcript, wanted: TextExtraction, language: str) -> Iterator[TextSegment]:
    if wanted.granularity == "word":
        return spoken_words(transcript, language, wanted.identify_speakers)
    return spoken_segments(transcript, wanted.granularity, language, wanted.identify_speakers)


def _written(text: str, granularity: str, language: str) -> Iterator[TextSegment]:
    if granularity == "word":
        return _words(text, language)
    places = sentences(text, language) if granularity in ("sentence", "utterance") else _whole(text)
    return (TextSegment(text=text[place.begin : place.end], position=place, language=language) for place in places)


def _whole(text: str) -> Iterator[Position]:
    begin = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if begin < end:
        yield Position(begin, end)


def _words(text: str, language: str) -> Iterator[TextSegment]:
    """Yield the words, each with the last words up to it; a paragraph starts anew."""
    begins: deque[int] = deque(maxlen=CONTEXT_WORDS)
    done = 0
    for place in words(text, 0, len(text), language):
        if _PARAGRAPH.search(text, done, place.begin):
            begins.clear()
        begins.append(place.begin)
        done = place.end
        begin = max(begins[0], place.end - CONTEXT_CHARACTERS)
        yield TextSegment(
            text=text[place.begin : place.end],
            position=place,
            context=text[begin : place.end],
            language=language,
        )


_contract: type[Extractor[TextExtraction]] = PassageExtractor
