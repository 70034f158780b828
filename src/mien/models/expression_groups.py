"""Spread six coarse emotions over the heads of the language model, by an explicit table."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY
from mien.domain.network import Floats


@dataclass(frozen=True, eq=False)
class Groups:
    """Hold the table: `shares` is coarse emotions x 53, `plain` 53, and the small numbers of the other heads."""

    emotions: tuple[str, ...]
    shares: Floats
    plain: Floats
    confidence: Mapping[str, float]
    sentiment: Mapping[str, float]
    toxicity: Mapping[str, float]


def read_groups(emotions: Sequence[str]) -> Groups:
    """Return the table for coarse emotions in the order in which a network gives them."""
    told = tomllib.loads((files("mien.models") / "expression_groups.toml").read_text("utf-8"))
    shares = np.stack([_row(told["groups"][emotion]) for emotion in emotions])
    return Groups(tuple(emotions), shares, _row(told["plain"]), told["confidence"], told["sentiment"], told["toxicity"])


def confidence_of(auc: float | None, groups: Groups) -> float:
    """Return how much of what was found is said, 0 to 1, from the held-out AUC of a language, if it has one."""
    if auc is None:
        return groups.confidence["none"]
    reached = (auc - 0.5) / (groups.confidence["full"] - 0.5)
    return float(np.clip(reached, groups.confidence["none"], 1.0))


def spread(coarse: Floats, confidence: Floats, heads: frozenset[str], groups: Groups) -> dict[str, Floats]:
    """Return the heads asked for, from coarse scores, N x emotions in 0…1, and a confidence per row."""
    trusted = coarse * confidence[:, np.newaxis]
    makers = {"emotions": _expressions, "sentiment": _sentiment, "toxicity": _toxicity}
    return {head: makers[head](trusted, groups).astype(np.float32) for head in heads}


def _expressions(coarse: Floats, groups: Groups) -> Floats:
    strongest = (coarse[:, :, np.newaxis] * groups.shares).max(axis=1)
    plain = (1 - coarse.max(axis=1, initial=0))[:, np.newaxis] * groups.plain
    mixed: Floats = np.maximum(strongest, plain)
    return mixed


def _sentiment(coarse: Floats, groups: Groups) -> Floats:
    bad = _strongest(coarse, groups, ("anger", "disgust", "fear", "sadness"))
    middle = (1 + len(SENTIMENT)) / 2 + groups.sentiment["reach"] * (_strongest(coarse, groups, ("joy",)) - bad)
    distance = np.arange(1, len(SENTIMENT) + 1) - middle[:, np.newaxis]
    weights = np.exp(-0.5 * np.square(distance / groups.sentiment["deviation"]))
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _toxicity(coarse: Floats, groups: Groups) -> Floats:
    raised = groups.toxicity["raised"] * _strongest(coarse, groups, ("anger", "disgust"))
    scores: Floats = np.repeat((groups.toxicity["base"] + raised)[:, np.newaxis], len(TOXICITY), axis=1)
    return scores


def _strongest(coarse: Floats, groups: Groups, emotions: Sequence[str]) -> Floats:
    strongest: Floats = coarse[:, [groups.emotions.index(emotion) for emotion in emotions]].max(axis=1)
    return strongest


def _row(told: Mapping[str, Any]) -> Floats:
    row = np.zeros(len(EMOTIONS_53), np.float32)
    for label, share in told.items():
        row[EMOTIONS_53.index(label)] = share
    return row
