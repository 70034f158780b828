"""Tell who talks when over the stretches of one recording: the voices of all are told apart together.

A stretch keeps its speech and the voice prints of all windows over it. Put one after the other they are those of the
whole recording, and who talks when is found out from them as for one that is measured at once. What was measured in the
stretches is then given to its speaker by its time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from mien.domain.network import Runtime
from mien.domain.segment import UNKNOWN, EntityMention, Position, Segment, SpeechSegment, TextSegment, TimeSpan
from mien.domain.source_memory import Note
from mien.domain.transcript import Transcript, Turn, Word, speaking, with_turns
from mien.extractors.speaker_space import SpeakerSpace
from mien.extractors.speakers import Telling, told
from mien.extractors.speech import PADDING_SECONDS
from mien.extractors.voice_prints import VoicePrints

_NOWHERE: Final = Position(0, 0)


class SpeakerStitching:
    """Say who talks when in a recording of which the voices were noted stretch by stretch."""

    def __init__(self, runtime: Runtime) -> None:
        self._space = SpeakerSpace(runtime)

    def turns(self, notes: Sequence[Note]) -> tuple[Turn, ...]:
        """Return the turns of the whole from what is noted of its stretches, in order; there is at least one."""
        prints, speech = _together(notes)
        return told(prints, speech, self._space, Telling())


def _together(notes: Sequence[Note]) -> tuple[VoicePrints, tuple[TimeSpan, ...]]:
    """Return the prints of all, in order, and the stretches of speech they lie in, numbered through."""
    before = np.cumsum([0, *(len(note.arrays["speech"]) for note in notes[:-1])])
    numbers = [note.arrays["stretches"] + begin for note, begin in zip(notes, before, strict=True)]
    vectors, begins, ends = (
        np.concatenate([note.arrays[name] for note in notes]) for name in ("vectors", "begins", "ends")
    )
    speech = tuple(TimeSpan(begin, end) for note in notes for begin, end in note.arrays["speech"].tolist())
    return VoicePrints(vectors, begins, ends, np.concatenate(numbers)), speech


class Speakers:
    """Give what was measured in stretches of a recording to who talks in the whole; `times` are those of its words."""

    def __init__(self, turns: Sequence[Turn], times: Iterable[TimeSpan]) -> None:
        self._turns = turns
        self._ends = np.array([turn.time.end for turn in turns])
        spans = tuple(times)
        words = tuple(Word("", _NOWHERE, span) for span in spans)
        self._words = with_turns(Transcript("", words), turns).words
        self._middles = np.array([(span.begin + span.end) / 2 for span in spans])

    def named(self, segment: Segment, by_speaker: bool) -> Segment:
        """Return a segment as it is in the whole; it is on its speaker's track with `by_speaker` only.

        A window is of who talks for most of it; else the track is that of the first word said, and the confidence the
        mean over all of them.
        """
        if isinstance(segment, SpeechSegment) and segment.text is None:
            return self._window(segment) if by_speaker else segment
        if not isinstance(segment, SpeechSegment | TextSegment | EntityMention) or segment.time is None:
            return segment
        run = self._said(segment.time, PADDING_SECONDS if isinstance(segment, SpeechSegment) else 0.0)
        sure = [word.speaker_confidence for word in run if word.speaker_confidence is not None]
        mean = sum(sure) / len(sure) if sure else None
        return replace(segment, track=run[0].speaker if by_speaker and run else UNKNOWN, speaker_confidence=mean)

    def _window(self, segment: SpeechSegment) -> SpeechSegment:
        first = int(np.searchsorted(self._ends, segment.time.begin, side="right"))
        turn = speaking(islice(self._turns, first, None), segment.time)
        told = (turn.speaker, turn.confidence) if turn else (UNKNOWN, None)
        return replace(segment, track=told[0], speaker_confidence=told[1])

    def _said(self, span: TimeSpan, padding: float) -> Sequence[Word]:
        """Return the words said in a segment that is so much wider than they are; one as short has one word."""
        if not self._words:
            return ()
        begin = span.begin + padding if span.begin > 0 else 0.0
        inside = np.flatnonzero((self._middles >= begin) & (self._middles <= span.end - padding))
        if not inside.size:
            inside = np.abs(self._middles - (span.begin + span.end) / 2).argmin(0, keepdims=True)
        return [self._words[index] for index in inside.tolist()]
