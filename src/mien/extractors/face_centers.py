"""Find faces with CenterFace, which an operator may choose instead of BlazeFace: surer of small faces, and slower."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.network import Network
from mien.domain.segment import Box
from mien.extractors.face_alignment import fit_inside
from mien.extractors.face_detection import (
    LOWEST_SCORE,
    MIDDLE,
    MOST_TILES,
    MOST_TILES_IN_FILM,
    STEEPNESS,
    SURE_SHARE,
    Detection,
    belongs_to_region,
    regions_to_search,
    without_doubles,
)

CENTERFACE: Final = "face-detection-centerface-1"
SIDE: Final = 640
"""Longer side of a region as the network sees it."""

SURE_HERE: Final = 0.03
"""Share of the longer side from which on hardly any face is missed."""

STRIDE: Final = 4
"""The network answers for every fourth pixel of its input."""

MULTIPLE: Final = 32
"""Sides of the network's input are multiples of this."""

STEEPNESS_HERE: Final = 24.0
MIDDLE_HERE: Final = 0.45
"""Constants of the logistic map from CenterFace's score to a probability; see docs/science-face.md."""

Maps = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


class CenterFace:
    """Find faces by their centres."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def regions(self, picture: Image.Image, smallest: float, still: bool) -> list[Box]:
        """Return the whole picture and, where faces may be too small in it, overlapping tiles."""
        most = MOST_TILES if still else MOST_TILES_IN_FILM
        return regions_to_search(*picture.size, smallest * SURE_SHARE / SURE_HERE, most)

    def find(self, picture: Image.Image, regions: Sequence[Box]) -> list[Detection]:
        """Return the faces in these regions, best first; their scores are brought to BlazeFace's scale."""
        whole = Box(0, 0, picture.width, picture.height)
        return without_doubles(
            [
                found
                for region in regions
                for found in self._in_region(picture, region)
                if belongs_to_region(found.box, region, whole)
            ]
        )

    def _in_region(self, picture: Image.Image, region: Box) -> list[Detection]:
        pixels, scale = fit_inside(picture, region, SIDE)
        rows, columns = _multiple(region.h / scale), _multiple(region.w / scale)
        shown = pixels[:rows, :columns].transpose(2, 0, 1)[None].astype(np.float32)
        return decode_centers(self._network.run({"input.1": shown}), scale, (region.x, region.y))


def _multiple(length: float) -> int:
    return max(1, math.ceil(round(length, 3) / MULTIPLE)) * MULTIPLE


def decode_centers(outputs: Mapping[str, NDArray[Any]], scale: float, origin: tuple[float, float]) -> list[Detection]:
    """Read one answer: score, log of height and width, offset down and right, five points in shares of the box."""
    heat, size, offset, points = (outputs[name][0] for name in ("537", "538", "539", "540"))
    lowest = MIDDLE_HERE + (LOWEST_SCORE - MIDDLE) * STEEPNESS / STEEPNESS_HERE
    return [
        _detection(float(heat[0, row, column]), (int(row), int(column)), (size, offset, points), scale, origin)
        for row, column in np.argwhere(heat[0] >= lowest)
    ]


def _detection(score: float, cell: tuple[int, int], maps: Maps, scale: float, origin: tuple[float, float]) -> Detection:
    size, offset, points = (one[:, cell[0], cell[1]].astype(float) for one in maps)
    height, width = np.exp(size) * STRIDE
    middle = (np.array(cell) + offset + 0.5) * STRIDE
    corner = middle - (height / 2, width / 2)
    eyes = corner + points[:4].reshape(2, 2) * (height, width)
    shift = np.array(origin[::-1])
    (top, left), first, second = (place * scale + shift for place in (corner, *eyes))
    placed = ((float(first[1]), float(first[0])), (float(second[1]), float(second[0])))
    box = Box(float(left), float(top), float(width * scale), float(height * scale))
    return Detection(box, placed, MIDDLE + (score - MIDDLE_HERE) * STEEPNESS_HERE / STEEPNESS)
