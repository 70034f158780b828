"""Decide from the course of a recording where vocal bursts begin and end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.domain.segment import TimeSpan

STEP_SECONDS: Final = 0.032

FLOOR_SECONDS: Final = 12.0
"""How much of a recording around a moment decides what its background is."""

FLOOR_SHARE: Final = 0.1
ABOVE_FLOOR: Final = 3.0
BELOW_LOUD: Final = 30.0
"""Decibels by which sound must stand out from its background, or may lie below the loud parts, to be heard."""

QUIETEST: Final = -70.0
"""Decibels of full scale under which nothing is heard at all."""

MARGIN: Final = 0.03


@dataclass(frozen=True)
class Thresholds:
    """Say when steps make a burst; the defaults are of the best that `training.burst.thresholds` prints.

    It begins and ends where a burst is `possible`; a `gap` under so many seconds in which nobody speaks does not end
    it. As a whole it is `sure` somewhere, its mean likelihood is at least `mean` and that of speech under `spoken`, and
    it lasts at least `shortest` seconds.
    """

    sure: float = 0.65
    possible: float = 0.55
    mean: float = 0.35
    spoken: float = 0.15
    shortest: float = 0.16
    gap: float = 0.45


THRESHOLDS: Final = Thresholds()


@dataclass(frozen=True, eq=False)
class Course:
    """Hold a recording in steps of 32 ms: loudness in decibels, and how likely speech and a burst are, 0…1."""

    loudness: Floats
    speech: Floats
    burst: Floats


def bursts_in(course: Course, thresholds: Thresholds = THRESHOLDS) -> Iterator[TimeSpan]:
    """Yield where bursts are: loud enough, likely enough and long enough, those close together as one."""
    if not course.loudness.size:
        return
    likely = smoothed(course.burst)
    possible = (likely > thresholds.possible) & audible(course.loudness)
    for begin, end in _joined(runs(possible), course, thresholds):
        heard, whole = possible[begin:end], likely[begin:end]
        sure = whole.max() > thresholds.sure and whole[heard].mean() > thresholds.mean
        spoken = course.speech[begin:end][heard].mean()
        if sure and spoken < thresholds.spoken and (end - begin) * STEP_SECONDS >= thresholds.shortest:
            yield TimeSpan(max(0.0, begin * STEP_SECONDS - MARGIN), end * STEP_SECONDS + MARGIN)


def audible(loudness: Floats) -> NDArray[np.bool_]:
    """Say in which steps sound stands out from the background around it, or is not far below what is loud there."""
    background, loud = around(loudness, FLOOR_SHARE), around(loudness, 1.0)
    heard: NDArray[np.bool_] = loudness > np.maximum(np.minimum(background + ABOVE_FLOOR, loud - BELOW_LOUD), QUIETEST)
    return heard


def around(loudness: Floats, share: float) -> Floats:
    """Return at each step the level that a share of the steps around it does not exceed."""
    size = max(1, int(FLOOR_SECONDS / STEP_SECONDS / 2))
    count = -(-len(loudness) // size)
    levels = [np.quantile(loudness[max(0, (block - 1) * size) : (block + 2) * size], share) for block in range(count)]
    return np.repeat(np.array(levels, np.float32), size)[: len(loudness)]


def smoothed(likely: Floats) -> Floats:
    """Return the mean of each step with its neighbours."""
    padded = np.pad(likely, 1, mode="edge")
    means: Floats = ((padded[:-2] + padded[1:-1] + padded[2:]) / 3).astype(np.float32)
    return means


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where flags are raised: begin and end, exclusive, of each run."""
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _joined(found: list[tuple[int, int]], course: Course, thresholds: Thresholds) -> list[tuple[int, int]]:
    """Join bursts with a short gap in which nobody speaks."""
    joined: list[tuple[int, int]] = []
    for begin, end in found:
        last = joined[-1][1] if joined else 0
        quiet = begin == last or course.speech[last:begin].mean() < thresholds.spoken
        if joined and (begin - last) * STEP_SECONDS < thresholds.gap and quiet:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
