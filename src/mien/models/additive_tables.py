"""Turn evidence into scores by tables of weights that anybody can read: every score is a sum of named terms."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np

from mien.domain.network import Floats

LOWEST_SLOPE: Final = 0.15
STEEPEST_SLOPE: Final = 2.5
"""Limits of how many logits of the score a step of the sum is worth, where little ordinary sound was heard."""

HIGHEST_LOGIT: Final = 4.0
LEFT_OUT: Final = frozenset({"range", "source"})


@dataclass(frozen=True, eq=False)
class AdditiveTable:
    """Hold a table: `weights` is labels x columns; `ranges`, labels x 3, what 5, 50 and 95 % of the reference score."""

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    weights: Floats
    ranges: Floats
    sources: tuple[str, ...]

    def sums(self, evidence: Floats) -> Floats:
        """Add up the terms of each score: evidence is N x columns, the sums N x labels."""
        sums: Floats = (evidence @ self.weights.T).astype(np.float32)
        return sums

    def terms(self, evidence: Floats) -> Floats:
        """Return every term, N x labels x columns: what each column adds to each score's sum."""
        terms: Floats = (evidence[:, np.newaxis, :] * self.weights).astype(np.float32)
        return terms


def read_table(file: str, labels: Sequence[str], columns: Sequence[str]) -> AdditiveTable:
    """Read a table packaged with the models.

    A row is a section named after its label, with groups of weights (`heard = { angry = 1.0 }` fills the column
    `heard.angry`), a range and a source. Raises ValueError for a label without a row and a row or column unknown.
    """
    told: dict[str, dict[str, Any]] = tomllib.loads((files("mien.models") / file).read_text("utf-8"))
    if set(told) != set(labels):
        raise ValueError(f"{file}: rows and labels differ in {sorted(set(told) ^ set(labels))}")
    rows = [told[label] for label in labels]
    return AdditiveTable(
        labels=tuple(labels),
        columns=tuple(columns),
        weights=np.stack([_weights(row, columns, file) for row in rows]),
        ranges=np.array([row.get("range", (0.1, 0.5, 0.9)) for row in rows], np.float32),
        sources=tuple(row["source"] for row in rows),
    )


def _weights(row: Mapping[str, Any], columns: Sequence[str], file: str) -> Floats:
    weights = np.zeros(len(columns), np.float32)
    for group, members in row.items():
        if group in LEFT_OUT:
            continue
        for name, weight in members.items():
            if f"{group}.{name}" not in columns:
                raise ValueError(f"{file}: {group}.{name} is no column")
            weights[columns.index(f"{group}.{name}")] = weight
    return weights


@dataclass(frozen=True, eq=False)
class Calibration:
    """Hold what was found over reference sound.

    `mean` and `deviation` are those of the measures; `knots` gives for each table the sums, labels x 3, that 5, 50 and
    95 % of the reference do not exceed.
    """

    mean: Floats
    deviation: Floats
    knots: Mapping[str, Floats]

    def standardised(self, measures: Floats, limit: float = 2.5) -> Floats:
        """Return measures in deviations from the reference, at most `limit`."""
        standard: Floats = np.clip((measures - self.mean) / self.deviation, -limit, limit).astype(np.float32)
        return standard


def read_calibration(text: str) -> Calibration:
    """Read a calibration from the JSON that training writes."""
    told = json.loads(text)
    knots = {name: np.array(rows, np.float32) for name, rows in told["knots"].items()}
    return Calibration(np.array(told["mean"], np.float32), np.array(told["deviation"], np.float32), knots)


def calibrated(sums: Floats, knots: Floats, ranges: Floats) -> Floats:
    """Return scores, 0…1: a rising line with two bends per label that sends its knots to its range."""
    wanted = np.log(ranges / (1 - ranges))
    slopes = np.diff(wanted, axis=1) / np.maximum(np.diff(knots, axis=1), 1e-3)
    below, above = np.clip(slopes, LOWEST_SLOPE, STEEPEST_SLOPE).T
    distance = sums - knots[:, 1]
    logits = wanted[:, 1] + np.where(distance < 0, below, above) * distance
    bent = np.minimum(logits, HIGHEST_LOGIT)
    scores: Floats = (1 / (1 + np.exp(-bent))).astype(np.float32)
    return scores


def lift(probabilities: Floats, lowest: float = -2.0) -> Floats:
    """Return by how many logits classes are likelier than if all were alike; no less than `lowest`."""
    count = probabilities.shape[1]
    lifted: Floats = np.maximum(np.log(np.maximum(probabilities, 1e-6) * count), lowest).astype(np.float32)
    return lifted


def softmax(logits: Floats) -> Floats:
    """Turn rows of logits into rows of probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
