"""Find where faces are in one picture, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.network import Network
from mien.domain.segment import Box
from mien.extractors.face_alignment import fit_inside, overlap

DETECTOR: Final = "face-detection-1"
SIZE: Final = 192
CELLS: Final = 48
"""The detector answers on a grid of 48 x 48 cells, one box per cell, in row order."""

STEEPNESS: Final = 40.0
MIDDLE: Final = 0.48
"""Constants of the logistic map from the detector's score to a probability; see docs/science-face.md."""

LOWEST_SCORE: Final = 0.40
"""Scores below never become faces, whatever the threshold: the mesh would have to look at every bush."""

LOWEST_LOGIT: Final = math.log(LOWEST_SCORE / (1 - LOWEST_SCORE))

SAME_FACE: Final = 0.3
SURE_SHARE: Final = 0.075
"""Share of the longer side from which on the detector misses hardly any face; smaller ones need tiles."""

TILE_OVERLAP: Final = 0.12
"""Share of the longer side that neighbouring tiles share: a face too small for the whole fits into one of them."""

MOST_TILES: Final = 8
"""Tiles along a side of a still; photographs of 24 megapixels have faces of 90 pixels worth finding."""

MOST_TILES_IN_FILM: Final = 4
"""Tiles along a side of a film's frame, of which there are thousands."""

UNSURE: Final = (0.45, 0.65)
"""Scores at which a face is worth a second look: probabilities from 0.23 to 0.999."""

NEAR: Final = 2.5
"""Side of the second look's region, in sides of the face."""

MOST_SECOND_LOOKS: Final = 8
TURNED_SIDE: Final = 640
"""Longer side to about which a picture is shrunk that is turned and looked at as a whole."""

LARGE_IN_TILE: Final = 0.3
"""Faces larger than this share of a tile are left to the whole picture: the tile may show a part of one."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Detection:
    """Hold one found face: its box, both eyes (the one left in the upright face first) and the detector's score."""

    box: Box
    eyes: tuple[Point, Point]
    score: float

    @property
    def prob(self) -> float:
        """Return the calibrated probability of being a face."""
        return float(1 / (1 + np.exp(-STEEPNESS * (self.score - MIDDLE))))


class FaceDetector(Protocol):
    """Find faces in parts of a picture."""

    def regions(self, picture: Image.Image, smallest: float, still: bool) -> list[Box]:
        """Return the parts to search so that faces from about `smallest` pixels on are found, the whole one first."""

    def find(self, picture: Image.Image, regions: Sequence[Box]) -> list[Detection]:
        """Return the faces in some of these parts, best first."""


