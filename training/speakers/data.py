"""Read the clips that dialogues are built of, each speaker's file decoded once."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.media.opening import open_media

RATE = 16_000
FRAME = 160
QUIET_DECIBELS = 38.0
"""What is softer than the loudest frames by more than this, at the ends of a clip, is cut off."""
SPEECH_DECIBELS = 30.0
SPEECH_FRAMES = 5
"""Speech begins and ends, for the reference, with so many frames in a row that are not softer by more than that."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """Hold where one spoken sentence lies, who speaks it and how."""

    speaker: str
    sex: str
    emotion: str
    file: Path
    start: int
    length: int

    def samples(self) -> Floats:
        """Return the speech from its first sound to its last, mono at 16 kHz."""
        whole = _decoded(self.file)[self.start : self.start + self.length]
        return trimmed(whole)


def clips_of(speakers: Sequence[str], folder: Path) -> dict[str, list[Clip]]:
    """Return the clips of each speaker, in the order of the table."""
    wanted = set(speakers)
    found: dict[str, list[Clip]] = defaultdict(list)
    with (folder / "clips.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["speaker"] in wanted:
                place = folder / row["file"]
                told = (row["speaker"], row["sex"], row["emotion"], place, int(row["start"]), int(row["n"]))
                found[row["speaker"]].append(Clip(*told))
    return dict(found)


def trimmed(samples: Floats) -> Floats:
    """Return sound without the quiet before and after it."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-10)
    loud = np.flatnonzero(level > np.quantile(level, 0.95) - QUIET_DECIBELS)
    return samples[loud[0] * FRAME : (loud[-1] + 1) * FRAME]


def spoken_part(samples: Floats) -> tuple[float, float]:
    """Return where speech begins and ends in a clip, in seconds: a click or a breath at its ends is none."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-10)
    loud = (level > np.quantile(level, 0.95) - SPEECH_DECIBELS).astype(int)
    lasting = np.flatnonzero(np.convolve(loud, np.ones(SPEECH_FRAMES, int), mode="valid") == SPEECH_FRAMES)
    if not lasting.size:
        return 0.0, samples.size / RATE
    return float(lasting[0] * FRAME / RATE), float((lasting[-1] + SPEECH_FRAMES) * FRAME / RATE)


@cache
def _decoded(file: Path) -> Floats:
    with open_media(file) as media:
        return np.array(media.waveform().samples, np.float32)
