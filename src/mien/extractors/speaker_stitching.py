"""Tell who is who over the stretches of one recording: the voices of all are gathered again, together.

A stretch knows its own speakers and keeps their voice prints. The prints of all stretches, thinned out, are gathered
into speakers as those of one recording are, six at most; each stretch's speaker is then whoever of these is nearest.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mien.domain.network import Floats, Runtime
from mien.domain.source_memory import Note
from mien.extractors.speaker_clustering import centroids, unit
from mien.extractors.speaker_space import SpeakerSpace
from mien.extractors.speakers import Telling, gathered
from mien.extractors.voice_prints import VoicePrints

MOST_PRINTS: Final = 6_000
"""Prints of a recording that are gathered again; 40 minutes of speech have so many."""

_PREFIX: Final = "spk_"


class SpeakerStitching:
    """Say which speakers of several stretches are the same."""

    def __init__(self, runtime: Runtime) -> None:
        self._space = SpeakerSpace(runtime)

    def names(self, notes: Sequence[Note | None]) -> list[dict[str, str]]:
        """Return for each stretch, in order, what its speakers are called in the whole: numbered as they first speak.

        A stretch without a note has no voices.
        """
        heard = [note for note in notes if note is not None]
        if not heard:
            return [{} for _ in notes]
        kept = [_thinned(note, max(1, MOST_PRINTS // len(heard))) for note in heard]
        vectors, stretches, owners = _together(kept)
        moments = np.zeros(len(vectors), np.float32)
        points, labels = gathered(VoicePrints(vectors, moments, moments, stretches), self._space, Telling())
        middles = centroids(points.smooth, labels)
        called: dict[int, str] = {}
        names: list[dict[str, str]] = []
        number = 0
        for note in notes:
            mine = owners == number
            names.append({} if note is None else _named(points.smooth[mine], kept[number][2], middles, called))
            number += note is not None
        return names


_Kept = tuple[Floats, Floats, Floats]


def _thinned(note: Note, most: int) -> _Kept:
    """Return prints, stretches of speech and speakers: every so many stretches of speech, and some of each speaker."""
    vectors, stretches, speakers = (note.arrays[name] for name in ("vectors", "stretches", "speakers"))
    step = -(-len(vectors) // most)
    chosen = stretches % step == 0
    for speaker in np.unique(speakers).tolist():
        if not (chosen & (speakers == speaker)).any():
            chosen |= stretches == stretches[speakers == speaker][0]
    return vectors[chosen], stretches[chosen], speakers[chosen]


def _together(kept: Sequence[_Kept]) -> _Kept:
    """Return all prints, their stretches of speech numbered apart, and whose stretch of the recording they are of."""
    begins = np.cumsum([0, *(int(stretches.max()) + 1 for _vectors, stretches, _speakers in kept)])
    return (
        np.concatenate([vectors for vectors, _stretches, _speakers in kept]).astype(np.float32),
        np.concatenate([one[1] + begin for one, begin in zip(kept, begins, strict=False)]),
        np.concatenate([np.full(len(one[0]), number) for number, one in enumerate(kept)]),
    )


def _named(points: Floats, speakers: Floats, middles: Floats, called: dict[int, str]) -> dict[str, str]:
    """Return what the speakers of one stretch are called; `called` are those of the stretches before, and grows."""
    names: dict[str, str] = {}
    for speaker in sorted(set(speakers.astype(int).tolist())):
        direction = unit(points[speakers == speaker].mean(axis=0, keepdims=True))[0]
        whole = int((middles @ direction).argmax())
        names[f"{_PREFIX}{speaker}"] = called.setdefault(whole, f"{_PREFIX}{len(called)}")
    return names
