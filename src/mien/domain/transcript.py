"""Hold words with their places in text and, for speech, in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

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
class Turn:
    """Hold a stretch of time in which one speaker (`spk_0`) talks, and how sure that is (0…1) where known."""

    time: TimeSpan
    speaker: str
    confidence: float | None = None


@dataclass(frozen=True)
class Transcript:
    """Hold what was said: the whole text, its words, the language (a BCP-47 tag) and confidence 0…1 where known.

    The transcript of a text item has no words: it says no more than the language the client named. `turns` says who
    spoke when, as far as that was asked for and found out; where nobody transcribed, `transcribed` is false and the
    turns are all there is.
    """

    text: str
    words: tuple[Word, ...]
    language: str | None = None
    confidence: float | None = None
    turns: tuple[Turn, ...] = ()
    transcribed: bool = True


@dataclass(frozen=True)
class SpokenWord:
    """Hold one word as it was heard: its text, when, and how sure that is (0…1) where known.

    `spaced` says whether a space goes before it; languages written without spaces have none between words.
    """

    text: str
    time: TimeSpan
    confidence: float | None = None
    spaced: bool = True


@dataclass(frozen=True)
class Captions:
    """Hold subtitles that came with a recording: lines with their times, in order, and their language if it is told."""

    lines: tuple[SpokenWord, ...]
    language: str | None = None


def spread(parts: Sequence[tuple[str, bool]], time: TimeSpan, confidence: float | None = None) -> list[SpokenWord]:
    """Return words, each (text, whether a space goes before it), with as much of the time as they have of the letters.

    An estimate, for what is known to be said in a stretch of time and no more.
    """
    letters = sum(len(text) for text, _ in parts)
    seconds = time.end - time.begin
    words, done = [], 0
    for text, spaced in parts:
        begin = time.begin + seconds * done / letters
        done += len(text)
        words.append(SpokenWord(text, TimeSpan(begin, time.begin + seconds * done / letters), confidence, spaced))
    return words


def transcript_of(
    spoken: Iterable[SpokenWord], language: str | None = None, confidence: float | None = None
) -> Transcript:
    """Return the transcript that says these words one after the other, each in its place of one text."""
    parts: list[str] = []
    words: list[Word] = []
    end = 0
    for heard in spoken:
        gap = " " if heard.spaced and end else ""
        begin = end + len(gap)
        end = begin + len(heard.text)
        parts += gap, heard.text
        words.append(Word(heard.text, Position(begin, end), heard.time, heard.confidence))
    return Transcript("".join(parts), tuple(words), language, confidence)


def with_turns(transcript: Transcript, turns: Sequence[Turn]) -> Transcript:
    """Return the transcript with each word given to who speaks most of it; words in nobody's turn stay unknown.

    The turns are in order of time and do not overlap.
    """
    words = []
    first = 0
    for word in transcript.words:
        while word.time and first < len(turns) and turns[first].time.end <= word.time.begin:
            first += 1
        turn = speaking(islice(turns, first, None), word.time) if word.time else None
        told = (turn.speaker, turn.confidence) if turn else (UNKNOWN, None)
        words.append(replace(word, speaker=told[0], speaker_confidence=told[1]))
    return replace(transcript, words=tuple(words), turns=tuple(turns))


def speaking(turns: Iterable[Turn], time: TimeSpan) -> Turn | None:
    """Return the turn that fills most of a stretch of time, or None when nobody speaks in it."""
    best, most = None, 0.0
    for turn in turns:
        if turn.time.begin >= time.end:
            break
        shared = min(turn.time.end, time.end) - max(turn.time.begin, time.begin)
        if shared > most:
            best, most = turn, shared
    return best
