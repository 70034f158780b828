"""Hold words with their places in text and, for speech, in time."""

from dataclasses import dataclass

from mien.domain.segment import Position, TimeSpan


@dataclass(frozen=True)
class Word:
    """Hold one word: its text, place in the transcript's text, place in time and confidence 0…1 where known."""

    text: str
    position: Position
    time: TimeSpan | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Transcript:
    """Hold what was said: the whole text, its words, the language (a BCP-47 tag) and confidence 0…1 where known."""

    text: str
    words: tuple[Word, ...]
    language: str | None = None
    confidence: float | None = None
