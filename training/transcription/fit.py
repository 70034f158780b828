"""Fit which share of a stretch's words is likely right to the mean posterior of its words.

Prints HALF_RIGHT and STEEPNESS of `mien.transcription.pocketsphinx_transcriber`: a logistic curve of greatest
likelihood over the words heard, a word counting as long as it is; and how far both move when other recordings of the
same kinds are drawn. Among them are English read aloud by synthetic voices, acted, and acted under noise, and Polish,
where every word heard is wrong; the readings that `evaluate` judges by are not. Needs the command `flite`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.transcription.evaluate import DATA, hear, table
from training.transcription.hearing import Hearing
from training.transcription.read_aloud import read_aloud
from training.transcription.recordings import acted, with_noise

DECIBELS = (10.0, 0.0)
STEPS = 50
DRAWS = 40


def main() -> None:
    """Hear the recordings, fit, and print the two numbers with the table as it is before them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--clips", type=int, default=48, help="clips of acted English; as many of Polish")
    arguments.add_argument("--workers", type=int, default=2)
    told = arguments.parse_args()
    english = list(acted(told.data, "ravdess", told.clips, seed=1))
    noisy = [with_noise(one, DECIBELS[number % len(DECIBELS)], seed=number) for number, one in enumerate(english[::2])]
    polish = list(acted(told.data, "nemo", told.clips, seed=1))
    aloud = list(read_aloud(told.data, told.clips // 4, seed=3))
    hearings = hear([*english, *noisy, *polish, *aloud], told.workers)
    print(table(hearings))
    half, steepness = fitted(hearings)
    print(f"HALF_RIGHT = {half:.2f}, STEEPNESS = {steepness:.2f}")
    chance = np.random.default_rng(0)
    drawn = [fitted([hearings[one] for one in chance.integers(0, len(hearings), len(hearings))]) for _ in range(DRAWS)]
    low, high = np.percentile(np.array(drawn), [5, 95], axis=0)
    print(f"of other recordings (5 to 95 %): {low[0]:.2f} to {high[0]:.2f}, {low[1]:.2f} to {high[1]:.2f}")


def fitted(hearings: Sequence[Hearing]) -> tuple[float, float]:
    """Return the mean posterior at which half the letters are right, and how slowly the share rises there."""
    rows = [(word.stretch, word.right, word.letters) for one in hearings for word in one.words]
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
