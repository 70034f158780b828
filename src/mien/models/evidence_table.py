"""Score labels from signs by an explicit table: a base and a weight per sign make the logit of each label."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from mien.domain.labels import Labels
from mien.domain.network import Floats


@dataclass(frozen=True, eq=False)
class EvidenceTable:
    """Hold a table: rows are labels, columns signs; `rules` says for each label what it follows.

    `base` is the logit of a label when nothing is seen. A positive weight raises the label's score as the sign grows,
    so more of such a sign never scores less.
    """

    labels: Labels
    signs: tuple[str, ...]
    base: Floats
    weights: Floats
    rules: tuple[str, ...]

    def terms(self, signs: Floats) -> Floats:
        """Return what each sign adds to the logit of each label: rows x labels x signs."""
        terms: Floats = signs[:, np.newaxis, :] * self.weights
        return terms

    def scores(self, signs: Floats) -> Floats:
        """Return the scores, rows x labels, 0…1, of rows of signs."""
        logits = signs @ self.weights.T + self.base
        scores: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return scores


def read_evidence_table(file: str, labels: Labels, signs: Sequence[str]) -> EvidenceTable:
    """Read a table that is packaged with the models. Raises ValueError for a label or a sign that is not known."""
    told: dict[str, Any] = tomllib.loads((files("mien.models") / file).read_text("utf-8"))
    if set(told) != set(labels):
        raise ValueError(f"{file} does not hold exactly the labels wanted: {sorted(set(told) ^ set(labels))}")
    rows = [told[label] for label in labels]
    raised = [_columns(row.get("raises", {}), signs, file) for row in rows]
    lowered = [_columns(row.get("lowers", {}), signs, file) for row in rows]
    return EvidenceTable(
        labels=labels,
        signs=tuple(signs),
        base=np.array([row["base"] for row in rows], np.float32),
        weights=np.stack(raised) - np.stack(lowered),
        rules=tuple(row["rule"] for row in rows),
    )


def _columns(weights: Mapping[str, float], signs: Sequence[str], file: str) -> Floats:
    unknown = sorted(set(weights) - set(signs))
    if unknown or any(weight < 0 for weight in weights.values()):
        raise ValueError(f"{file} names signs that are not known, or negative weights: {unknown or dict(weights)}")
    return np.array([weights.get(sign, 0.0) for sign in signs], np.float32)
