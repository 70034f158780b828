"""Laying the mesh on a found face."""

import math

import numpy as np
import pytest

from mien.domain.segment import Box
from mien.extractors.face_alignment import hull, picture_of
from mien.extractors.face_detection import Detection
from mien.extractors.face_mesh import MESH, Mesh, lay_mesh, mesh_input, mesh_of_box, square_of
from tests.fakes_faces import face_runtime, picture_with


def test_the_mesh_lies_on_the_face_and_took_two_looks() -> None:
    network = face_runtime(flag=3.0).networks[MESH]
    face = Box(200, 100, 100, 130)
    detection = Detection(Box(210, 120, 90, 90), ((225, 150), (275, 150)), 0.9)

    mesh = lay_mesh(network, picture_of(picture_with(face)), detection)

    found = hull(mesh.points)
    assert (found.x, found.y, found.w, found.h) == pytest.approx((200, 100, 100, 130), abs=3)
    assert mesh.flag == pytest.approx(1 / (1 + math.exp(-3)))
    assert len(network.batches) == 2  # type: ignore[attr-defined]


def test_the_square_is_half_as_much_again_as_the_box_and_turned_with_the_eyes() -> None:
    square = square_of(Box(100, 100, 80, 60), ((120, 120), (120, 160)))

    assert (square.x, square.y, square.side) == (140, 130, 120)
    assert square.angle == pytest.approx(math.pi / 2)


def test_a_mesh_knows_how_its_eyes_are_turned() -> None:
    points = np.zeros((468, 3), np.float32)
    points[263] = (10, 10, 0)

    assert Mesh(points, 1.0).angle == pytest.approx(math.pi / 4)


def test_pixels_are_scaled_to_one() -> None:
    assert mesh_input(np.array([0, 255], np.uint8)).tolist() == [0.0, 1.0]


def test_the_mesh_of_a_known_box_lies_in_it() -> None:
    network = face_runtime().networks[MESH]

    found = hull(mesh_of_box(network, picture_with(Box(200, 100, 100, 130)), Box(195, 105, 100, 130)))

    assert (found.x, found.y, found.w, found.h) == pytest.approx((200, 100, 100, 130), abs=3)
