"""What every model keeps, whatever its networks say."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.expression import ExpressionModel
from mien.models import face, facemesh
from mien.models.action_units import NETWORK_UNITS
from mien.testing import check_model
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_crop, neutral_mesh
from tests.fakes_runtime import FakeNetwork


def means(count: int) -> FakeNetwork:
    """Make a network that answers each face with logits that depend on it and on nothing else."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        (faces,) = inputs.values()
        flat = faces.reshape(len(faces), -1)
        columns = [flat[:, place::count].mean(axis=1) for place in range(count)]
        return {"logits": np.stack(columns, axis=1).astype(np.float32)}

    return FakeNetwork(answer)


RUNTIME = FakeRuntime(
    {face.NETWORK: means(8), face.UNIT_NETWORK: means(len(NETWORK_UNITS)), facemesh.NETWORK: means(8)}
)


@pytest.mark.parametrize("model", [face.FaceModel, facemesh.FacemeshModel], ids=lambda model: model.name)
def test_the_model_keeps_the_contract(model: type[ExpressionModel[Any]]) -> None:
    grain = np.random.default_rng(1).normal(0, 2, (3, 468, 3)).astype(np.float32)
    faces = [face_crop(neutral_mesh(20.0) + noise, grey=grey) for noise, grey in zip(grain, (10, 90, 250), strict=True)]

    check_model(model, faces, RUNTIME)
