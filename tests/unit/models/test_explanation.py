"""Which evidence moved a score."""

import numpy as np
import pytest

from mien.models.explanation import explained
from mien.models.expression_mapping import EXPRESSIONS, SIGNS, Evidence, emotion_scores, read_table

TABLE = read_table()
HAPPY = np.zeros((1, len(EXPRESSIONS)), np.float32)
HAPPY[0, EXPRESSIONS.index("happiness")] = 0.9
HAPPY[0, EXPRESSIONS.index("neutral")] = 0.1
SMILE = np.zeros((1, len(SIGNS)), np.float32)
SMILE[0, SIGNS.index("AU12")] = 1.2


def test_base_and_terms_make_every_score() -> None:
    signs = np.random.default_rng(3).uniform(-1, 1.5, (2, len(SIGNS))).astype(np.float32)
    shares = np.random.default_rng(4).dirichlet(np.ones(len(EXPRESSIONS)), 2).astype(np.float32)
    evidence = Evidence(shares, signs)

    told = explained(evidence, TABLE)

    assert [len(face) for face in told] == [48, 48]
    for face in told:
        for score in face:
            assert 1 / (1 + np.exp(-score.logit)) == pytest.approx(score.score, abs=1e-4)
    assert sorted(score.score for score in told[1]) == pytest.approx(sorted(emotion_scores(evidence, TABLE)[1]))


def test_a_smile_is_named_as_what_raised_joy() -> None:
    strongest = explained(Evidence(HAPPY, SMILE), TABLE)[0][0]

    assert strongest.name == "Joy"
    assert [(term.kind, term.name) for term in strongest.terms[:2]] == [
        ("expression", "happiness"), ("valence and arousal", "+0.72, +0.42")
    ]  # fmt: skip
    smile = next(term for term in strongest.terms if term.name == "AU12")
    assert smile.seen == pytest.approx(1.2)
    assert smile.added > 0


def test_a_neutral_face_needs_no_evidence() -> None:
    neutral = np.eye(1, len(EXPRESSIONS), dtype=np.float32)

    told = explained(Evidence(neutral, np.zeros_like(SMILE)), TABLE)[0]

    assert all(score.terms == () for score in told)
    assert told[0].name == "Calmness"


def test_terms_come_with_the_largest_first() -> None:
    added = [abs(term.added) for term in explained(Evidence(HAPPY, SMILE), TABLE)[0][0].terms]

    assert added == sorted(added, reverse=True)
