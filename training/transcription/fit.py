"""Fit how likely a word is right to the evidence about it.

Prints the constants of `mien.transcription.moonshine_transcriber` or `pocketsphinx_transcriber`: a logistic curve of
greatest likelihood over the words heard, a word counting as long as it is; and how far they move when other recordings
of the same kinds are drawn. Among them are English read aloud by synthetic voices, acted, and acted under noise, and
Polish, where every word heard is wrong; the readings that `evaluate` judges by are not. Needs the command `flite`.
"""

import argparse
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from training.transcription.evaluate import DATA
from training.transcription.evidence import Evidence, of_moonshine, of_pocketsphinx
from training.transcription.read_aloud import read_aloud
from training.transcription.recordings import Recording, acted, with_noise

DECIBELS = (10.0, 0.0)
STEPS = 50
DRAWS = 40


def main() -> None:
    """Hear the recordings, fit, and print the constants."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--clips", type=int, default=48, help="clips of acted English; as many of Polish")
    arguments.add_argument("--transcriber", choices=("moonshine", "pocketsphinx"), default="moonshine")
    arguments.add_argument("--workers", type=int, default=2)
    told = arguments.parse_args()
    networks = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    recordings = _recordings(told.data, told.clips)
    if told.transcriber == "moonshine":
        evidence = list(of_moonshine(recordings, networks))
        names = ("WORD_SLOPE", "STRETCH_SLOPE", "OFFSET")
        constants = fitted
    else:
        evidence = list(of_pocketsphinx(recordings, networks, told.workers))
        names = ("HALF_RIGHT", "STEEPNESS")
        constants = _half_and_steepness
    found = constants(list(chain.from_iterable(evidence)))
    chance = np.random.default_rng(0)
    draws = [chance.integers(0, len(evidence), len(evidence)) for _ in range(DRAWS)]
    drawn = [constants([word for one in draw for word in evidence[one]]) for draw in draws]
    low, high = np.percentile(np.array(drawn), [5, 95], axis=0)
    for row in zip(names, found, low, high, strict=True):
        print("{} = {:.2f}; of other recordings (5 to 95 %): {:.2f} to {:.2f}".format(*row))


def fitted(words: Sequence[Evidence]) -> NDArray[np.float64]:
    """Return the slope of each feature, and the offset, of the logistic curve."""
    features = np.array([word.features for word in words], np.float64)
    right = np.array([word.right for word in words], np.float64)
    weight = np.array([word.letters for word in words], np.float64)
    inputs = np.concatenate([features, np.ones((len(words), 1))], axis=1)
    curve = np.zeros(inputs.shape[1])
    for _ in range(STEPS):  # Newton's method
        share = 1 / (1 + np.exp(-inputs @ curve))
        slope = inputs.T @ (weight * (right - share))
        bend = (inputs * (weight * share * (1 - share))[:, None]).T @ inputs + 1e-9 * np.eye(curve.size)
        curve = curve + np.linalg.solve(bend, slope)
    return curve


def _half_and_steepness(words: Sequence[Evidence]) -> NDArray[np.float64]:
    """Return the posterior at which half the letters are right, and how slowly the share rises there."""
    slope, offset = fitted(words)
    return np.array([-offset / slope, 1 / slope])


def _recordings(data: Path, clips: int) -> list[Recording]:
    english = list(acted(data, "ravdess", clips, seed=1))
    noisy = [with_noise(one, DECIBELS[number % len(DECIBELS)], seed=number) for number, one in enumerate(english[::2])]
    polish = list(acted(data, "nemo", clips, seed=1))
    return [*english, *noisy, *polish, *read_aloud(data, clips // 4, seed=3)]


if __name__ == "__main__":
    main()
