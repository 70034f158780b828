"""Tell the speakers of a recording apart: who talks when, and how many they are."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Final, Self

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.expression import Diariser
from mien.domain.media import Waveform
from mien.domain.network import Floats, Runtime
from mien.domain.segment import TimeSpan
from mien.domain.source_memory import Note, SourceMemory
from mien.domain.transcript import Turn
from mien.extractors.speaker_clustering import Labels, centroids, unit
from mien.extractors.speaker_count import Counting, Points, tell_apart, tell_apart_by_rule
from mien.extractors.speaker_space import Judgement, SpeakerSpace
from mien.extractors.voice_activity import Cutting
from mien.extractors.voice_prints import FRAME_SECONDS, WEIGHTS, VoicePrints, Windows, voice_prints

VOICES: Final = "voices"
"""What a note is about that holds the voices of a stretch: its speech, and the prints of all windows over it."""

TURN_TAKING: Final = Cutting(on=0.2, off=0.1, silence=0.3, padding=0.1)
"""Speech as speakers are told apart in it: soft voices too, and cut where they pause."""


@dataclass(frozen=True)
class Telling:
    """Set how prints become turns; chosen on the dialogues of the development speakers, see training/speakers.

    `own_mean` is how far the mean over the recording, which is also the room's and the telephone's, is taken off.
    Every print is averaged with so many `neighbours` on each side. A silence shorter than `breath` seconds does not end
    a turn.
    """

    own_mean: float = 0.85
    neighbours: int = 2
    breath: float = 0.6
    windows: Windows = field(default_factory=Windows)
    counting: Counting = field(default_factory=Counting)


class SpeakerDiariser:
    """Say who talks when."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(WEIGHTS)
        self._space = SpeakerSpace(runtime)
        self._memory = SourceMemory()

    def remembering(self, memory: SourceMemory) -> Self:
        """Return this diariser for one source: of a stretch it notes what the voices sound like, and when."""
        one = copy(self)
        one._memory = memory
        return one

    def turns(self, waveform: Waveform, speech: Sequence[TimeSpan], cancellation: Cancellation) -> tuple[Turn, ...]:
        """Return who talks when: `spk_0`, `spk_1`, … as they first speak, six at most. Asks `cancellation` often."""
        telling = Telling()
        prints = voice_prints(self._network, waveform, speech, cancellation, telling.windows)
        cancellation.check()
        self._memory.note(_voices(prints, speech))
        return told(prints, speech, self._space, telling)


def _voices(prints: VoicePrints, speech: Sequence[TimeSpan]) -> Note:
    spans = np.array([(span.begin, span.end) for span in speech], np.float64).reshape(-1, 2)
    return Note(VOICES, {}, {"speech": spans, **{one.name: getattr(prints, one.name) for one in fields(prints)}})


def told(prints: VoicePrints, speech: Sequence[TimeSpan], space: SpeakerSpace, telling: Telling) -> tuple[Turn, ...]:
    """Return who talks when, from the prints of a recording; without any, all of it is one speaker's."""
    if not len(prints.vectors):
        return tuple(Turn(span, "spk_0") for span in speech)
    points, labels = gathered(prints, space, telling)
    sure = confidence(points, labels, space.judgements.right)
    return joined(as_turns(prints, labels, sure, speech), telling.breath)


def gathered(prints: VoicePrints, space: SpeakerSpace, telling: Telling) -> tuple[Points, Labels]:
    """Return the prints as speakers are counted in them, and which speaker each is of, numbered as they come."""
    points = placed(space.project(prints.vectors), prints, telling)
    more = space.judgements.more
    found = tell_apart(points, more, telling.counting) if more else tell_apart_by_rule(points, telling.counting)
    return points, numbered(found)


