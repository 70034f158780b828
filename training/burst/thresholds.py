"""Chooses when steps make a burst, on mixtures of those to choose by, and prints the best choices.

python -m training.burst.thresholds --packed build/voice --weights build/burst/detector.pt
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch

from mien.domain.media import Waveform
from mien.extractors.sound_events import Course, Thresholds
from mien.extractors.sounds import listen
from mien.spectrograms.mel import RATE
from training.burst.evaluate_events import Span, TorchNetwork, matched, plain_speech, spans, summed, trials
from training.burst.mixtures import mixture

SEED = 79
GRID = {
    "sure": (0.65, 0.75),
    "possible": (0.45, 0.5, 0.55, 0.6),
    "mean": (0.35,),
    "spoken": (0.1, 0.15, 0.2, 0.3),
    "shortest": (0.16, 0.2, 0.24),
    "gap": (0.45, 0.5),
}
HIGHEST_FALSE = 0.9
"""How many false bursts a minute of plain speech may have."""


@dataclass(frozen=True)
class Listened:
    """Holds, by trial, true bursts and the courses heard; the course of plain speech, and its minutes."""

    trials: dict[str, list[tuple[list[Span], Course]]]
    plain: list[Course]
    minutes: float


def listened(folder: Path, weights: Path, count: int) -> Listened:
    """Return what a detector hears in mixtures of the part to choose by."""
    network, every, heard = TorchNetwork(weights), trials(folder, "dev"), {}
    for name, trial in every.items():
        rng = np.random.default_rng(SEED)
        made = [mixture(trial.pools, 30, rng, overlaid=trial.overlaid) for _ in range(count)]
        heard[name] = [(one.bursts, listen(Waveform(trial.line(one.samples, rng), RATE), network)) for one in made]
    recordings = plain_speech(next(iter(every.values())).pools.speech, SEED)
    plain = [listen(Waveform(one, RATE), network) for one in recordings]
    return Listened(heard, plain, sum(map(len, recordings)) / RATE / 60)


def choices() -> Iterator[Thresholds]:
    """Yield every choice of the grid in which what is sure is also possible."""
    for values in product(*GRID.values()):
        chosen = Thresholds(**dict(zip(GRID, values, strict=True)))
        if chosen.possible <= chosen.sure:
            yield chosen


def judged(heard: Listened, thresholds: Thresholds) -> tuple[float, dict[str, float]]:
    """Return the mean F1 of a choice, 0 if it takes too much speech for bursts, and its figures."""
    figures = {
        name: summed([matched(truth, spans(course, thresholds)) for truth, course in courses]).f1
        for name, courses in heard.trials.items()
    }
    false = sum(len(spans(course, thresholds)) for course in heard.plain) / heard.minutes
    worth = float(np.mean(list(figures.values()))) if false <= HIGHEST_FALSE else 0.0
    return worth, {**figures, "false a minute": false}


def main() -> None:
    """Print the ten best choices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--weights", type=Path, default=Path("build/burst/detector.pt"))
    parser.add_argument("--mixtures", type=int, default=48)
    options = parser.parse_args()
    torch.set_num_threads(1)
    heard = listened(options.packed, options.weights, options.mixtures)
    results = [(*judged(heard, thresholds), thresholds) for thresholds in choices()]
    for worth, figures, thresholds in sorted(results, key=lambda result: -result[0])[:10]:
        print(f"{worth:.3f}", thresholds, {name: round(value, 3) for name, value in figures.items()})


if __name__ == "__main__":
    main()
