"""Lay the 468-point mesh on a found face, and say how much it looks like one."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from mien.domain.network import Floats, Network
from mien.domain.segment import Box
from mien.extractors.face_alignment import (
    Pixels,
    Square,
    cut_square,
    picture_of,
    points_in_picture,
    square_around,
)
from mien.extractors.face_detection import Detection, Point

MESH: Final = "face-mesh-1"
SIZE: Final = 192
POINTS: Final = 468
SURROUNDINGS: Final = 1.5
"""The mesh network wants the face with half as much again around it."""

EYE_CORNERS: Final = (33, 263)
"""Outer corners of the eye that is left in the upright picture, and of the other."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Hold the points, 468 x 3 in pixels of the picture, and the network's presence flag 0…1."""

    points: Floats
    flag: float

    @property
    def angle(self) -> float:
        """Return by how much the eyes are turned from level, radians clockwise as seen."""
        first, second = (self.points[corner] for corner in EYE_CORNERS)
        return math.atan2(second[1] - first[1], second[0] - first[0])


def lay_mesh(network: Network, picture: Image.Image, detection: Detection) -> Mesh:
    """Return the mesh of a found face: once from the detector's box, once more from the first mesh."""
    rough = mesh_in(network, picture, square_of(detection.box, detection.eyes))
    return mesh_in(network, picture, square_around(rough.points, rough.angle, SURROUNDINGS))


def mesh_of_box(network: Network, pixels: Pixels, box: Box) -> Floats:
    """Return the points of a face whose box is known, 468 x 3 in pixels of the picture."""
    picture = picture_of(pixels)
    square = Square(box.x + box.w / 2, box.y + box.h / 2, SURROUNDINGS * max(box.w, box.h), 0.0)
    rough = mesh_in(network, picture, square)
    return mesh_in(network, picture, square_around(rough.points, rough.angle, SURROUNDINGS)).points


def mesh_in(network: Network, picture: Image.Image, square: Square) -> Mesh:
    """Return the mesh of the face that stands upright in a square."""
    outputs = network.run({"input_1": mesh_input(cut_square(picture, square, SIZE))[np.newaxis]})
    points = outputs["conv2d_21"].reshape(POINTS, 3)
    flag = float(1 / (1 + np.exp(-outputs["conv2d_31"].reshape(()))))
    return Mesh(points_in_picture(points, square, SIZE), flag)


def mesh_input(pixels: Pixels) -> Floats:
    """Scale pixels to the mesh network's range, 0…1."""
    return pixels.astype(np.float32) / np.float32(255)


def square_of(box: Box, eyes: tuple[Point, Point]) -> Square:
    """Return the square the mesh network wants for a detector's box."""
    (left_x, left_y), (right_x, right_y) = eyes
    angle = math.atan2(right_y - left_y, right_x - left_x)
    return Square(box.x + box.w / 2, box.y + box.h / 2, SURROUNDINGS * max(box.w, box.h), angle)