class BlazeFace:
    """Find faces with BlazeFace full range, in the whole picture and in overlapping tiles."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def regions(self, picture: Image.Image, smallest: float, still: bool) -> list[Box]:
        """Return the whole picture and its tiles; a film, of thousands of frames, gets fewer."""
        return regions_to_search(*picture.size, smallest, MOST_TILES if still else MOST_TILES_IN_FILM)

    def find(self, picture: Image.Image, regions: Sequence[Box]) -> list[Detection]:
        """Return the faces in these regions, best first."""
        return find_in(self._network, picture, regions)


def find_faces(
    network: Network, picture: Image.Image, smallest: float, most_tiles: int = MOST_TILES
) -> list[Detection]:
    """Return faces from about `smallest` pixels on, best first; smaller ones may be among them."""
    return find_in(network, picture, regions_to_search(*picture.size, smallest, most_tiles))


def find_in(network: Network, picture: Image.Image, regions: Sequence[Box]) -> list[Detection]:
    """Return the faces in these regions, best first."""
    if not regions:
        return []
    shrunk = [fit_inside(picture, region, SIZE) for region in regions]
    pixels = np.stack([pixels for pixels, _scale in shrunk]).astype(np.float32) / 127.5 - 1
    outputs = network.run({"input_1": pixels})
    whole = Box(0, 0, picture.width, picture.height)
    found = [
        detection
        for region, (_pixels, scale), boxes, scores in zip(
            regions, shrunk, outputs["Identity"], outputs["Identity_1"], strict=True
        )
        for detection in decode(boxes, scores[:, 0], scale, (region.x, region.y))
        if belongs_to_region(detection.box, region, whole)
    ]
    return _looked_at_again(network, picture, without_doubles(found))


def _looked_at_again(network: Network, picture: Image.Image, found: list[Detection]) -> list[Detection]:
    """Look once more, from near, at faces the detector is unsure of, and keep the better score.

    Where a face lies on the detector's grid moves its score by up to 0.2; a second, centred look evens that out.
    """
    unsure = [one for one in found if UNSURE[0] <= one.score < UNSURE[1]][:MOST_SECOND_LOOKS]
    better = {id(one): _from_near(network, picture, one) for one in unsure}
    return sorted((better.get(id(one), one) for one in found), key=lambda one: -one.score)


def _from_near(network: Network, picture: Image.Image, seen: Detection) -> Detection:
    half = NEAR * max(seen.box.w, seen.box.h) / 2
    left, top = round(seen.box.x + seen.box.w / 2 - half), round(seen.box.y + seen.box.h / 2 - half)
    side = round(2 * half)
    # Cutting beyond the edge of the picture adds black: the detector likes a face with room around it.
    near = picture.crop((left, top, left + side, top + side))
    pixels, scale = fit_inside(near, Box(0, 0, side, side), SIZE)
    outputs = network.run({"input_1": pixels[None].astype(np.float32) / 127.5 - 1})
    again = decode(outputs["Identity"][0], outputs["Identity_1"][0, :, 0], scale, (left, top))
    same = [one for one in again if overlap(one.box, seen.box) >= SAME_FACE]
    return max([seen, *same], key=lambda one: one.score)


def regions_to_search(width: int, height: int, smallest: float, most_tiles: int = MOST_TILES) -> list[Box]:
    """Return the whole picture and, when faces may be small in it, overlapping tiles, square where they fit."""
    whole = Box(0, 0, width, height)
    longer = max(width, height)
    side = max(smallest / SURE_SHARE, longer * (1 + (most_tiles - 1) * TILE_OVERLAP) / most_tiles)
    if side >= longer:
        return [whole]
    w, h = min(side, width), min(side, height)
    columns, rows = _starts(width, w, TILE_OVERLAP * longer), _starts(height, h, TILE_OVERLAP * longer)
    return [whole, *(Box(x, y, w, h) for y in rows for x in columns)]


def _starts(length: float, tile: float, shared: float) -> list[float]:
    """Return where tiles start along a side of the picture so that neighbours share at least so much."""
    count = 1 if length <= tile else math.ceil((length - shared) / (tile - shared) - 1e-9)
    return [place * (length - tile) / max(1, count - 1) for place in range(count)]


def decode(boxes: NDArray[Any], scores: NDArray[Any], scale: float, origin: Point) -> list[Detection]:
    """Read one answer of the detector: 2304 x 16 offsets in pixels of its input, and 2304 score logits."""
    return [
        _detection(boxes[cell].tolist(), int(cell), float(scores[cell]), scale, origin)
        for cell in np.flatnonzero(scores >= LOWEST_LOGIT)
    ]


def _detection(offsets: list[float], cell: int, logit: float, scale: float, origin: Point) -> Detection:
    row, column = divmod(cell, CELLS)
    left, top = (column + 0.5) * SIZE / CELLS, (row + 0.5) * SIZE / CELLS

    def place(first: int) -> Point:
        return (offsets[first] + left) * scale + origin[0], (offsets[first + 1] + top) * scale + origin[1]

    (x, y), w, h = place(0), offsets[2] * scale, offsets[3] * scale
    return Detection(Box(x - w / 2, y - h / 2, w, h), (place(4), place(6)), 1 / (1 + math.exp(-logit)))


def belongs_to_region(box: Box, tile: Box, whole: Box) -> bool:
    """Say whether a face is small in its tile and no inner edge cuts it; else another region shows more of it."""
    if tile == whole:
        return True
    margin = 0.05 * box.w
    cut = (
        (tile.x > whole.x and box.x < tile.x + margin)
        or (tile.y > whole.y and box.y < tile.y + margin)
        or (tile.x + tile.w < whole.w - 1 and box.x + box.w > tile.x + tile.w - margin)
        or (tile.y + tile.h < whole.h - 1 and box.y + box.h > tile.y + tile.h - margin)
    )
    return not cut and box.w <= LARGE_IN_TILE * max(tile.w, tile.h)


def without_doubles(found: Sequence[Detection]) -> list[Detection]:
    """Keep the best of the detections that overlap, best first."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda one: -one.score):
        if all(overlap(detection.box, other.box) < SAME_FACE for other in kept):
            kept.append(detection)
    return kept


def find_turned_faces(
    detector: FaceDetector, picture: Image.Image, smallest: float, tiles: bool = True
) -> list[Detection]:
    """Return faces that lie on their side, found by turning the picture a quarter both ways; small ones by `tiles`.

    Without tiles the picture is shrunk before it is turned.
    """
    factor = 1 if tiles else max(1, max(picture.size) // TURNED_SIDE)
    small = picture.reduce(factor) if factor > 1 else picture
    turned = [small.transpose(way) for way in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)]
    parts = [detector.regions(one, smallest / factor, still=True) for one in turned]
    left, right = (detector.find(one, some if tiles else some[:1]) for one, some in zip(turned, parts, strict=True))
    width, height = small.size
    back_left = [_turned_back(one, lambda x, y: ((width - y) * factor, x * factor)) for one in left]
    back_right = [_turned_back(one, lambda x, y: (y * factor, (height - x) * factor)) for one in right]
    return without_doubles(back_left + back_right)


def _turned_back(detection: Detection, back: Any) -> Detection:
    box = detection.box
    (x, y), (other_x, other_y) = back(box.x, box.y), back(box.x + box.w, box.y + box.h)
    upright = Box(min(x, other_x), min(y, other_y), abs(x - other_x), abs(y - other_y))
    first, second = (back(*eye) for eye in detection.eyes)
    return replace(detection, box=upright, eyes=(first, second))
