"""The 36 action units."""

from dataclasses import replace

import numpy as np
import pytest

from mien.domain.labels import FACS
from mien.domain.segment import FaceCrop
from mien.models.action_units import NETWORK_UNITS, UNIT_SIGNS, UnitReader, read_action_units
from mien.models.face_geometry import read_neutral_face
from mien.models.mesh_measures import MEASURES, read_statistics
from tests.fakes_faces import face_crop, hand_over, neutral_mesh
from tests.fakes_movements import MOVEMENTS, NEUTRAL

TABLE = read_action_units()
READER = UnitReader(read_neutral_face(), read_statistics(), TABLE)
CALM = np.array([[-3.0] * len(NETWORK_UNITS)], np.float32)
MEASURED = [measure for measure in MEASURES if measure.startswith("AU")]


def column(unit: str) -> int:
    return next(place for place, label in enumerate(FACS) if label.split()[0] == unit or label == unit)


def scores(face: FaceCrop, logits: np.ndarray = CALM) -> np.ndarray:
    return TABLE.scores(READER.signs([face], logits))[0]


def moved(measure: str, amount: float) -> FaceCrop:
    """Make a face that shows so much of a movement."""
    vertices = NEUTRAL.vertices + amount * MOVEMENTS[measure]
    return face_crop((vertices * (20.0, -20.0, -20.0) + (100, 100, 0)).astype(np.float32))


def test_all_units_stand_in_the_order_of_the_contract() -> None:
    assert TABLE.labels == FACS
    assert TABLE.weights.shape == (36, len(UNIT_SIGNS))
    assert all(TABLE.rules)


def test_a_calm_face_shows_little_of_anything() -> None:
    calm = scores(face_crop())

    assert calm.max() < 0.5
    assert np.median(calm) < 0.1


@pytest.mark.parametrize("unit", MEASURED)
def test_more_of_a_movement_never_scores_less(unit: str) -> None:
    rising = [scores(moved(unit, amount))[column(unit)] for amount in np.linspace(0, 1, 6)]

    assert (np.diff(rising) >= -1e-5).all()
    assert rising[-1] > rising[0]


@pytest.mark.parametrize("unit", NETWORK_UNITS)
def test_more_texture_never_scores_less(unit: str) -> None:
    levels = np.repeat(CALM, 6, axis=0)
    levels[:, NETWORK_UNITS.index(unit)] = np.linspace(-4, 4, 6)

    rising = TABLE.scores(READER.signs([face_crop()] * 6, levels))[:, column(unit)]

    assert (np.diff(rising) > 0).all()


@pytest.mark.parametrize(("unit", "other", "sign"), [("AU53", "AU54", 1), ("AU54", "AU53", -1)])
def test_a_nod_is_read_from_the_pose(unit: str, other: str, sign: int) -> None:
    angle = -sign * 0.4
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    vertices = NEUTRAL.vertices @ turn.T
    nodding = face_crop((vertices * (20.0, -20.0, -20.0) + (100, 100, 0)).astype(np.float32))

    assert scores(nodding)[column(unit)] > 0.6 > 0.2 > scores(nodding)[column(other)]


def test_a_hand_shows_where_it_lies_and_hides_what_is_under_it() -> None:
    smiling = moved("AU12", 1.0)
    hidden = replace(smiling, hands=(hand_over(smiling.mesh, 13),))

    assert scores(hidden)[column("Hand over Mouth")] > 0.9 > 0.1 > scores(smiling)[column("Hand over Mouth")]
    assert scores(hidden)[column("AU12")] < scores(smiling)[column("AU12")]


def test_signs_are_bounded_whatever_the_mesh() -> None:
    wild = face_crop(neutral_mesh() + np.random.default_rng(5).normal(0, 60, (468, 3)).astype(np.float32))
    signs = READER.signs([wild], CALM * 100)

    assert np.abs(signs).max() <= 6
