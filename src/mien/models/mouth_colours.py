"""Tell tongue and teeth by the colours between, on and under the lips; a picture without colour tells no tongue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.domain.segment import FaceCrop

Array = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]

BETWEEN: Final = ((81, 178), (82, 87), (13, 14), (312, 317), (311, 402))
"""Vertices of the inner rims, upper and lower: between them lies what the open mouth shows."""

ON_LIP: Final = ((87, 84), (14, 17), (317, 314), (82, 37), (13, 0), (312, 267))
BELOW: Final = ((18, 200), (83, 201), (313, 421), (200, 199))
"""From the lower rim towards the chin: skin, unless the tongue hangs over it."""

SKIN: Final = (50, 280, 205, 425, 36, 266, 101, 330)
STEPS: Final = (0.2, 0.35, 0.5, 0.65, 0.8)
LEAST_REDNESS: Final = 0.15
"""How much redder than the cheeks a tongue is at least; chins alone are redder by up to 0.12."""

GAP_FROM: Final = 0.015
GAP_FULL: Final = 0.045
"""Opening of the lips, in heights of the face, at which what is between them begins to count, and counts fully."""


@dataclass(frozen=True, eq=False)
class MouthColours:
    """Hold, per face and 0…1: how much of the open mouth is tongue or teeth, and of the skin under it, tongue."""

    tongue_inside: Floats
    tongue_below: Floats
    teeth: Floats


def mouth_colours(faces: Sequence[FaceCrop]) -> MouthColours:
    """Look at the mouths of faces."""
    rows = np.array([_look(face) for face in faces], np.float32).reshape(-1, 3)
    return MouthColours(rows[:, 0], rows[:, 1], rows[:, 2])


def _look(face: FaceCrop) -> tuple[float, float, float]:
    corner = np.array([max(0, round(face.box.x)), max(0, round(face.box.y))])
    points = face.mesh[:, :2].astype(np.float64) - corner
    skin = _colours(face, points[list(SKIN)])
    skin_redness, skin_light = float(np.median(_redness(skin))), float(np.median(skin.mean(axis=1)))
    lips = _colours(face, _along(points, ON_LIP))
    redder = max(LEAST_REDNESS, float(np.median(_redness(lips))) - skin_redness)
    inside, below = _colours(face, _along(points, BETWEEN)), _colours(face, _along(points, BELOW))
    opening = float(np.linalg.norm(points[13] - points[14])) / max(1.0, face.box.h)
    counts = float(np.clip((opening - GAP_FROM) / (GAP_FULL - GAP_FROM), 0, 1))
    red = _redness(inside) > skin_redness + 0.7 * redder
    light = inside.mean(axis=1)
    teeth = (light > 0.8 * skin_light) & (_redness(inside) < skin_redness + 0.3 * redder)
    tongue = red & (light > 0.4 * skin_light)
    hanging = (_redness(below) > skin_redness + redder) & (below.mean(axis=1) > 0.4 * skin_light)
    return counts * float(tongue.mean()), float(hanging.mean()), counts * float(teeth.mean())


def _along(points: Array, pairs: Pairs) -> Array:
    """Return places between pairs of points, at `STEPS` of the way."""
    first, second = points[[one for one, _ in pairs]], points[[other for _, other in pairs]]
    return np.concatenate([first + step * (second - first) for step in STEPS])


def _colours(face: FaceCrop, places: Array) -> Array:
    """Read the colours, 0 to 255, at places in pixels of the face's picture; those outside count as its edge."""
    height, width = face.picture.shape[:2]
    x, y = places.round().astype(int).T
    colours: Array = face.picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float64)
    return colours


def _redness(colours: Array) -> Array:
    """Return how red colours are: the logarithm of red over the mean of green and blue; 0 is grey."""
    red: Array = np.log((colours[:, 0] + 4) / (colours[:, 1:].mean(axis=1) + 4))
    return red
