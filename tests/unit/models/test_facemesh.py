"""The model `facemesh`."""

import numpy as np

from mien.domain.labels import EMOTIONS_48
from mien.models.face_geometry import MESH_SHAPE
from mien.models.facemesh import NETWORK, FacemeshModel
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_crop, neutral_mesh
from tests.fakes_runtime import FakeNetwork

EMOTIONS = frozenset({"emotions"})


def seeing(place: int) -> FakeNetwork:
    """Make a network that sees one expression in every mesh."""
    return FakeNetwork(lambda inputs: {"logits": np.eye(8, dtype=np.float32)[[place] * len(inputs["shape"])] * 9})


def test_a_sad_mesh_scores_sadness() -> None:
    row = FacemeshModel(FakeRuntime({NETWORK: seeing(3)})).predict([face_crop()], EMOTIONS)["emotions"][0]

    assert EMOTIONS_48[row.argmax()] == "Sadness"


def test_no_pixel_is_looked_at() -> None:
    model = FacemeshModel(FakeRuntime({NETWORK: seeing(0)}))

    dark, light = (model.predict([face_crop(grey=grey)], EMOTIONS)["emotions"] for grey in (0, 255))

    assert (dark == light).all()


def test_the_network_gets_the_shape_wherever_the_face_is() -> None:
    network = seeing(0)
    near, far = face_crop(neutral_mesh(25.0, (500.0, 90.0))), face_crop(neutral_mesh(6.0))

    FacemeshModel(FakeRuntime({NETWORK: network})).predict([near, far], EMOTIONS)

    shapes = network.batches[0]["shape"]
    assert shapes.shape == (2, MESH_SHAPE)
    assert np.abs(shapes[0] - shapes[1]).max() < 0.01
