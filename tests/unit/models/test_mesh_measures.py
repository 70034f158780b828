"""What action units move on the mesh."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.mesh_measures import MEASURES, measure_meshes, raw_mesh_measures, read_statistics
from tests.fakes_faces import neutral_mesh
from tests.fakes_movements import MOVEMENTS, NEUTRAL, UPPER_LIDS, along_y

STATISTICS = read_statistics()


def z_scores(movement: NDArray[np.float64], amounts: NDArray[np.float64]) -> NDArray[np.float32]:
    """Measure a neutral face that makes so much of a movement, as the extractor would see it."""
    vertices = NEUTRAL.vertices + amounts[:, np.newaxis, np.newaxis] * movement
    meshes = (vertices * (20.0, -20.0, -20.0) + (100, 100, 0)).astype(np.float32)
    return measure_meshes(meshes, NEUTRAL, STATISTICS).z


def test_every_measure_has_a_movement_here() -> None:
    assert set(MOVEMENTS) == set(MEASURES)


@pytest.mark.parametrize("measure", MEASURES)
def test_more_of_a_movement_never_measures_less(measure: str) -> None:
    rising = z_scores(MOVEMENTS[measure], np.linspace(0, 1, 11))[:, MEASURES.index(measure)]

    assert (np.diff(rising) >= -1e-4).all()
    assert rising[-1] > rising[0] + 0.8


@pytest.mark.parametrize("measure", ["AU1", "AU4", "AU12", "AU25", "AU43"])
@pytest.mark.parametrize("turn", [lambda v: v * 3, lambda v: v + 40], ids=["larger", "elsewhere"])
def test_size_and_place_do_not_matter(measure: str, turn: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
    mesh = neutral_mesh(10.0)
    here, there = measure_meshes(np.stack([mesh, turn(mesh)]).astype(np.float32), NEUTRAL, STATISTICS).z

    assert there[MEASURES.index(measure)] == pytest.approx(here[MEASURES.index(measure)], abs=0.02)


def test_the_average_neutral_face_is_near_the_middle_of_neutral_faces() -> None:
    z = measure_meshes(neutral_mesh()[np.newaxis], NEUTRAL, STATISTICS).z[0]

    assert np.abs(z).max() < 1.5


def test_closing_one_eye_shows_as_wink_and_as_half_a_closure() -> None:
    one = z_scores(MOVEMENTS["wink"], np.array([1.0]))[0]
    both = z_scores(along_y(UPPER_LIDS, -0.3), np.array([1.0]))[0]

    assert one[MEASURES.index("wink")] > 5 > abs(both[MEASURES.index("wink")])
    assert 0 < one[MEASURES.index("AU43")] < both[MEASURES.index("AU43")]


def test_raw_measures_come_in_the_order_of_their_names() -> None:
    raw = raw_mesh_measures(NEUTRAL.vertices[np.newaxis])

    assert raw.shape == (1, len(MEASURES))
    assert raw[0, MEASURES.index("AU5")] == -raw[0, MEASURES.index("AU43")]
