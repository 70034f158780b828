"""What every model keeps, whatever its networks say."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.expression import ExpressionModel
from mien.domain.labels import EMOTIONS_48, Heads
from mien.models import face, facemesh
from mien.testing import check_model
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_crop, neutral_mesh
from tests.fakes_runtime import FakeNetwork


class FaceAsFarAsMeasured(face.FaceModel):
    """Leave out the heads that `face` names for its table and does not measure yet."""

    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48}


def means(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """Answer each face with logits that depend on it and on nothing else."""
    (faces,) = inputs.values()
    flat = faces.reshape(len(faces), -1)
    return {"logits": np.stack([flat[:, place::8].mean(axis=1) for place in range(8)], axis=1).astype(np.float32)}


RUNTIME = FakeRuntime({face.NETWORK: FakeNetwork(means), facemesh.NETWORK: FakeNetwork(means)})


@pytest.mark.parametrize("model", [FaceAsFarAsMeasured, facemesh.FacemeshModel], ids=lambda model: model.name)
def test_the_model_keeps_the_contract(model: type[ExpressionModel[Any]]) -> None:
    grain = np.random.default_rng(1).normal(0, 2, (3, 468, 3)).astype(np.float32)
    faces = [face_crop(neutral_mesh(20.0) + noise, grey=grey) for noise, grey in zip(grain, (10, 90, 250), strict=True)]

    check_model(model, faces, RUNTIME)
