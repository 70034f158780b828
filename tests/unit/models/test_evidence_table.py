"""Labels from signs, by a table."""

import numpy as np
import pytest

from mien.domain.labels import FACS
from mien.models.action_units import UNIT_SIGNS
from mien.models.evidence_table import EvidenceTable, read_evidence_table

TABLE = EvidenceTable(
    labels=("open", "shut"),
    signs=("gap", "press"),
    base=np.array([-2, -1], np.float32),
    weights=np.array([[3, -1], [0, 2]], np.float32),
    rules=("own rule", "own rule"),
)


def test_without_signs_a_score_is_that_of_its_base() -> None:
    assert TABLE.scores(np.zeros((1, 2), np.float32))[0] == pytest.approx([0.119, 0.269], abs=1e-3)


def test_signs_raise_and_lower_by_their_weights() -> None:
    low, high, against = TABLE.scores(np.array([[0, 0], [1, 0], [1, 1]], np.float32))[:, 0]

    assert low < against < high


def test_terms_and_base_make_the_score() -> None:
    signs = np.array([[0.5, 1.0]], np.float32)

    logits = TABLE.base + TABLE.terms(signs).sum(axis=2)
    assert 1 / (1 + np.exp(-logits)) == pytest.approx(TABLE.scores(signs))


def test_a_table_must_hold_exactly_the_labels() -> None:
    with pytest.raises(ValueError, match="exactly the labels"):
        read_evidence_table("action_units.toml", FACS[1:], UNIT_SIGNS)


def test_a_sign_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        read_evidence_table("action_units.toml", FACS, UNIT_SIGNS[1:])
