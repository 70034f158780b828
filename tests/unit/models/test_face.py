"""The model `face`."""

import numpy as np
import pytest
from pydantic import ValidationError

from mien.domain.errors import InvalidRequest
from mien.domain.labels import EMOTIONS_48
from mien.models.face import NETWORK, FaceModel, MeasuredFaceOptions, network_input
from mien.models.images import INPUT_SIZE
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_crop
from tests.fakes_runtime import FakeNetwork

EMOTIONS = frozenset({"emotions"})


def seeing(place: int) -> FakeNetwork:
    """Make a network that sees one expression in every face."""
    return FakeNetwork(lambda inputs: {"logits": np.eye(8, dtype=np.float32)[[place] * len(inputs["image"])] * 9})


def test_a_happy_face_scores_joy() -> None:
    model = FaceModel(FakeRuntime({NETWORK: seeing(1)}))

    row = model.predict([face_crop()], EMOTIONS)["emotions"][0]

    assert EMOTIONS_48[row.argmax()] == "Joy"


def test_crops_reach_the_network_grey_standardised_and_at_its_size() -> None:
    network = seeing(0)
    crop = np.random.default_rng(3).integers(0, 255, (96, 96, 3), np.uint8)
    face = face_crop()
    FaceModel(FakeRuntime({NETWORK: network})).predict([face, face], EMOTIONS)

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


@pytest.mark.parametrize("head", ["facs", "descriptions"])
def test_what_is_not_measured_yet_is_refused_not_invented(head: str) -> None:
    with pytest.raises(ValidationError, match="not measured yet"):
        MeasuredFaceOptions.model_validate({head: {}})
    with pytest.raises(InvalidRequest, match=f"models.face.{head}: not measured yet"):
        FaceModel(FakeRuntime({NETWORK: seeing(0)})).predict([face_crop()], frozenset({head}))


def test_leaving_out_what_is_not_measured_yet_is_fine() -> None:
    options = MeasuredFaceOptions.model_validate({"facs": None, "fps_pred": 1})

    assert options.heads() == EMOTIONS
    assert options.facs is None
