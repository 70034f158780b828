"""Measure how much of the speaking time is given to the wrong one: the diarisation error rate (DER)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FRAME_SECONDS = 0.01
Turns = Sequence[tuple[float, float, str]]


@dataclass(frozen=True)
class DiarisationError:
    """Hold seconds: what was spoken, and of it missed, heard where nobody spoke, and given to the wrong one."""

    spoken: float
    missed: float
    invented: float
    confused: float

    @property
    def rate(self) -> float:
        """Return the error rate; it may exceed 1."""
        return (self.missed + self.invented + self.confused) / max(self.spoken, 1e-9)


def diarisation_error(reference: Turns, found: Turns, collar: float = 0.0) -> DiarisationError:
    """Compare turns as NIST does, overlap counted; `collar` seconds around each change of the reference do not count.

    Names are matched one to one so that the error is least.
    """
    frames = round(max(end for turns in (reference, found) for _begin, end, _name in turns) / FRAME_SECONDS) + 1
    truth, heard = _frames(reference, frames), _frames(found, frames)
    counted = np.ones(frames, bool)
    for begin, end, _name in reference:
        for edge in (begin, end):
            low, high = (edge - collar) / FRAME_SECONDS, (edge + collar) / FRAME_SECONDS
            if collar:
                counted[max(0, round(low)) : max(0, round(high))] = False
    truth, heard = truth[:, counted], heard[:, counted]
    spoken, given = truth.sum(axis=0), heard.sum(axis=0)
    right = _most_agreement(truth @ heard.T)
    shared = np.minimum(spoken, given).sum()
    parts = (spoken.sum(), np.maximum(spoken - given, 0).sum(), np.maximum(given - spoken, 0).sum(), shared - right)
    return DiarisationError(*(float(part) * FRAME_SECONDS for part in parts))


def _frames(turns: Turns, frames: int) -> np.ndarray:
    names = sorted({name for _begin, _end, name in turns})
    rows = np.zeros((len(names), frames), np.int32)
    for begin, end, name in turns:
        rows[names.index(name), round(begin / FRAME_SECONDS) : round(end / FRAME_SECONDS)] = 1
    return rows


def _most_agreement(agreement: np.ndarray) -> float:
    """Return how many frames agree under the best matching of the names, one to one."""
    few = agreement if agreement.shape[0] <= agreement.shape[1] else agreement.T
    best = {0: 0}  # which columns are taken, as bits → the most that agrees so far
    for row in few.tolist():
        further = dict(best)
        for taken, agreed in best.items():
            for column, shared in enumerate(row):
                bits = taken | 1 << column
                if bits != taken and agreed + shared > further.get(bits, -1):
                    further[bits] = agreed + shared
        best = further
    return float(max(best.values()))
