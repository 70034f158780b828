"""Scores of rankings, regressions and marked spans; numpy only."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]
Span = tuple[int, int, str]


def ranks(values: Floats) -> Floats:
    """Return the place of each value in order, from 1; equal values share their mean place."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts + 1 + ends) / 2)[inverse])


def auc(scores: Floats, positive: Flags) -> float:
    """Return the chance that a positive example outranks a negative one; not a number if one kind is missing."""
    hits, misses = int(positive.sum()), int((~positive).sum())
    if not hits or not misses:
        return float("nan")
    return float((ranks(scores)[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def pearson(left: Floats, right: Floats) -> float:
    """Return the linear correlation."""
    return float(np.corrcoef(left, right)[0, 1])


def spearman(left: Floats, right: Floats) -> float:
    """Return the correlation of ranks."""
    return pearson(ranks(left), ranks(right))


def top_share(scores: Floats, labels: NDArray[np.integer], first: int) -> float:
    """Return how often the right label is among the first so many of its row."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :first]
    return float((order == labels[:, None]).any(axis=1).mean())


def best_thresholds(scores: Floats, wanted: Flags) -> Floats:
    """Return for each column the threshold above which its F1 is highest."""
    return np.array([_best_threshold(column, truth) for column, truth in zip(scores.T, wanted.T, strict=True)])


def _best_threshold(scores: Floats, wanted: Flags) -> float:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(wanted[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(int(wanted.sum()), 1))
    best = int(f1.argmax())
    following = order[min(best + 1, len(order) - 1)]
    return float((scores[order[best]] + scores[following]) / 2)


def f1_columns(said: Flags, wanted: Flags) -> Floats:
    """Return the F1 of each column; a column neither wanted nor said scores 0."""
    return np.asarray(2 * (said & wanted).sum(axis=0) / np.maximum(said.sum(axis=0) + wanted.sum(axis=0), 1))


def f1_micro(said: Flags, wanted: Flags) -> float:
    """Return the F1 over all columns together."""
    return float(2 * (said & wanted).sum() / max(int(said.sum() + wanted.sum()), 1))


def span_f1(found: Sequence[Collection[Span]], wanted: Sequence[Collection[Span]]) -> float:
    """Return the F1 of spans whose begin, end and type are all right."""
    hits = sum(len(set(some) & set(right)) for some, right in zip(found, wanted, strict=True))
    return 2 * hits / max(sum(map(len, found)) + sum(map(len, wanted)), 1)
