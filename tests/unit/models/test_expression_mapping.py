"""From what is seen to 48 scores."""

import numpy as np
import pytest

from mien.domain.labels import EMOTIONS_48
from mien.models.expression_mapping import (
    EXPRESSIONS,
    SIGNS,
    Evidence,
    emotion_scores,
    explain,
    probabilities,
    read_table,
    signs_of,
)
from mien.models.face_geometry import ACTION_UNITS, Geometry, measure
from tests.fakes_movements import MOVEMENTS, NEUTRAL

TABLE = read_table()


def seen(expression: str = "neutral", share: float = 1.0, **signs: float) -> Evidence:
    """Make the evidence of one face: an expression (the rest is neutral) and signs, `head_up` for `head up`."""
    shares = np.zeros((1, len(EXPRESSIONS)), np.float32)
    shares[0, 0] = 1 - share
    shares[0, EXPRESSIONS.index(expression)] += share
    row = np.zeros((1, len(SIGNS)), np.float32)
    for sign, strength in signs.items():
        row[0, SIGNS.index(sign.replace("_", " "))] = strength
    return Evidence(shares, row)


def scores(evidence: Evidence) -> dict[str, float]:
    return dict(zip(EMOTIONS_48, emotion_scores(evidence, TABLE)[0].tolist(), strict=True))


def top(evidence: Evidence, count: int = 3) -> set[str]:
    found = scores(evidence)
    return set(sorted(found, key=lambda emotion: -found[emotion])[:count])


@pytest.mark.parametrize(
    ("expression", "emotion"),
    [
        ("happiness", "Joy"),
        ("surprise", "Surprise (positive)"),
        ("surprise", "Surprise (negative)"),
        ("sadness", "Sadness"),
        ("anger", "Anger"),
        ("disgust", "Disgust"),
        ("fear", "Fear"),
        ("contempt", "Contempt"),
        ("neutral", "Calmness"),
    ],
)
def test_each_expression_puts_its_emotion_among_the_top_three(expression: str, emotion: str) -> None:
    assert emotion in top(seen(expression))


def test_more_of_an_expression_never_lowers_its_emotion() -> None:
    rising = [scores(seen("happiness", share))["Joy"] for share in np.linspace(0, 1, 11)]

    assert rising == sorted(rising)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_stronger_sign_moves_every_emotion_the_way_the_table_says(sign: str) -> None:
    weak, strong = (emotion_scores(seen(**{sign.replace(" ", "_"): level}), TABLE)[0] for level in (0.0, 1.0))

    moved = np.sign(np.round(strong - weak, 6))
    assert (moved == np.sign(TABLE.signs[:, SIGNS.index(sign)])).all()


@pytest.mark.parametrize("unit", [unit for unit in ACTION_UNITS if unit in MOVEMENTS])
def test_moving_the_mesh_as_a_unit_does_never_lowers_the_expressions_listed_with_it(unit: str) -> None:
    vertices = NEUTRAL.vertices + np.linspace(0, 1, 6)[:, np.newaxis, np.newaxis] * MOVEMENTS[unit]
    meshes = (vertices * (20.0, -20.0, -20.0) + (100, 100, 0)).astype(np.float32)
    calm = np.repeat(seen().expressions, 6, axis=0)

    rising = emotion_scores(Evidence(calm, signs_of(measure(meshes, NEUTRAL))), TABLE)

    listed = TABLE.signs[:, SIGNS.index(unit)] > 0
    assert (np.diff(rising[:, listed], axis=0) >= -1e-4).all()


def test_a_calm_face_shows_several_emotions_a_little_and_none_very_much() -> None:
    calm = emotion_scores(seen("neutral"), TABLE)[0]

    assert calm.max() < 0.6
    assert (calm > 0.2).sum() >= 5
    assert calm.mean() == pytest.approx(0.13, abs=0.04)


def test_the_two_surprises_are_told_apart_by_smile_and_brows() -> None:
    smiling, frowning = scores(seen("surprise", AU12=1.0)), scores(seen("surprise", AU12=-0.5, AU4=1.0))

    assert smiling["Surprise (positive)"] > smiling["Surprise (negative)"]
    assert frowning["Surprise (negative)"] > frowning["Surprise (positive)"]


def test_scores_are_independent_and_between_zero_and_one() -> None:
    row = emotion_scores(seen("happiness", AU12=1.5, AU6=1.5, AU25=1.5), TABLE)

    assert row.shape == (1, 48)
    assert row.dtype == np.float32
    assert ((row > 0) & (row < 1)).all()
    assert row.sum() > 1


def test_a_score_can_be_explained_by_its_three_terms() -> None:
    told = explain(seen("happiness", AU12=1.0), TABLE)

    logit = told.expressions + told.signs + told.circle
    assert told.scores == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)
    assert told.signs[0, EMOTIONS_48.index("Joy")] > 0


def test_head_positions_are_read_from_the_pose_and_signs_are_bounded() -> None:
    pose = np.array([[0.35, 0, 0], [-0.35, 0, 0], [0, 0, -0.35]], np.float32)
    activations = np.full((3, len(ACTION_UNITS)), 9, np.float32)

    signs = signs_of(Geometry(activations, activations, pose))

    assert signs[:, -3:] == pytest.approx(np.eye(3))
    assert signs.max() == 1.5


def test_logits_become_shares() -> None:
    assert probabilities(np.array([[0, 0], [1000, 0]], np.float32)) == pytest.approx(np.array([[0.5, 0.5], [1, 0]]))


def test_every_emotion_names_its_source() -> None:
    assert len(TABLE.sources) == 48
    assert all(source.startswith("own rule") or any(map(str.isdigit, source)) for source in TABLE.sources)
