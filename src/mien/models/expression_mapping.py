"""Turn what is seen in a face into 48 scores, by one explicit table."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48
from mien.domain.network import Floats
from mien.models.face_geometry import ACTION_UNITS, Geometry

EXPRESSIONS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""What the expression networks tell apart, in the order of their outputs."""

CIRCLE: Final = (
    (0.0, -0.3), (0.8, 0.5), (0.2, 0.8), (-0.7, -0.3), (-0.6, 0.7), (-0.7, 0.3), (-0.6, 0.8), (-0.4, 0.1),
)  # fmt: skip
"""Valence and arousal of each of `EXPRESSIONS`; our own rounded coordinates."""

HEAD: Final = ("head up", "head down", "head tilted")
SIGNS: Final = (*ACTION_UNITS, *HEAD)
"""What `raises` and `lowers` may name, in the order of the columns of `Evidence.signs`."""

FULL_TURN: Final = 0.35
"""Radians from which on a raised, lowered or tilted head counts fully."""

SIGN_STRENGTH: Final = 0.8
CIRCLE_STRENGTH: Final = 0.6
CIRCLE_WIDTH: Final = 0.6
CIRCLE_REST: Final = 0.3
STRONGEST_SIGN: Final = 1.5


@dataclass(frozen=True, eq=False)
class Evidence:
    """Hold what is seen, a row per face: probabilities of `EXPRESSIONS`, and `SIGNS` where 1 is a strong one."""

    expressions: Floats
    signs: Floats


@dataclass(frozen=True, eq=False)
class ExpressionTable:
    """Hold the table as arrays; rows are the 48 emotions, columns the expressions or signs."""

    pure: Floats
    signs: Floats
    circle: Floats
    sources: tuple[str, ...]

    @property
    def sign_weights(self) -> Floats:
        """Return what a sign of 1 adds to the logit of each score, 48 x signs."""
        weights: Floats = np.float32(SIGN_STRENGTH) * self.signs
        return weights


@dataclass(frozen=True, eq=False)
class Explanation:
    """Hold the three terms whose sum is the logit of each score: rows are faces, columns the 48 emotions."""

    expressions: Floats
    signs: Floats
    circle: Floats

    @property
    def scores(self) -> Floats:
        """Return the scores, 0…1; they do not add up to 1."""
        return _sigmoid(self.expressions + self.signs + self.circle)


def explain(evidence: Evidence, table: ExpressionTable) -> Explanation:
    """Compute each term of each score.

    The first mixes the logits of the pure scores by the probabilities of the expressions; the second is the mean of
    the signs that go with an emotion less half the mean of those that contradict it; the third rewards emotions whose
    valence and arousal lie near the face's own.
    """
    signs: Floats = evidence.signs @ table.sign_weights.T
    return Explanation(
        expressions=evidence.expressions @ _logit(table.pure).T,
        signs=signs,
        circle=_near_in_circle(evidence.expressions, table.circle),
    )


def emotion_scores(evidence: Evidence, table: ExpressionTable) -> Floats:
    """Compute the 48 scores of each face, 0…1."""
    return explain(evidence, table).scores


def _near_in_circle(expressions: Floats, circle: Floats) -> Floats:
    places = expressions @ np.asarray(CIRCLE, np.float32)
    distance = np.square(places[:, np.newaxis] - circle[np.newaxis]).sum(axis=2)
    term: Floats = np.float32(CIRCLE_STRENGTH) * (np.exp(-distance / CIRCLE_WIDTH**2) - np.float32(CIRCLE_REST))
    return term


def signs_of(geometry: Geometry) -> Floats:
    """Join action units and head positions to `SIGNS`: 1 is as strong as one face in twenty shows it."""
    pitch, _yaw, roll = geometry.pose.T / FULL_TURN
    head = np.stack([np.maximum(pitch, 0), np.maximum(-pitch, 0), np.abs(roll)], axis=1)
    signs: Floats = np.column_stack([geometry.activations, head]).astype(np.float32)
    return np.clip(signs, -1, STRONGEST_SIGN)


def read_table() -> ExpressionTable:
    """Read the table that is packaged with the models."""
    told = tomllib.loads((files("mien.models") / "expression_table.toml").read_text("utf-8"))
    rows: list[Mapping[str, Any]] = [told[emotion] for emotion in EMOTIONS_48]
    return ExpressionTable(
        pure=np.array([row["pure"] for row in rows], np.float32),
        signs=np.stack([_columns(row["raises"]) - _columns(row["lowers"]) / 2 for row in rows]),
        circle=np.array([row["circle"] for row in rows], np.float32),
        sources=tuple(row["source"] for row in rows),
    )


def _columns(signs: Sequence[str]) -> Floats:
    weights = np.zeros(len(SIGNS), np.float32)
    for sign in signs:
        weights[SIGNS.index(sign)] = 1 / len(signs)
    return weights


def probabilities(logits: Floats) -> Floats:
    """Turn rows of logits into rows of probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _logit(probability: Floats) -> Floats:
    logit: Floats = np.log(probability / (1 - probability))
    return logit


def _sigmoid(logit: NDArray[np.float32]) -> Floats:
    return (1 / (1 + np.exp(-logit))).astype(np.float32)
