"""Say where the speech of one stretch of a recording ends and that of the next begins: in a pause, for both alike.

Stretches are cut by the clock, and people speak on. So speech is cut in the middle of the longest pause near the place
where the clock cuts. Whoever measures either side finds the same one, since both listen to the same few seconds alone.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from mien.domain.network import Floats
from mien.domain.segment import TimeSpan

AROUND_SECONDS: Final = 15.0
"""How far from the place where the clock cuts a pause is looked for; at most a quarter of a stretch."""

RUN_UP_SECONDS: Final = 135.0
"""How long is listened before a stretch, until what was heard before that hardly matters any more."""

AFTERWARDS_SECONDS: Final = 3.0
NOT_LISTENED: Final = -1.0
"""The probability of speech where others listen."""

PAUSES: Final = (0.1, 0.35)
"""Probability of speech under which it is a pause: for telling speakers apart, else for hearing words."""

Listen = Callable[[int, int], Floats]
"""Return the probabilities of speech from one frame to before another, as if the recording began there."""


def heard_part(listen: Listen, part: TimeSpan, frames: int, frame_seconds: float) -> Floats:
    """Return the probability of speech for every frame of a recording, listening to one stretch of it only."""
    around = int(min(AROUND_SECONDS, round((part.end - part.begin) / 4, 3)) / frame_seconds)
    begin = border(listen, round(part.begin / frame_seconds), around, frames)
    last_place = frames if part.end + frame_seconds > frames * frame_seconds else round(part.end / frame_seconds)
    end = border(listen, last_place, around, frames)
    first = max(0, begin - int(RUN_UP_SECONDS / frame_seconds))
    last = min(frames, end + int(AFTERWARDS_SECONDS / frame_seconds))
    heard = np.full(frames, NOT_LISTENED, np.float32)
    if end > begin:
        heard[begin:end] = listen(first, last)[begin - first : end - first]
    return heard


def border(listen: Listen, place: int, around: int, frames: int) -> int:
    """Return the frame at which speech is cut near `place`; the begin and the end of a recording are their own."""
    if place <= 0 or place >= frames:
        return min(max(place, 0), frames)
    first = max(0, place - around)
    heard = listen(first, min(frames, place + max(1, around)))
    return first + _middle_of_pause(heard)


def _middle_of_pause(heard: Floats) -> int:
    for quiet in PAUSES:
        edges = np.flatnonzero(np.diff(np.pad((heard < quiet).astype(np.int8), 1))).reshape(-1, 2)
        if len(edges):
            begin, end = edges[int(np.argmax(edges[:, 1] - edges[:, 0]))]
            return int(begin + end) // 2
    return int(np.argmin(np.convolve(np.pad(heard, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")))
