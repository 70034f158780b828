"""Says which bursts are for fitting, choosing and testing, and what each is to be told."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from mien.models.burst_mapping import CALLS
from training.burst.breath import varied
from training.burst.chains import lively
from training.burst.mixtures import Pools
from training.prosody.data import HELD_OUT
from training.voice.clips import Clips

HELD_OUT_CONTRIBUTORS: Final = 20
DRAW: Final = 5
"""The draw of the contributors held out for the card's figures."""

LIVELY_SEED: Final = 22


@dataclass(frozen=True)
class Parts:
    """Holds the numbers of the clips to fit, to choose and to test with."""

    train: list[int]
    dev: list[int]
    test: list[int]


def divide(clips: Clips) -> Parts:
    """Divide the EmoGator clips by contributor."""
    contributors = sorted({r["speaker"] for r in clips.rows if r["corpus"] == "emogator" and r["split"] == "train"})
    drawn = np.random.default_rng(DRAW).choice(contributors, HELD_OUT_CONTRIBUTORS, replace=False)
    held_out = set(map(str, drawn))
    ours = clips.select(lambda row: row["corpus"] == "emogator")
    return Parts(
        train=[n for n in ours if clips.rows[n]["split"] == "train" and clips.rows[n]["speaker"] not in held_out],
        dev=[n for n in ours if clips.rows[n]["split"] == "dev"],
        test=[n for n in ours if clips.rows[n]["speaker"] in held_out],
    )


def calls(clips: Clips, split: str) -> list[int]:
    """Return the Deeply clips of a split whose sound is made with the voice or the breath."""
    return clips.select(lambda row: row["call"] in CALLS and row["split"] == split)


def detector_pools(bursts: Clips, voices: Path, speech: Clips | None) -> Pools:
    """Return what the detector is fitted on: free speech, plain and lively, and EmoGator.

    Given `speech`, that and Deeply's calls too.
    """
    told = np.load(voices)
    samples, ends, real = told["samples"], told["ends"], int(told["real"])
    readings = [samples[a:b].astype(np.float32) / 32768 for a, b in pairwise(ends) if b - a > 8000]
    readings += readings[:real] * 8
    rng = np.random.default_rng(LIVELY_SEED)
    readings += [lively(reading, rng) for reading in readings]
    numbers = divide(bursts).train
    if speech is not None:
        spoken = speech.select(lambda row: row["split"] == "train" and row["speaker"] not in HELD_OUT)
        readings += [speech.samples(number) for number in spoken]
        numbers = numbers + calls(bursts, "train") * 12
    recorded = [bursts.samples(number) for number in numbers]
    return Pools(readings, recorded + varied(recorded, len(recorded) // 4))
