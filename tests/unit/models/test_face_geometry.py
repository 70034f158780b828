"""Measuring a face's shape."""

import numpy as np
import pytest

from mien.models.face_geometry import ACTION_UNITS, MESH_SHAPE, measure, mesh_shape, read_neutral_face, to_front
from tests.fakes_faces import neutral_mesh

NEUTRAL = read_neutral_face()


def turned(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Draw the neutral face with its head raised, turned to the picture's right, rolled clockwise; in pixels."""
    c, s = np.cos, np.sin
    raise_head = np.array([[1, 0, 0], [0, c(pitch), s(pitch)], [0, -s(pitch), c(pitch)]])
    turn_right = np.array([[c(yaw), 0, s(yaw)], [0, 1, 0], [-s(yaw), 0, c(yaw)]])
    clockwise = np.array([[c(roll), s(roll), 0], [-s(roll), c(roll), 0], [0, 0, 1]])
    vertices = NEUTRAL.vertices @ (clockwise @ turn_right @ raise_head).T
    return (vertices * (10, -10, -10) + (200, 150, 0)).astype(np.float32)


def changed(vertices: dict[int, tuple[float, float, float]]) -> np.ndarray:
    """Move vertices of the neutral face, in centimetres, y up."""
    mesh = neutral_mesh()
    for place, (x, y, z) in vertices.items():
        mesh[place] += (10 * x, -10 * y, -10 * z)
    return mesh


def action_units(mesh: np.ndarray) -> dict[str, float]:
    row = measure(mesh[np.newaxis], NEUTRAL).action_units[0]
    return dict(zip(ACTION_UNITS, row.tolist(), strict=True))


@pytest.mark.parametrize(("pitch", "yaw", "roll"), [(0.3, 0, 0), (0, 0.4, 0), (0, 0, -0.5), (-0.2, 0.3, 0.1)])
def test_a_turned_head_is_turned_back_and_its_pose_is_told(pitch: float, yaw: float, roll: float) -> None:
    front, pose = to_front(turned(pitch, yaw, roll)[np.newaxis], NEUTRAL.vertices)

    assert front[0] == pytest.approx(NEUTRAL.vertices, abs=1e-3)
    if [pitch, yaw, roll].count(0) == 2:
        assert pose[0] == pytest.approx((pitch, yaw, roll), abs=1e-4)


def test_size_and_place_in_the_picture_do_not_matter() -> None:
    near, far = neutral_mesh(30.0, (700.0, 300.0)), neutral_mesh(4.0, (20.0, 30.0))

    assert measure(near[np.newaxis], NEUTRAL).action_units == pytest.approx(
        measure(far[np.newaxis], NEUTRAL).action_units, abs=0.02
    )


def test_the_average_neutral_face_shows_no_action_unit_strongly() -> None:
    assert max(map(abs, action_units(neutral_mesh()).values())) < 1.0


@pytest.mark.parametrize(
    ("moved", "unit"),
    [
        ({61: (-0.5, 0.6, 0), 291: (0.5, 0.6, 0)}, "AU12"),
        ({61: (0, -0.3, 0), 291: (0, -0.3, 0)}, "AU15"),
        ({13: (0, 0.5, 0), 14: (0, -1.0, 0)}, "AU25"),
        ({159: (0, 0.3, 0), 386: (0, 0.3, 0)}, "AU5"),
        ({159: (0, -0.5, 0), 386: (0, -0.5, 0)}, "AU43"),
        ({55: (0, 0.6, 0), 285: (0, 0.6, 0), 107: (0, 0.6, 0), 336: (0, 0.6, 0)}, "AU1"),
        ({55: (0.2, -0.5, 0), 285: (-0.2, -0.5, 0), 65: (0, -0.5, 0), 295: (0, -0.5, 0)}, "AU4"),
        ({61: (0, 0.3, 0)}, "smirk"),
        ({61: (0.6, 0, 0), 291: (-0.6, 0, 0)}, "AU18"),
    ],
)
def test_moving_the_vertices_of_an_action_unit_raises_it(
    moved: dict[int, tuple[float, float, float]], unit: str
) -> None:
    assert action_units(changed(moved))[unit] > action_units(neutral_mesh())[unit] + 1.0


def test_many_faces_are_measured_like_one() -> None:
    faces = np.stack([turned(0.1), turned(0, 0.2), changed({61: (-0.5, 0.6, 0)})])

    together = measure(faces, NEUTRAL).action_units

    assert together[1] == pytest.approx(measure(faces[1:2], NEUTRAL).action_units[0], abs=1e-5)


def test_a_networks_view_of_the_neutral_face_is_zero() -> None:
    row = mesh_shape(neutral_mesh()[np.newaxis], NEUTRAL)

    assert row.shape == (1, MESH_SHAPE)
    assert row.dtype == np.float32
    assert np.abs(row).max() < 1e-3


def test_the_packaged_statistics_are_whole_and_mirror_alike() -> None:
    assert NEUTRAL.vertices.shape == (468, 3)
    assert NEUTRAL.pose_terms.shape == (4, len(ACTION_UNITS))
    assert (NEUTRAL.deviation > 0).all()
    assert (NEUTRAL.strong > 0).all()
    assert NEUTRAL.vertices[33] * (-1, 1, 1) == pytest.approx(NEUTRAL.vertices[263], abs=0.01)
