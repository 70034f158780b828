"""Measure what each action unit moves on a mesh turned to the front, against neutral faces."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.models.face_geometry import NeutralFace, pose_terms, to_front

Array = NDArray[np.float64]

MEASURES: Final = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU12", "AU15", "AU16", "AU17", "AU18", "AU20", "AU22",
    "AU23", "AU24", "AU25", "AU26", "AU28", "AU32", "AU34", "AU38", "AU43", "smirk", "wink",
)  # fmt: skip
"""What is measured, each so that more of the movement gives more; `smirk` and `wink` are differences of the sides."""

HEIGHTS: Final = {
    "inner brows": (55, 285, 107, 336),
    "outer brows": (70, 300, 46, 276, 53, 283),
    "brows": (55, 285, 107, 336, 65, 295),
    "lower lids": (145, 374),
    "cheeks": (50, 280, 101, 330, 118, 347),
    "nostrils": (129, 358, 98, 327),
    "nose base": (2,),
    "corners": (61, 291),
    "rims": (0, 17),
    "upper rim": (0,),
    "lower lip": (14,),
    "lower rim": (17,),
    "chin": (152,),
}
"""Groups of vertices whose mean height counts, in centimetres."""

DISTANCES: Final = {
    "between brows": ((55, 285),),
    "lids": ((159, 145), (386, 374), (158, 153), (385, 380), (160, 144), (387, 373)),
    "one eye": ((159, 145), (158, 153), (160, 144)),
    "other eye": ((386, 374), (385, 380), (387, 373)),
    "width": ((61, 291),),
    "gap": ((13, 14), (82, 87), (312, 317)),
    "thickness": ((0, 13), (14, 17)),
    "upper lip": ((0, 13), (37, 82), (267, 312)),
    "lower lip": ((14, 17), (87, 84), (317, 314)),
    "nostrils": ((129, 358), (98, 327)),
}
"""Pairs of vertices whose mean distance counts, in centimetres."""

PUFFED: Final = (205, 425, 207, 427, 187, 411)
"""Vertices of the cheeks beside the mouth; they come forward when the cheeks are blown up."""


@dataclass(frozen=True, eq=False)
class MeasureStatistics:
    """Hold mean and deviation of each of `MEASURES` on neutral faces, and what pose adds, 4 x measures."""

    mean: Array
    deviation: Array
    pose_terms: Array


@dataclass(frozen=True, eq=False)
class Measured:
    """Hold, a row per face: z-scores in the order of `MEASURES`, and pitch, yaw and roll in radians."""

    z: Floats
    pose: Floats

    def column(self, name: str) -> Floats:
        """Return the z-scores of one measure."""
        column: Floats = self.z[:, MEASURES.index(name)]
        return column


def raw_mesh_measures(front: Array) -> Array:
    """Compute `MEASURES` of faces turned to the front, N x 468 x 3 in centimetres with y up and z to the viewer."""
    height = {name: front[:, group, 1].mean(axis=1) for name, group in HEIGHTS.items()}
    apart = {
        name: np.mean([np.linalg.norm(front[:, one] - front[:, other], axis=1) for one, other in pairs], axis=0)
        for name, pairs in DISTANCES.items()
    }
    curve = height["corners"] - height["rims"]
    measures = {
        "AU1": height["inner brows"],
        "AU2": height["outer brows"],
        "AU4": -height["brows"] - 0.3 * apart["between brows"],
        "AU5": apart["lids"],
        "AU6": height["cheeks"] + 0.25 * curve,
        "AU7": height["lower lids"] - apart["lids"],
        "AU9": height["nostrils"],
        "AU10": height["upper rim"] - height["nose base"] + 0.5 * apart["gap"],
        "AU12": curve + 0.3 * apart["width"],
        "AU15": -curve,
        "AU16": height["chin"] - height["lower rim"] + 0.5 * apart["gap"],
        "AU17": height["lower lip"] + height["lower rim"],
        "AU18": -apart["width"],
        "AU20": apart["width"] - 2 * curve,
        "AU22": 2 * apart["thickness"] - 0.5 * apart["width"],
        "AU23": -apart["thickness"] - 0.2 * apart["width"],
        "AU24": -apart["thickness"] - apart["gap"],
        "AU25": apart["gap"],
        "AU26": height["nose base"] - height["lower lip"],
        "AU28": -apart["upper lip"] - apart["lower lip"] - apart["gap"],
        "AU32": apart["upper lip"] - apart["lower lip"],
        "AU34": front[:, PUFFED, 2].mean(axis=1),
        "AU38": apart["nostrils"],
        "AU43": -apart["lids"],
        "smirk": np.abs(front[:, 61, 1] - front[:, 291, 1]),
        "wink": np.abs(apart["one eye"] - apart["other eye"]),
    }
    return np.stack([measures[name] for name in MEASURES], axis=1)


def measure_meshes(meshes: Floats, neutral: NeutralFace, statistics: MeasureStatistics) -> Measured:
    """Measure faces by their meshes, N x 468 x 3 in pixels, y down."""
    front, pose = to_front(meshes, neutral.vertices)
    raw = raw_mesh_measures(front) - pose_terms(pose) @ statistics.pose_terms
    z = (raw - statistics.mean) / statistics.deviation
    return Measured(z.astype(np.float32), pose.astype(np.float32))


def read_statistics() -> MeasureStatistics:
    """Read the statistics of neutral faces that are packaged with the models."""
    told: dict[str, Any] = json.loads((files("mien.models") / "mesh_measures.json").read_text("utf-8"))
    rows = [told[name] for name in MEASURES]
    return MeasureStatistics(
        mean=np.array([row["mean"] for row in rows]),
        deviation=np.array([row["deviation"] for row in rows]),
        pose_terms=np.array([row["pose"] for row in rows]).T,
    )
