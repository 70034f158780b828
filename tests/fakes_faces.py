"""Faces for tests without weights: white rectangles, and networks that take them for faces."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.segment import Box, FaceCrop, Hand
from mien.extractors.face_detection import CELLS, DETECTOR, SIZE
from mien.extractors.face_mesh import MESH
from mien.models.face_geometry import read_neutral_face
from tests.fakes import FakeRuntime
from tests.fakes_runtime import FakeNetwork

Arrays = Mapping[str, NDArray[Any]]


def picture_with(*faces: Box, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """Draw white rectangles on black."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for face in faces:
        pixels[int(face.y) : int(face.y + face.h), int(face.x) : int(face.x + face.w)] = 255
    return pixels


def face_runtime(score: float = 6.0, flag: float = 8.0) -> FakeRuntime:
    """Return a runtime whose detector and mesh find white rectangles, with these logits."""
    return FakeRuntime(
        {
            DETECTOR: FakeNetwork(lambda inputs: _detect(inputs["input_1"], score)),
            MESH: FakeNetwork(lambda inputs: _lay(inputs["input_1"], flag)),
        }
    )


def _white(picture: NDArray[Any], level: float) -> list[tuple[int, int, int, int]]:
    """Find white rectangles that stand side by side: left, top, right, bottom."""
    white = picture[..., 2] > level
    columns = np.flatnonzero(np.diff(np.concatenate([[0], white.any(axis=0), [0]]).astype(int)))
    found = []
    for left, right in zip(columns[::2], columns[1::2], strict=True):
        rows = np.flatnonzero(white[:, left:right].any(axis=1))
        found.append((int(left), int(rows[0]), int(right), int(rows[-1]) + 1))
    return found


def _detect(pictures: NDArray[Any], score: float) -> Arrays:
    boxes = np.zeros((len(pictures), CELLS * CELLS, 16), np.float32)
    scores = np.full((len(pictures), CELLS * CELLS, 1), -20, np.float32)
    step = SIZE / CELLS
    for index, picture in enumerate(pictures):
        for left, top, right, bottom in _white(picture, 0.5):
            x, y = (left + right) / 2, (top + bottom) / 2
            column, row = int(x / step), int(y / step)
            dx, dy = x - (column + 0.5) * step, y - (row + 0.5) * step
            side = max(right - left, bottom - top)
            eyes = [dx - side / 4, dy, dx + side / 4, dy]
            boxes[index, row * CELLS + column, :8] = [dx, dy, side, side, *eyes]
            scores[index, row * CELLS + column] = score
    return {"Identity": boxes, "Identity_1": scores}


def _lay(pictures: NDArray[Any], flag: float) -> Arrays:
    points = np.stack([_points(_white(picture, 0.5)) for picture in pictures])
    return {
        "conv2d_21": points.reshape(len(pictures), 1, 1, -1),
        "conv2d_31": np.full((len(pictures), 1, 1, 1), flag, np.float32),
    }


def _points(white: list[tuple[int, int, int, int]]) -> NDArray[np.float32]:
    left, top, right, bottom = max(white, key=lambda box: box[2] - box[0], default=(90, 90, 100, 100))
    shape = neutral_mesh()
    low, high = shape.min(axis=0), shape.max(axis=0)
    return ((shape - low) / (high - low) * (right - left, bottom - top, 10) + (left, top, 0)).astype(np.float32)


def neutral_mesh(pixels_per_cm: float = 10.0, centre: tuple[float, float] = (100.0, 100.0)) -> NDArray[np.float32]:
    """Return the mesh of the average neutral face, as the extractor gives it: pixels, y down."""
    vertices = read_neutral_face().vertices * (pixels_per_cm, -pixels_per_cm, -pixels_per_cm)
    return np.add(vertices, (*centre, 0.0)).astype(np.float32)


def face_crop(mesh: NDArray[np.float32] | None = None, grey: int = 128, size: int = 96) -> FaceCrop:
    """Make a face crop of one grey with a neutral mesh."""
    crop = np.full((size, size, 3), grey, np.uint8)
    points = neutral_mesh() if mesh is None else mesh
    return FaceCrop(frame=0, time=0.0, prob=1.0, box=Box(0, 0, 96, 96), mesh=points, crop=crop, picture=crop)


def hand_over(mesh: NDArray[np.float32], vertex: int, prob: float = 0.95, down: float = 0.0) -> Hand:
    """Lay a flat hand, fingers up and as long as half the face, with its middle on a vertex, or so far below it."""
    length = float(np.ptp(mesh[:, 1])) / 2
    joints = [(0.0, 1.0), *((-0.45 + 0.1 * step, 0.75 - 0.15 * step) for step in range(4))]
    joints += [(-0.3 + 0.2 * finger, 0.4 - 0.3 * step) for finger in range(4) for step in range(4)]
    flat = (np.array(joints) - (0, 0.2)) * (0.8 * length, length / 1.5) + mesh[vertex, :2] + (0, down)
    return Hand(np.column_stack([flat, np.zeros(21)]).astype(np.float32), prob)
