"""Fits what neutral faces look like: mean shape, and mean, deviation and pose terms of every measure.

python -m training.face_geometry.fit
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.models.face_geometry import ACTION_UNITS, NeutralFace, measure, pose_terms, raw_measures, to_front
from training.face_geometry.meshes import DEFAULT_FILE, Meshes, load_meshes
from training.shared.splits import Split

OUT = Path("src/mien/models/neutral_face.json")
NEUTRAL_VOTES = 8  # of ten
SURE_FLAG = 0.9
STRONG_QUANTILE = 0.95
EYE_CORNERS = (33, 263)
EYE_CORNERS_CM = 8.9  # sets the unit; only ratios matter
ROUNDS = 5
Array = NDArray[np.float64]


def neutral_meshes(meshes: Meshes) -> NDArray[np.float32]:
    """Return the meshes of training faces that at least eight of ten people called neutral."""
    neutral = (meshes.votes[:, 0] >= NEUTRAL_VOTES) & (meshes.split == Split.TRAIN) & (meshes.flags > SURE_FLAG)
    return meshes.points[neutral]


def mean_shape(points: NDArray[np.float32]) -> Array:
    """Average faces after turning them onto their average, mirrored so that both halves are alike."""
    shape = points[0].astype(np.float64) * (1, -1, -1)
    for _round in range(ROUNDS):
        front, _pose = to_front(points, _centred(shape))
        shape = np.median(front, axis=0)
        shape = _symmetric(_centred(shape))
    return shape


def _centred(shape: Array) -> Array:
    shape = shape - shape.mean(axis=0)
    across = shape[EYE_CORNERS[1]] - shape[EYE_CORNERS[0]]
    scaled: Array = shape * EYE_CORNERS_CM / np.linalg.norm(across)
    return _upright(scaled)


def _upright(shape: Array) -> Array:
    """Turn a shape so that eyes lie along x and the face's plane, from brow to chin, along y."""
    x = shape[EYE_CORNERS[1]] - shape[EYE_CORNERS[0]]
    x /= np.linalg.norm(x)
    y = shape[10] - shape[152]
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    return shape @ np.stack([x, y, np.cross(x, y)], axis=1)


def _symmetric(shape: Array) -> Array:
    mirrored = shape * (-1, 1, 1)
    partner = np.linalg.norm(mirrored[:, np.newaxis] - shape[np.newaxis], axis=2).argmin(axis=1)
    lone = partner[partner] != np.arange(len(shape))
    result = (shape + mirrored[partner]) / 2
    result[lone] = shape[lone]
    return result


def fit(points: NDArray[np.float32]) -> NeutralFace:
    """Fit shape and statistics; pose terms by least squares, deviations after taking them out."""
    shape = mean_shape(points)
    front, pose = to_front(points, shape)
    raw, terms = raw_measures(front), pose_terms(pose)
    design = np.column_stack([np.ones(len(terms)), terms])
    solved, *_rest = np.linalg.lstsq(design, raw, rcond=None)
    deviation = (raw - design @ solved).std(axis=0)
    return NeutralFace(shape, solved[0], deviation, solved[1:], strong=np.ones(len(deviation)))


def with_strong(neutral: NeutralFace, meshes: Meshes) -> NeutralFace:
    """Add the z-scores that one training face in twenty exceeds."""
    training = (meshes.split == Split.TRAIN) & (meshes.flags > SURE_FLAG)
    z = measure(meshes.points[training], neutral).action_units
    return replace(neutral, strong=np.quantile(z, STRONG_QUANTILE, axis=0))


def as_json(neutral: NeutralFace) -> str:
    """Write the statistics as the JSON that `read_neutral_face` reads, a line per vertex and measure."""
    vertices = ",\n".join("  " + json.dumps([round(float(x), 3) for x in vertex]) for vertex in neutral.vertices)
    lines = [f"  {json.dumps(name)}: {json.dumps(_row(neutral, place))}" for place, name in enumerate(ACTION_UNITS)]
    measures = ",\n".join(lines)
    return f'{{"measures": {{\n{measures}\n }},\n "vertices": [\n{vertices}\n ]}}\n'


def _row(neutral: NeutralFace, place: int) -> dict[str, Any]:
    return {
        "mean": round(float(neutral.mean[place]), 3),
        "deviation": round(float(neutral.deviation[place]), 3),
        "strong": round(float(neutral.strong[place]), 2),
        "pose": [round(float(term), 3) for term in neutral.pose_terms[:, place]],
    }


def auc(scores: NDArray[Any], positive: NDArray[np.bool_]) -> float:
    """Return how often a positive example scores above a negative one."""
    order = scores.argsort().argsort()
    ones = positive.sum()
    return float((order[positive].sum() - ones * (ones - 1) / 2) / (ones * (~positive).sum()))


def report(meshes: Meshes, neutral: NeutralFace) -> str:
    """Tell, on validation faces, how far each clear expression lies from neutral: mean z and AUC per measure."""
    names = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
    held = (meshes.split == Split.VALIDATION) & (meshes.flags > SURE_FLAG)
    votes = meshes.votes[held]
    z = measure(meshes.points[held], neutral).action_units
    sure = [votes[:, place] >= (NEUTRAL_VOTES if place < 5 else 5) for place in range(len(names))]
    lines = [
        f"{'':8}" + "".join(f"{name:>15}" for name in names),
        f"{'faces':8}" + "".join(f"{s.sum():15}" for s in sure),
    ]
    for place, unit in enumerate(ACTION_UNITS):
        cells = [f"{z[s, place].mean():+8.2f} {_against(z[:, place], s, sure[0]):6.2f}" for s in sure]
        lines.append(f"{unit:8}" + "".join(cells))
    return "\n".join(lines)


def _against(z: NDArray[Any], sure: NDArray[np.bool_], neutral: NDArray[np.bool_]) -> float:
    either = sure | neutral
    return 0.5 if sure is neutral else auc(z[either], sure[either])


def main() -> None:
    """Read the command line, fit, write the file and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    options = parser.parse_args()
    meshes = load_meshes(options.meshes)
    neutral = with_strong(fit(neutral_meshes(meshes)), meshes)
    options.out.write_text(as_json(neutral), "utf-8")
    print(f"{len(neutral_meshes(meshes))} neutral faces")
    print(report(meshes, neutral))


if __name__ == "__main__":
    main()
