"""How many speakers there are."""

import numpy as np
import pytest

from mien.extractors.speaker_clustering import unit
from mien.extractors.speaker_count import (
    MOST_SPEAKERS,
    Counting,
    Points,
    clusterings,
    measures_of_counts,
    tell_apart,
    tell_apart_by_rule,
)
from mien.extractors.speaker_space import Judgement

ALIKE = 1
DISTINCT = Judgement(tuple(-20.0 if place == ALIKE else 0.0 for place in range(19)), 10.0)
"""As many as there are clusters of which no two point the same way."""


def points(*axes: int, prints: int = 12, mean: float = 0.85) -> Points:
    """Let voices, an axis each, speak one stretch after the other."""
    random = np.random.default_rng(3)
    rows = [np.eye(16)[axis] + random.normal(0, 0.05, 16) for axis in axes for _print in range(prints)]
    plain = unit(np.array(rows, np.float32))
    centred = plain - np.float32(mean) * plain.mean(axis=0)
    return Points(plain, centred, unit(centred), np.repeat(np.arange(len(axes)), prints).astype(np.float32), 0.4)


@pytest.mark.parametrize("voices", [2, 3, 5])
def test_voices_are_counted_by_the_judgement(voices: int) -> None:
    talk = points(*range(voices), *range(voices))

    assert tell_apart(talk, DISTINCT, Counting()).max() + 1 == voices


def test_one_voice_is_not_split() -> None:
    talk = points(0, 0, 0)

    assert tell_apart(talk, DISTINCT, Counting()).max() == 0
    assert tell_apart_by_rule(talk, Counting()).max() == 0


def test_fixed_thresholds_count_clear_voices() -> None:
    assert tell_apart_by_rule(points(0, 1, 2, 0, 1, 2), Counting()).max() + 1 == 3


def test_a_single_print_is_one_speaker() -> None:
    assert tell_apart(points(0, prints=1), DISTINCT, Counting()).tolist() == [0]
    assert tell_apart_by_rule(points(0, prints=1), Counting()).tolist() == [0]


def test_who_speaks_for_a_moment_is_no_speaker_by_the_rule() -> None:
    talk = points(0, 1, 0, 1)
    moment = points(2, prints=2)
    plain = np.concatenate([talk.plain, moment.plain])
    centred = plain - np.float32(0.85) * plain.mean(axis=0)
    together = Points(plain, centred, unit(centred), np.append(talk.stretches, [4.0, 4.0]).astype(np.float32), 0.4)

    assert tell_apart_by_rule(together, Counting()).max() == 1


def test_every_number_of_clusters_is_measured_and_marked() -> None:
    talk = points(0, 1, 2, 3, 4, 5)

    measured = measures_of_counts(talk, clusterings(talk, Counting()))

    assert [len(one) for one in measured] == [19] * (MOST_SPEAKERS - 1)
    assert np.array_equal(np.array(measured)[:, -5:], np.eye(5))
    assert np.isfinite(measured).all()
