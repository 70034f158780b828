"""Find hands near a face: palms first, then 21 points on each; made for hands that touch or cover the face."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.network import Floats, Network, Runtime
from mien.domain.segment import Box, Hand
from mien.extractors.face_alignment import Square, cut_square, fit_inside, points_in_picture, square_around

PALMS: Final = "palm-detection-1"
HANDS: Final = "hand-landmark-1"
PALM_SIZE: Final = 192
HAND_SIZE: Final = 224
POINTS: Final = 21

REACHES: Final = (1.6, 3.0)
"""Sides of the squares searched around a face, in longer sides of its box: for hands on it and hands beside it."""

LOWEST_PALM: Final = 0.05
"""Palm scores from which on the points decide: a palm that lies on a face is seen badly, often below 0.2."""

MOST_PER_SQUARE: Final = 2
SAME_HAND: Final = 0.35
"""Distance of two hands' centres, in sides of their square, under which they are one."""

HAND_SCALE: Final = 2.6
HAND_SHIFT: Final = 0.5
"""The square of a hand is so many palms long and lies so many palms towards the fingers."""

AGAIN_SCALE: Final = 2.0
AGAIN_SHIFT: Final = 0.1
UNSURE: Final = (0.1, 0.9)
"""Presence at which a hand is worth a second look, from a square around its own points."""

PRESENT: Final = 0.5
"""Presence, the mean of both looks, from which on there is a hand; see docs/science-face.md."""

PALM_POINTS: Final = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""The wrist, the thumb and the lower joints of the fingers, around which the second look is centred."""


@dataclass(frozen=True, eq=False)
class HandNetworks:
    """Hold the two networks that find hands."""

    palms: Network
    points: Network


def hand_networks(runtime: Runtime) -> HandNetworks:
    """Load the networks. Raises WeightsMissing or WeightsCorrupt."""
    return HandNetworks(runtime.network(PALMS), runtime.network(HANDS))


def find_hands(networks: HandNetworks, picture: Image.Image, face: Box) -> tuple[Hand, ...]:
    """Return the hands on and around a face, surest first."""
    found: list[Hand] = []
    for square in _palm_squares(networks.palms, picture, face):
        hand = _with_points(networks.points, picture, square)
        if UNSURE[0] <= hand.prob < UNSURE[1]:
            again = _with_points(networks.points, picture, square_of(hand.points))
            better = max(hand, again, key=lambda one: one.prob)
            hand = Hand(better.points, (hand.prob + again.prob) / 2)
        if hand.prob >= PRESENT:
            found.append(hand)
    return tuple(sorted(found, key=lambda one: -one.prob))


def _palm_squares(network: Network, picture: Image.Image, face: Box) -> list[Square]:
    kept: list[Square] = []
    for reach in REACHES:
        side = round(reach * max(face.w, face.h))
        left, top = round(face.x + (face.w - side) / 2), round(face.y + (face.h - side) / 2)
        # Cutting beyond the edge of the picture adds black.
        near = picture.crop((left, top, left + side, top + side))
        pixels, scale = fit_inside(near, Box(0, 0, side, side), PALM_SIZE)
        outputs = network.run({"input_1": pixels[np.newaxis].astype(np.float32) / np.float32(255)})
        new = [
            Square(left + one.x * scale, top + one.y * scale, one.side * scale, one.angle)
            for one in decode(outputs["Identity"][0], outputs["Identity_1"][0, :, 0])
        ]
        kept += without_doubles(kept, new)[:MOST_PER_SQUARE]
    return kept


def without_doubles(kept: list[Square], new: list[Square]) -> list[Square]:
    """Return the new squares that do not lie on one kept or on one before them."""
    fresh: list[Square] = []
    for square in new:
        apart = (math.dist((square.x, square.y), (other.x, other.y)) / other.side for other in (*kept, *fresh))
        if all(distance >= SAME_HAND for distance in apart):
            fresh.append(square)
    return fresh


def decode(offsets: NDArray[Any], scores: NDArray[Any]) -> list[Square]:
    """Read the palm detector, 2016 x 18 offsets and 2016 score logits, as the squares of hands, best first."""
    sure = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
    cells = [int(cell) for cell in np.argsort(-sure) if sure[cell] >= LOWEST_PALM]
    return [_hand_square(offsets[cell], CENTRES[cell]) for cell in cells]


def _centres() -> Floats:
    """Return the centres of the detector's 2016 cells: two per cell of 24 x 24, six per cell of 12 x 12."""
    parts = []
    for count, repeats in ((24, 2), (12, 6)):
        along = (np.arange(count) + 0.5) * (PALM_SIZE / count)
        grid = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(parts).astype(np.float32)


CENTRES: Final = _centres()


def _hand_square(offsets: Floats, centre: Floats) -> Square:
    x, y = (float(value) for value in centre + offsets[:2])
    wrist, middle = offsets[4:6], offsets[8:10]
    angle = _upright(middle - wrist)
    palm = float(max(offsets[2], offsets[3]))
    shift = HAND_SHIFT * palm
    return Square(x + shift * math.sin(angle), y - shift * math.cos(angle), HAND_SCALE * palm, angle)


def square_of(points: Floats) -> Square:
    """Return the square around a hand whose points, 21 x 3, are known."""
    knuckles = (points[5] + points[13]) / 4 + points[9] / 2
    around = square_around(points[list(PALM_POINTS)], _upright((knuckles - points[0])[:2]), AGAIN_SCALE)
    shift = AGAIN_SHIFT * around.side / AGAIN_SCALE
    x, y = around.x + shift * math.sin(around.angle), around.y - shift * math.cos(around.angle)
    return Square(x, y, around.side, around.angle)


def _upright(fingers: Floats) -> float:
    """Return the angle at which a hand whose fingers point this way stands upright."""
    return math.atan2(float(fingers[1]), float(fingers[0])) + math.pi / 2


def _with_points(network: Network, picture: Image.Image, square: Square) -> Hand:
    pixels = cut_square(picture, square, HAND_SIZE).astype(np.float32) / np.float32(255)
    outputs = network.run({"input_1": pixels[np.newaxis]})
    points = points_in_picture(outputs["Identity"].reshape(POINTS, 3), square, HAND_SIZE)
    return Hand(points, float(outputs["Identity_1"].reshape(())))