def placed(plain: Floats, prints: VoicePrints, telling: Telling) -> Points:
    """Return the prints as speakers are counted in them."""
    centred = plain - np.float32(telling.own_mean) * plain.mean(axis=0)
    smooth = _smoothed(centred, prints.stretches, telling.neighbours)
    return Points(plain, centred, unit(smooth), prints.stretches, telling.windows.step * FRAME_SECONDS)


def _smoothed(points: Floats, stretches: Floats, neighbours: int) -> Floats:
    """Return each point averaged with those around it in the same stretch of speech, the nearest counting most."""
    total, weight = points * 1.0, np.ones((len(points), 1), np.float32)
    for away in range(1, min(neighbours, len(points) - 1) + 1):
        share = np.float32(1 - away / (neighbours + 1))
        same = (stretches[away:] == stretches[:-away])[:, np.newaxis] * share
        total[:-away] += same * points[away:]
        total[away:] += same * points[:-away]
        weight[:-away] += same
        weight[away:] += same
    return np.asarray(total / weight, np.float32)


def confidence(points: Points, labels: Labels, right: Judgement) -> Floats:
    """Return how likely each print is its speaker's, from how much nearer that one is than the next."""
    return np.array([right.probability((near,)) for near in margins(points, labels)], np.float32)


def margins(points: Points, labels: Labels) -> Floats:
    """Return by how much the cosine with the own speaker exceeds that with the next one; of one alone, the cosine."""
    single = labels.max() < 1
    directions = unit(points.plain) if single else points.smooth
    alike = directions @ centroids(directions, labels).T
    rows = np.arange(len(labels))
    own = alike[rows, labels].copy()
    if single:
        return own
    alike[rows, labels] = -np.inf
    return np.asarray(own - alike.max(axis=1))


def numbered(labels: Labels) -> Labels:
    """Return labels as numbers from 0 in the order they first come."""
    _names, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def as_turns(prints: VoicePrints, labels: Labels, sure: Floats, speech: Sequence[TimeSpan]) -> tuple[Turn, ...]:
    """Return the turns: prints of one speaker in one stretch are one, and the stretch is filled to its ends.

    A stretch too short for a print belongs to whoever speaks nearest to it.
    """
    middles = (prints.begins + prints.ends) / 2
    turns: list[Turn] = []
    for number, stretch in enumerate(speech):
        rows = np.flatnonzero(prints.stretches == number)
        if not rows.size:
            nearest = int(np.abs(middles - (stretch.begin + stretch.end) / 2).argmin())
            turns.append(Turn(stretch, f"spk_{labels[nearest]}"))
            continue
        edges = [0, *(np.flatnonzero(np.diff(labels[rows])) + 1).tolist(), rows.size]
        times = [
            stretch.begin,
            *(float(middles[rows[edge - 1 : edge + 1]].mean()) for edge in edges[1:-1]),
            stretch.end,
        ]
        for place, (first, last) in enumerate(pairwise(edges)):
            part = rows[first:last]
            span = TimeSpan(times[place], times[place + 1])
            turns.append(Turn(span, f"spk_{labels[part[0]]}", float(sure[part].mean())))
    return tuple(turns)


def joined(turns: Sequence[Turn], breath: float) -> tuple[Turn, ...]:
    """Return the turns with those made one that the same speaker goes on with after a silence shorter than `breath`."""
    kept: list[Turn] = []
    for turn in turns:
        if kept and kept[-1].speaker == turn.speaker and turn.time.begin - kept[-1].time.end < breath:
            turn = _together(kept.pop(), turn)
        kept.append(turn)
    return tuple(kept)


def _together(first: Turn, second: Turn) -> Turn:
    known = [turn for turn in (first, second) if turn.confidence is not None]
    lengths = [turn.time.end - turn.time.begin for turn in known]
    values = [turn.confidence or 0.0 for turn in known]
    sure = float(np.average(values, weights=lengths)) if known else None
    return Turn(TimeSpan(first.time.begin, second.time.end), first.speaker, sure)


_contract: type[Diariser] = SpeakerDiariser
