"""Fit which share of a stretch's words is likely right to the mean posterior of its words.

Prints HALF_RIGHT and STEEPNESS of `mien.transcription.pocketsphinx_transcriber`: a logistic curve of greatest
likelihood over the words heard, a word counting as long as it is, each kind of recording as much as any other. Polish
is among them, where every word heard is wrong, and English under noise; the readings that `evaluate` judges by are not.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.transcription.evaluate import DATA, hear, table
from training.transcription.hearing import Hearing
from training.transcription.recordings import acted, with_noise

DECIBELS = (10.0, 0.0)
STEPS = 50


def main() -> None:
    """Hear the recordings, fit, and print the two numbers with the table as it is before them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--clips", type=int, default=48, help="clips of acted English, and of Polish")
    arguments.add_argument("--workers", type=int, default=2)
    told = arguments.parse_args()
    english = list(acted(told.data, "ravdess", told.clips, seed=1))
    noisy = [with_noise(one, DECIBELS[number % len(DECIBELS)], seed=number) for number, one in enumerate(english[::2])]
    polish = list(acted(told.data, "nemo", told.clips, seed=1))
    hearings = hear([*english, *noisy, *polish], told.workers)
    print(table(hearings))
    half, steepness = fitted(hearings)
    print(f"HALF_RIGHT = {half:.2f}, STEEPNESS = {steepness:.2f}")


def fitted(hearings: Sequence[Hearing]) -> tuple[float, float]:
    """Return the mean posterior at which half the letters are right, and how slowly the share rises there."""
    kinds = Counter(one.kind for one in hearings for word in one.words for _ in range(word.letters))
    rows = [(word.stretch, word.right, word.letters / kinds[one.kind]) for one in hearings for word in one.words]
    posterior, right, weight = np.array(rows, np.float64).T
    inputs = np.stack([posterior, np.ones_like(posterior)], axis=1)
    curve = np.zeros(2)
    for _ in range(STEPS):  # Newton's method
        share = 1 / (1 + np.exp(-inputs @ curve))
        slope = inputs.T @ (weight * (right - share))
        bend = (inputs * (weight * share * (1 - share))[:, None]).T @ inputs + 1e-9 * np.eye(2)
        curve = curve + np.linalg.solve(bend, slope)
    return float(-curve[1] / curve[0]), float(1 / curve[0])


if __name__ == "__main__":
    main()
