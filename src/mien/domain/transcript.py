"""Hold words with their places in text and, for speech, in time."""

from dataclasses import dataclass

from mien.domain.segment import UNKNOWN, Position, TimeSpan


@dataclass(frozen=True)
class Word:
    """Hold one word: its text, place in the transcript's text, place in time and confidence 0…1 where known.

    `speaker` says who spoke it (`spk_0`), as far as that was asked for and found out.
    """

    text: str
    position: Position
    time: TimeSpan | None = None
    confidence: float | None = None
    speaker: str = UNKNOWN
    speaker_confidence: float | None = None


@dataclass(frozen=True)
class Transcript:
    """Hold what was said: the whole text, its words, the language (a BCP-47 tag) and confidence 0…1 where known.

    The transcript of a text item has no words: it says no more than the language the client named.
    """

    text: str
    words: tuple[Word, ...]
    language: str | None = None
    confidence: float | None = None
