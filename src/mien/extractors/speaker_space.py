"""Bring voice prints into the space in which speakers are told apart, and judge how many there are.

What one voice does from one moment to the next, most of all when it is excited, points in some directions more than in
others. The space is turned and scaled so that this comes to much the same in every direction (within-class covariance
normalisation: A. Hatch, S. Kajarekar, A. Stolcke, 2006). The two judgements are logistic regressions; all of it is
fitted in training/speakers, on recordings whose licence forbids commercial use. Where a setting insists on permissive
weights, prints stay as they are and fixed thresholds judge.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mien.domain.errors import UnknownNetwork
from mien.domain.network import Floats, Network, Runtime

SPACE: Final = "speaker-space-1"


@dataclass(frozen=True)
class Judgement:
    """Hold a logistic regression: what each measure weighs, and the bias."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, measures: Sequence[float]) -> float:
        """Return how likely it is, 0…1."""
        return float(1 / (1 + np.exp(-(float(np.dot(self.weights, measures)) + self.bias))))


@dataclass(frozen=True)
class Judgements:
    """Say whether there are at least so many speakers (`more`), none if fixed thresholds are to; and of a print whether
    it is its speaker's (`right`), from how much nearer that one is than the next.
    """

    more: Judgement | None
    right: Judgement


RULED: Final = Judgements(None, Judgement((3.0,), 0.0))
"""Judge without anything fitted: by thresholds, and with a probability that grows with the margin from a half."""


class SpeakerSpace:
    """Project voice prints, and judge clusters of them."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = _network(runtime)
        self.judgements = RULED
        if self._network is not None:
            told: dict[str, Any] = json.loads(runtime.companion(SPACE, "manifest.json"))["judgements"]
            self.judgements = Judgements(_judgement(told["more"]), _judgement(told["right"]))

    def project(self, vectors: Floats) -> Floats:
        """Return N x dimensions for voice prints N x 256; the prints themselves where there is no fitted space."""
        if self._network is None:
            return vectors
        return np.asarray(self._network.run({"prints": vectors})["points"], np.float32)


def _network(runtime: Runtime) -> Network | None:
    """Return the fitted space, or nothing where a setting insists on permissive weights."""
    try:
        return runtime.network(SPACE)
    except UnknownNetwork:
        return None


def _judgement(told: dict[str, Any]) -> Judgement:
    return Judgement(tuple(told["weights"]), told["bias"])
