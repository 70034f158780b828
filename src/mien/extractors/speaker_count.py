"""Find out how many speakers there are: two to six clusters of voice prints are tried, and each number is judged.

Whether there are at least so many is a logistic regression on what that many clusters look like, asked for two, three,
… in turn (a continuation-ratio model: J. Cox, "An Analysis of Ordinal Data", 1988); the likeliest number is taken.
Where no fitted judgement may be used, clusters are joined by two fixed thresholds instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.extractors.speaker_clustering import Labels, centroids, cut, merges, unit
from mien.extractors.speaker_space import Judgement

MOST_SPEAKERS: Final = 6
ROUNDS: Final = 10
UNSURE_MARGIN: Final = 0.15
"""A print nearer to its own cluster than to the next by less than this could be of either."""


@dataclass(frozen=True)
class Points:
    """Hold the prints of a recording in the space: `plain`, and `centred` with most of the recording's mean taken off.

    `smooth` are directions (length 1) of `centred`, each averaged with its neighbours; each stands for `seconds`.
    `stretches` says of each print in which stretch of speech it lies.
    """

    plain: Floats
    centred: Floats
    smooth: Floats
    stretches: Floats
    seconds: float


@dataclass(frozen=True)
class Counting:
    """Set how speakers are counted. More than `prints` are thinned out before they are clustered.

    `alone` and `same` serve where no fitted judgement may be used: the cosine of two halves from which all is taken for
    one voice, and that of two clusters, most of the mean taken off, from which they are joined. Who speaks for less
    than `least_seconds` is no speaker then.
    """

    prints: int = 1_500
    alone: float = 0.85
    same: float = 0.2
    least_seconds: float = 1.5


def tell_apart(points: Points, more: Judgement, counting: Counting) -> Labels:
    """Return which speaker each print is of; there are six at most."""
    tried = clusterings(points, counting)
    chances, left = [], 1.0
    for labels, measures in zip(tried[1:], measures_of_counts(points, tried), strict=True):
        chance = more.probability(measures) if labels.max() else 0.0
        chances.append(left * (1 - chance))
        left *= chance
    return tried[int(np.argmax([*chances, left]))]


def tell_apart_by_rule(points: Points, counting: Counting) -> Labels:
    """Return which speaker each print is of, by fixed thresholds; there are six at most."""
    tried = clusterings(points, counting)
    if not tried[1:] or not tried[1].max() or likeness(points.plain, tried[1]).max() > counting.alone:
        return tried[0]
    labels = tried[-1]
    while labels.max() > 1:
        alike = likeness(points.centred, labels)
        first, second = sorted(int(one) for one in np.unravel_index(alike.argmax(), alike.shape))
        if alike[first, second] < counting.same:
            break
        labels = settled(points.smooth, np.unique(np.where(labels == second, first, labels), return_inverse=True)[1])
    return without_moments(points, labels, counting.least_seconds)


def clusterings(points: Points, counting: Counting) -> list[Labels]:
    """Return the prints as one cluster, as two, … as six; as one alone where there are not two prints."""
    one = np.zeros(len(points.plain), np.intp)
    if len(one) < 2:
        return [one]
    some = np.unique(np.linspace(0, len(one) - 1, counting.prints).round().astype(np.intp))
    chosen = points.smooth[some]
    joined = merges(chosen)
    starts = (centroids(chosen, cut(joined, len(chosen), np.inf, count)) for count in range(2, MOST_SPEAKERS + 1))
    return [one, *(settled(points.smooth, np.asarray((points.smooth @ at.T).argmax(axis=1))) for at in starts)]


def settled(directions: Floats, labels: Labels) -> Labels:
    """Return labels after every print has gone to the nearest cluster until none wants to move (spherical k-means)."""
    now = np.unique(labels, return_inverse=True)[1]
    for _round in range(ROUNDS):
        moved = np.unique((directions @ centroids(directions, now).T).argmax(axis=1), return_inverse=True)[1]
        if np.array_equal(moved, now):
            break
        now = moved
    return np.asarray(now)


def measures_of_counts(points: Points, tried: Sequence[Labels]) -> list[tuple[float, ...]]:
    """Return of two, three, … clusters what they look like, and last which of those numbers it is, as ones and zeros.

    The likeness of the two most alike clusters and of all pairs, the mean taken off and not; the logarithms of the
    seconds of the smallest and of the smaller of the two; how near prints are to their cluster, how much nearer than
    with one cluster less, and than to the next cluster; how many could be of either; how often the cluster changes
    within a stretch of speech and between two; the logarithm of all seconds; how alike all prints are.
    """
    follows = points.stretches[1:] == points.stretches[:-1]
    whole = (float(np.log(len(points.plain) * points.seconds)), float(np.linalg.norm(unit(points.plain).mean(axis=0))))
    near_before = _nearness(points, tried[0])[0]
    found: list[tuple[float, ...]] = []
    for place, labels in enumerate(tried[1:]):
        which = tuple(float(place == other) for other in range(MOST_SPEAKERS - 1))
        if not labels.max():
            found.append((0.0,) * 12 + whole + which)
            continue
        near, margin, unsure = _nearness(points, labels)
        shape = (*_pairs(points, labels), near, near - near_before, margin, unsure, *_changes(labels, follows))
        found.append((*shape, *whole, *which))
        near_before = near
    return found


def _pairs(points: Points, labels: Labels) -> tuple[float, ...]:
    centred, plain = likeness(points.centred, labels), likeness(points.plain, labels)
    seconds = np.bincount(labels) * points.seconds
    pair = [int(one) for one in np.unravel_index(centred.argmax(), centred.shape)]
    means = [float(alike[np.isfinite(alike)].mean()) for alike in (centred, plain)]
    smallest = [float(np.log(some.min())) for some in (seconds, seconds[pair])]
    return float(centred.max()), float(plain.max()), *means, *smallest


def likeness(vectors: Floats, labels: Labels) -> Floats:
    """Return the cosine between the mean directions of every two clusters; minus infinity of one with itself."""
    middles = centroids(unit(vectors), labels)
    alike = np.asarray(middles @ middles.T)
    np.fill_diagonal(alike, -np.inf)
    return alike


def _nearness(points: Points, labels: Labels) -> tuple[float, float, float]:
    alike = points.smooth @ centroids(points.smooth, labels).T
    rows = np.arange(len(labels))
    own = alike[rows, labels].copy()
    alike[rows, labels] = -np.inf
    margin = own - alike.max(axis=1) if labels.max() else np.ones(len(labels))
    return float(own.mean()), float(margin.mean()), float((margin < UNSURE_MARGIN).mean())


def _changes(labels: Labels, follows: NDArray[np.bool_]) -> tuple[float, float]:
    changes = labels[1:] != labels[:-1]
    within, between = (float((changes & where).sum() / max(1, where.sum())) for where in (follows, ~follows))
    return within, between


def without_moments(points: Points, labels: Labels, least: float) -> Labels:
    """Return labels without those who speak for less than `least` seconds in all; at least two stay.

    A moment that sounds like nobody is no speaker: it goes to whom it is most like.
    """
    counts = np.bincount(labels)
    order = np.argsort(-counts, kind="stable")
    kept = [one for place, one in enumerate(order.tolist()) if place < 2 or counts[one] * points.seconds >= least]
    middles = centroids(points.smooth, labels)[kept]
    nearest = np.asarray(kept)[(points.smooth @ middles.T).argmax(axis=1)]
    return np.where(np.isin(labels, kept), labels, nearest)
