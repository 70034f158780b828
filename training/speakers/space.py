"""Fit the space in which speakers are told apart."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.extractors.voice_prints import PRINT_SIZE
from training.speakers.prints import Printed, by_speaker


@dataclass(frozen=True)
class Space:
    """Hold the mean over speakers and what prints are multiplied with when it is taken off."""

    mean: NDArray[np.float64]
    projection: NDArray[np.float64]

    def project(self, prints: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return N x dimensions."""
        return (prints - self.mean) @ self.projection


def fit_space(printed: Iterable[Printed], floor: float) -> Space:
    """Return the space in which a speaker varies much alike in every direction within a dialogue."""
    scatter, degrees = np.zeros((PRINT_SIZE, PRINT_SIZE)), 0
    means: dict[str, list[NDArray[np.float64]]] = {}
    for one in printed:
        for speaker, prints in by_speaker(one):
            middle = prints.mean(axis=0, dtype=np.float64)
            means.setdefault(speaker, []).append(middle)
            scatter += (prints - middle).T @ (prints - middle)
            degrees += len(prints) - 1
    within = scatter / degrees
    spread, axes = np.linalg.eigh(within)
    whiten = axes / np.sqrt(np.maximum(spread, 0) + floor * np.trace(within) / PRINT_SIZE)
    speakers = np.stack([np.mean(own, axis=0) for own in means.values()])
    mean = speakers.mean(axis=0)
    return Space(mean, whiten)
