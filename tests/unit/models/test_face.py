"""The model `face`."""

import numpy as np
import pytest

from mien.domain.labels import EMOTIONS_48
from mien.domain.request import FaceExtraction, FaceOptions
from mien.models.action_units import NETWORK_UNITS
from mien.models.face import NETWORK, UNIT_NETWORK, FaceModel, network_input
from mien.models.images import INPUT_SIZE
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_crop
from tests.fakes_runtime import FakeNetwork

EMOTIONS = frozenset({"emotions"})


def seeing(place: int) -> FakeNetwork:
    """Make a network that sees one expression in every face."""
    return FakeNetwork(lambda inputs: {"logits": np.eye(8, dtype=np.float32)[[place] * len(inputs["image"])] * 9})


def face_model(expressions: FakeNetwork) -> tuple[FaceModel, FakeNetwork]:
    """Make a model, and its network of action units, which sees none."""
    units = FakeNetwork(lambda inputs: {"logits": np.full((len(inputs["image"]), len(NETWORK_UNITS)), -3, np.float32)})
    return FaceModel(FakeRuntime({NETWORK: expressions, UNIT_NETWORK: units})), units


def test_a_happy_face_scores_joy() -> None:
    model, _units = face_model(seeing(1))

    row = model.predict([face_crop()], EMOTIONS)["emotions"][0]

    assert EMOTIONS_48[row.argmax()] == "Joy"


def test_crops_reach_the_network_grey_standardised_and_at_its_size() -> None:
    network = seeing(0)
    crop = np.random.default_rng(3).integers(0, 255, (96, 96, 3), np.uint8)
    face = face_crop()
    face_model(network)[0].predict([face, face], EMOTIONS)

    assert network.batches[0]["image"].shape == (2, 1, INPUT_SIZE, INPUT_SIZE)
    assert network_input(crop[np.newaxis]).mean() == pytest.approx(0, abs=1e-5)


def test_a_crop_is_shrunk_by_averaging_areas() -> None:
    stripes = np.zeros((1, 96, 96, 3), np.uint8)
    stripes[:, :, ::2] = 200
    stripes[:, 48:] //= 2

    shrunk = network_input(stripes)[0, 0]

    assert shrunk[:24] == pytest.approx(np.ones((24, 48)), abs=1e-4)
    assert shrunk[24:] == pytest.approx(-np.ones((24, 48)), abs=1e-4)


def test_a_crop_of_an_odd_size_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 48"):
        network_input(np.zeros((1, 100, 100, 3), np.uint8))


def test_action_units_and_descriptions_come_when_asked_for_and_only_then() -> None:
    model, units = face_model(seeing(1))

    plain = model.predict([face_crop()], EMOTIONS)
    assert (list(plain), units.batches) == (["emotions"], [])

    full = model.predict([face_crop()] * 2, frozenset({"emotions", "facs", "descriptions"}))
    assert {head: rows.shape for head, rows in full.items()} == {
        "emotions": (2, 48), "facs": (2, 36), "descriptions": (2, 27)
    }  # fmt: skip
    assert full["emotions"][0] == pytest.approx(plain["emotions"][0])


def test_hands_are_looked_for_only_when_action_units_or_descriptions_are_wanted() -> None:
    wanted = {head: FaceOptions.model_validate({head: {}}).extraction().hands for head in ("facs", "descriptions")}

    assert wanted == {"facs": True, "descriptions": True}
    assert FaceOptions().extraction() == FaceExtraction()
    assert not FaceExtraction().hands


def test_no_faces_give_no_rows() -> None:
    model, _units = face_model(seeing(1))

    assert model.predict([], frozenset({"facs"}))["facs"].shape == (0, 36)
