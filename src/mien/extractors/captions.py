"""Take subtitles for what is said: lines become words, each with its share of the line's time."""

import re
from collections.abc import Sequence
from typing import Final

from mien.domain.labels import LANGUAGES
from mien.domain.transcript import Captions, SpokenWord, Transcript, spread, transcript_of
from mien.extractors.text_language import language_of
from mien.extractors.words import words

WRITTEN_CONFIDENCE: Final = 1.0
"""What a transcript made of subtitles reports: they were given, not guessed."""

_MARKUP: Final = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_SOUNDS: Final = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|♪[^♪]*♪?|♫[^♫]*♫?")
_DASH: Final = re.compile(r"(?m)^\s*(?:[-–—]\s*)+")
_SPEAKER: Final = re.compile(r"(?m)^\s*(?:>>+\s*)?(?:[A-Z][A-Z .'-]{1,30}:\s+)?")
_MOST_SAMPLED: Final = 200


def captioned(given: Sequence[Captions], language: str | None) -> Transcript | None:
    """Return the transcript that the subtitles make, or None where there are none in the language asked for.

    Without `language` the first subtitles with words are taken.
    """
    found = chosen(given, language)
    if found is None:
        return None
    tag = found.language or "en"
    spoken = (word for line in found.lines for word in _words(line, tag))
    known = tag if tag in LANGUAGES else None
    return transcript_of(spoken, language or known, WRITTEN_CONFIDENCE)


def chosen(given: Sequence[Captions], language: str | None) -> Captions | None:
    """Return the subtitles that are taken for what is said: only lines that say something, with their language."""
    for captions in given:
        lines = [SpokenWord(_said(line.text), line.time) for line in captions.lines]
        said = [line for line in lines if line.text]
        tag = captions.language or language_of("\n".join(line.text for line in said[:_MOST_SAMPLED]))
        if said and (language is None or _same(tag, language)):
            return Captions(tuple(said), tag)
    return None


def _said(line: str) -> str:
    """Return what a line says, without markup, described sounds, dashes and the names of speakers."""
    plain = _SOUNDS.sub(" ", _MARKUP.sub("", line))
    return " ".join(_SPEAKER.sub("", _DASH.sub("", plain)).split())


def _words(line: SpokenWord, language: str) -> list[SpokenWord]:
    places = list(words(line.text, 0, len(line.text), language))
    ends = [0, *(place.end for place in places)]
    parts = [
        (line.text[place.begin : place.end], index == 0 or place.begin > ends[index])
        for index, place in enumerate(places)
    ]
    return spread(parts, line.time)


def _same(tag: str, wanted: str) -> bool:
    return tag.split("-")[0].lower() == wanted.split("-")[0].lower()
