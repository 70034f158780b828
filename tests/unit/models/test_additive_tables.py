"""Scores as sums of named terms."""

import json

import numpy as np
import pytest

from mien.models.additive_tables import calibrated, lift, read_calibration, read_table, softmax
from mien.models.burst_mapping import RULE_COLUMNS
from mien.models.voice_mapping import COLUMNS, HEARD

RANGES = np.array([[0.02, 0.1, 0.4]], np.float32)
KNOTS = np.array([[-1.0, 0.0, 2.0]], np.float32)


def test_the_knots_get_their_range() -> None:
    scores = calibrated(KNOTS.T, np.repeat(KNOTS, 1, 0), RANGES)

    assert scores[:, 0] == pytest.approx(RANGES[0], abs=1e-4)


def test_more_evidence_never_lowers_a_score() -> None:
    sums = np.linspace(-9, 9, 200, dtype=np.float32)[:, None]

    scores = calibrated(sums, KNOTS, RANGES)[:, 0]

    assert (np.diff(scores) >= 0).all()
    assert 0 < scores.min() < scores.max() < 1


def test_terms_add_up_to_the_sums() -> None:
    table = read_table("voice_rules.toml", HEARD, RULE_COLUMNS)
    evidence = np.random.default_rng(1).normal(size=(3, len(table.columns))).astype(np.float32)

    assert table.terms(evidence).sum(axis=2) == pytest.approx(table.sums(evidence), abs=1e-4)


def test_a_column_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="is no column"):
        read_table("voice_rules.toml", HEARD, COLUMNS[:3])


def test_a_missing_row_is_refused() -> None:
    with pytest.raises(ValueError, match="rows and labels differ"):
        read_table("voice_rules.toml", HEARD[:-1], COLUMNS)


def test_an_even_guess_lifts_nothing() -> None:
    assert lift(np.full((1, 4), 0.25, np.float32)) == pytest.approx(np.zeros((1, 4)))
    assert lift(np.array([[1.0, 0.0]], np.float32))[0].tolist() == pytest.approx([np.log(2), -2])


def test_probabilities_add_up_to_one() -> None:
    assert softmax(np.array([[1.0, 900.0]], np.float32)).sum() == pytest.approx(1)


def test_a_calibration_standardises_and_limits() -> None:
    told = read_calibration(json.dumps({"mean": [1.0], "deviation": [2.0], "knots": {"voice": [[0, 1, 2]]}}))

    assert told.standardised(np.array([[3.0], [99.0]], np.float32))[:, 0].tolist() == [1.0, 2.5]
    assert told.knots["voice"].shape == (1, 3)
