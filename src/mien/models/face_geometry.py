"""Measure a face's shape: turn the mesh to the front, and compare its distances with those of neutral faces."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats

Array = NDArray[np.float64]

ANCHORS: Final = (168, 6, 197, 195, 5, 33, 133, 362, 263, 127, 356, 234, 454, 93, 323, 21, 251)
"""Vertices that expressions hardly move: the bridge of the nose, the corners of the eyes, the temples."""

LEVELS: Final = {
    "inner brows": (55, 285, 107, 336),
    "outer brows": (70, 300, 63, 293, 105, 334),
    "brows": (55, 285, 107, 336, 65, 295),
    "upper lids": (159, 386),
    "cheeks": (50, 280),
    "lip corners": (61, 291),
    "lip rims": (0, 17),
    "nose base": (2,),
    "nose wings": (129, 358),
    "inner eyes": (133, 362),
    "upper lip": (0,),
    "lower lip": (17,),
    "chin": (152,),
}
"""Groups of vertices whose mean height is compared; numbers come in pairs, left in the picture first."""

GAPS: Final = {
    "between brows": ((55, 285),),
    "lids": ((159, 145), (386, 374)),
    "mouth width": ((61, 291),),
    "lips": ((13, 14),),
    "lip thickness": ((0, 13), (14, 17)),
}
"""Pairs of vertices whose distance counts, as the mean over the pairs."""

POSE: Final = ("pitch", "yaw", "roll")
"""Angles in radians: pitch is positive with the head raised, yaw when turned to the picture's right, roll clockwise."""


MESH_SHAPE: Final = 468 * 3 + len(POSE)
"""Length of a row of `mesh_shape`."""


@dataclass(frozen=True, eq=False)
class NeutralFace:
    """Hold what neutral faces look like: vertices in centimetres; mean, deviation and pose terms per measure.

    `strong` is the z-score that one face in twenty exceeds, over all expressions.
    """

    vertices: Array
    mean: Array
    deviation: Array
    pose_terms: Array
    strong: Array


@dataclass(frozen=True, eq=False)
class Geometry:
    """Hold, a row per face: z-scores in the order of `ACTION_UNITS`, the same in units of strong ones, and `POSE`."""

    action_units: Floats
    activations: Floats
    pose: Floats


ACTION_UNITS: Final = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU10", "AU12", "AU15", "AU17", "AU18", "AU20", "AU24", "AU25", "AU43",
    "smirk",
)  # fmt: skip
"""What is measured; `smirk` is the difference in height of the lip corners, whichever side."""


def raw_measures(front: Array) -> Array:
    """Compute the measures of faces turned to the front, N x 468 x 3 in centimetres with y up; N x 16."""
    level = {name: front[:, group, 1].mean(axis=1) for name, group in LEVELS.items()}
    gap = {
        name: np.mean([np.linalg.norm(front[:, one] - front[:, other], axis=1) for one, other in pairs], axis=0)
        for name, pairs in GAPS.items()
    }
    smile = level["lip corners"] - level["lip rims"] + 0.3 * gap["mouth width"]
    measures = {
        "AU1": level["inner brows"],
        "AU2": level["outer brows"],
        "AU4": -level["brows"] - gap["between brows"],
        "AU5": gap["lids"],
        "AU6": level["cheeks"] - level["upper lids"],
        "AU9": level["nose wings"] - level["inner eyes"],
        "AU10": level["upper lip"] - level["nose base"],
        "AU12": smile,
        "AU15": level["lip rims"] - level["lip corners"],
        "AU17": level["chin"] - level["lower lip"],
        "AU18": -gap["mouth width"],
        "AU20": gap["mouth width"] - level["lip corners"] + level["lip rims"],
        "AU24": -gap["lip thickness"],
        "AU25": gap["lips"],
        "AU43": -gap["lids"],
        "smirk": np.abs(front[:, 61, 1] - front[:, 291, 1]),
    }
    return np.stack([measures[name] for name in ACTION_UNITS], axis=1)


def to_front(meshes: Floats, vertices: Array) -> tuple[Array, Array]:
    """Turn meshes, N x 468 x 3 in pixels, onto the neutral face; return them in its unit, y up, and `POSE`, N x 3."""
    upright = meshes.astype(np.float64) * (1, -1, -1)
    anchors, goal = upright[:, ANCHORS], vertices[list(ANCHORS)]
    centre, goal_centre = anchors.mean(axis=1, keepdims=True), goal.mean(axis=0)
    moved, target = anchors - centre, goal - goal_centre
    left, strength, right = np.linalg.svd(np.einsum("nai,aj->nij", moved, target))
    mirror = np.ones_like(strength)
    mirror[:, 2] = np.sign(np.linalg.det(left @ right))
    turn = (left * mirror[:, np.newaxis]) @ right
    scale = (strength * mirror).sum(axis=1) / np.square(moved).sum(axis=(1, 2))
    front = scale[:, np.newaxis, np.newaxis] * (upright - centre) @ turn + goal_centre
    return front, _angles(turn)


def _angles(turn: Array) -> Array:
    """Read pitch, yaw and roll from rotations that bring the head, as row vectors, to the front."""
    pitch = np.arctan2(-turn[:, 2, 1], turn[:, 2, 2])
    yaw = np.arcsin(np.clip(-turn[:, 2, 0], -1, 1))
    roll = np.arctan2(-turn[:, 1, 0], turn[:, 0, 0])
    return np.stack([pitch, yaw, roll], axis=1)


def pose_terms(pose: Array) -> Array:
    """Return what a measure may depend on when the head turns: N x 4, zero for a head that looks straight."""
    pitch, yaw = pose[:, 0], pose[:, 1]
    return np.stack([pitch, pitch**2, np.abs(yaw), yaw**2], axis=1)


def measure(meshes: Floats, neutral: NeutralFace) -> Geometry:
    """Measure faces by their meshes, N x 468 x 3 in pixels, y down."""
    front, pose = to_front(meshes, neutral.vertices)
    raw = raw_measures(front) - pose_terms(pose) @ neutral.pose_terms
    z = (raw - neutral.mean) / neutral.deviation
    return Geometry(z.astype(np.float32), (z / neutral.strong).astype(np.float32), pose.astype(np.float32))


def mesh_shape(meshes: Floats, neutral: NeutralFace) -> Floats:
    """Describe faces as a network takes them, N x 1407.

    The vertices, turned to the front, less those of the neutral face, in centimetres (x, y, z per vertex), then `POSE`.
    """
    front, pose = to_front(meshes, neutral.vertices)
    return np.column_stack([(front - neutral.vertices).reshape(len(meshes), -1), pose]).astype(np.float32)


def read_neutral_face() -> NeutralFace:
    """Read the statistics of neutral faces that are packaged with the models."""
    told: dict[str, Any] = json.loads((files("mien.models") / "neutral_face.json").read_text("utf-8"))
    rows = [told["measures"][name] for name in ACTION_UNITS]
    return NeutralFace(
        vertices=np.array(told["vertices"]),
        mean=np.array([row["mean"] for row in rows]),
        deviation=np.array([row["deviation"] for row in rows]),
        pose_terms=np.array([row["pose"] for row in rows]).T,
        strong=np.array([row["strong"] for row in rows]),
    )
