"""Say which parts of a face hands cover or touch."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.domain.segment import FaceCrop, Hand

Array = NDArray[np.float64]

HAND_LABELS: Final = (
    "Hand over Mouth", "Hand over Eyes", "Hand over Forehead", "Hand over Face", "Hand touching Face / Head",
)  # fmt: skip

FINGERS: Final = tuple((root + step, root + step + 1) for root in (1, 5, 9, 13, 17) for step in range(3))
PALM: Final = ((0, 1), (0, 5), (0, 9), (0, 13), (0, 17), (5, 9), (9, 13), (13, 17), (1, 5))
FINGER_WIDTH: Final = 0.2
PALM_WIDTH: Final = 0.3
"""Half the thickness of fingers and palm, in breadths of the hand."""

MOUTH: Final = ((61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 40, 270, 91, 321),)
EYES: Final = ((33, 133, 159, 145, 158, 153, 160, 144), (263, 362, 386, 374, 385, 380, 387, 373))
FOREHEAD: Final = ((10, 151, 9, 67, 297, 69, 299, 108, 337, 103, 332),)
FACE: Final = (tuple(range(468)),)
ENOUGH: Final = (0.4, 0.5, 0.4, 0.25)
"""Share of mouth, one eye, forehead and face that counts as covered when a hand lies over it."""

HEAD_SCALE: Final = 1.15
NEAR: Final = 0.1
"""How much larger than the mesh the head is taken to be, and at which distance, in its heights, a touch ends."""

PRESENCE: Final = (0.45, 0.7)
"""Presence of a hand, as its finder gives it, from which it begins to count, and at which it counts fully."""


def hand_cover(faces: Sequence[FaceCrop]) -> Floats:
    """Return how far hands make each of `HAND_LABELS` true, faces x 5, 0…1."""
    return np.array([_seen(face) for face in faces], np.float32).reshape(-1, len(HAND_LABELS))


def _seen(face: FaceCrop) -> Array:
    rows = [cover_by(face.mesh, hand) for hand in face.hands]
    return np.max(rows, axis=0) if rows else np.zeros(len(HAND_LABELS))


def cover_by(mesh: Floats, hand: Hand) -> Array:
    """Say how far one hand makes each of `HAND_LABELS` true, 0…1; points in pixels of the frame."""
    points = mesh[:, :2].astype(np.float64)
    present = float(np.clip((hand.prob - PRESENCE[0]) / (PRESENCE[1] - PRESENCE[0]), 0, 1))
    inside = _beyond(points, hand) <= 0
    parts = [
        min(1.0, max(float(inside[list(group)].mean()) for group in groups) / enough)
        for groups, enough in zip((MOUTH, EYES, FOREHEAD, FACE), ENOUGH, strict=True)
    ]
    centre = points.mean(axis=0)
    height = float(np.ptp(points[:, 1]))
    head = centre + HEAD_SCALE * (points - centre)
    apart = max(0.0, float(_beyond(head, hand).min()) / max(1.0, height))
    return present * np.array([*parts, max(0.0, 1 - apart / NEAR)])


def _beyond(points: Array, hand: Hand) -> Array:
    """Return how far points lie outside a hand, in pixels; below 0 they lie in it."""
    joints = hand.points[:, :2].astype(np.float64)
    breadth = max(float(np.linalg.norm(joints[5] - joints[17])), 0.7 * float(np.linalg.norm(joints[0] - joints[9])))
    to_fingers = _to_bones(points, joints, FINGERS) - FINGER_WIDTH * breadth
    to_palm = _to_bones(points, joints, PALM) - PALM_WIDTH * breadth
    return np.minimum(to_fingers, to_palm)


def _to_bones(points: Array, joints: Array, bones: Sequence[tuple[int, int]]) -> Array:
    """Return each point's distance to the nearest bone."""
    starts, ends = joints[[one for one, _ in bones]], joints[[other for _, other in bones]]
    along = ends - starts
    length = np.maximum(np.square(along).sum(axis=1), 1e-9)
    share = np.clip(((points[:, np.newaxis] - starts) * along).sum(axis=2) / length, 0, 1)
    nearest = starts + share[:, :, np.newaxis] * along
    distance: Array = np.linalg.norm(points[:, np.newaxis] - nearest, axis=2).min(axis=1)
    return distance
