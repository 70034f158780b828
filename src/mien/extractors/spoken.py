"""Cut a transcript into stretches of words: by word, sentence, utterance or turn."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from mien.domain.segment import UNKNOWN, EntityMention, Position, TextSegment, TimeSpan
from mien.domain.transcript import Transcript, Word
from mien.extractors.sentences import sentences

PAUSE_SECONDS: Final = 0.5
"""A silence that ends an utterance."""

LONGEST_SECONDS: Final = 20.0
"""An utterance or sentence that lasts longer is cut at its longest silence: not every transcript has punctuation."""

CONTEXT_WORDS: Final = 32
Run = Sequence[Word]


def spoken_segments(transcript: Transcript, granularity: str, language: str, by_speaker: bool) -> Iterator[TextSegment]:
    """Yield the segments of speech in order of time; with `by_speaker` each is on its speaker's track."""
    for run in _CUTS[granularity](transcript, language):
        first, last = run[0], run[-1]
        place = Position(first.position.begin, last.position.end)
        yield TextSegment(
            track=first.speaker if by_speaker else UNKNOWN,
            text=transcript.text[place.begin : place.end],
            position=place,
            time=_time(first, last),
            confidence=_mean([word.confidence for word in run]),
            speaker_confidence=_mean([word.speaker_confidence for word in run]),
            language=language,
        )


def spoken_words(transcript: Transcript, language: str, by_speaker: bool) -> Iterator[TextSegment]:
    """Yield the words, each with the words of its turn up to it as context."""
    for turn in _turns(transcript, language):
        for index, word in enumerate(turn):
            begin = turn[max(0, index - CONTEXT_WORDS + 1)].position.begin
            yield TextSegment(
                track=word.speaker if by_speaker else UNKNOWN,
                text=word.text,
                position=word.position,
                time=word.time,
                confidence=word.confidence,
                speaker_confidence=word.speaker_confidence,
                context=transcript.text[begin : word.position.end],
                language=language,
            )


def as_spoken(mention: EntityMention, transcript: Transcript, by_speaker: bool) -> EntityMention:
    """Return the mention with the time, confidence and speaker of the words it consists of."""
    words = transcript.words
    first = bisect_right(words, mention.position.begin, key=lambda word: word.position.end)
    last = bisect_left(words, mention.position.end, lo=first, key=lambda word: word.position.begin)
    run = words[first:last]
    if not run:
        return mention
    return replace(
        mention,
        track=run[0].speaker if by_speaker else UNKNOWN,
        time=_time(run[0], run[-1]),
        confidence=_mean([word.confidence for word in run]),
        speaker_confidence=_mean([word.speaker_confidence for word in run]),
    )


def _whole(transcript: Transcript, _language: str) -> Iterator[Run]:
    yield transcript.words


def _turns(transcript: Transcript, _language: str) -> Iterator[Run]:
    return _runs(transcript.words, lambda before, after: before.speaker != after.speaker)


def _utterances(transcript: Transcript, language: str) -> Iterator[Run]:
    """Yield what is said in one go: at most a sentence, and no silence within."""
    for sentence in _sentences(transcript, language):
        yield from _runs(sentence, lambda before, after: _pause(before, after) >= PAUSE_SECONDS)


def _sentences(transcript: Transcript, language: str) -> Iterator[Run]:
    ends = {place.end for place in sentences(transcript.text, language)}

    def cut(before: Word, after: Word) -> bool:
        return before.speaker != after.speaker or before.position.end in ends

    for run in _runs(transcript.words, cut):
        yield from _short_enough(run)


def _short_enough(run: Run) -> Iterator[Run]:
    """Yield a run in pieces that are short enough, in order, each cut at the longest silence within."""
    waiting = [run]
    while waiting:
        piece = waiting.pop()
        time = _time(piece[0], piece[-1])
        if len(piece) < 2 or time is None or time.end - time.begin <= LONGEST_SECONDS:
            yield piece
            continue
        pauses = [_pause(before, after) for before, after in pairwise(piece)]
        middle = len(pauses) / 2
        place = max(range(len(pauses)), key=lambda index: (pauses[index], -abs(index - middle)))
        waiting += piece[place + 1 :], piece[: place + 1]


_CUTS: Final[Mapping[str, Callable[[Transcript, str], Iterator[Run]]]] = {
    "sentence": _sentences,
    "utterance": _utterances,
    "conversational_turn": _turns,
    "passage": _whole,
}


def _runs(words: Run, cut: Callable[[Word, Word], bool]) -> Iterator[Run]:
    begin = 0
    for index, (before, after) in enumerate(pairwise(words), start=1):
        if cut(before, after):
            yield words[begin:index]
            begin = index
    if words:
        yield words[begin:]


def _pause(before: Word, after: Word) -> float:
    """Return the seconds of silence between two words, 0 where times are unknown."""
    return after.time.begin - before.time.end if before.time and after.time else 0.0


def _time(first: Word, last: Word) -> TimeSpan | None:
    return TimeSpan(first.time.begin, last.time.end) if first.time and last.time else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
