"""Prints how the 48 scores of `face` and `facemesh` behave on FER+ faces: the tables of docs/science-face.md.

python -m training.face_mapping.evaluate --weights DIR --split validation
"""

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.labels import EMOTIONS_48
from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_alignment import cut_square, square_around
from mien.extractors.face_mesh import Mesh
from mien.extractors.faces import CROP_SCALE, CROP_SIZE
from mien.models.expression_mapping import EXPRESSIONS, Evidence, emotion_scores, read_table
from mien.models.face import FaceModel
from mien.models.facemesh import FacemeshModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from training.face_geometry.fit import auc
from training.face_geometry.lay_meshes import DATA
from training.face_geometry.meshes import DEFAULT_FILE, load_meshes
from training.shared.splits import Split

NATURAL = {
    "Calmness": "neutral", "Joy": "happiness", "Amusement": "happiness", "Surprise (positive)": "surprise",
    "Surprise (negative)": "surprise", "Sadness": "sadness", "Anger": "anger", "Disgust": "disgust", "Fear": "fear",
    "Contempt": "contempt",
}  # fmt: skip
STRUCTURE = (
    ("Joy", "Amusement"), ("Joy", "Sadness"), ("Anger", "Disgust"), ("Surprise (positive)", "Surprise (negative)"),
    ("Fear", "Horror"), ("Calmness", "Anger"),
)  # fmt: skip
MARGINALS = (
    "| faces that at least seven called | mean | least | quartiles | median of the top | top three by mean |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
)
SURE_VOTES = 7
BATCH = 256


def faces_of(data: Path, meshes: Path, split: Split) -> tuple[list[FaceCrop], NDArray[np.uint8]]:
    """Cut the faces of a split as the extractor would, with their votes; what is no face is left out."""
    kept = load_meshes(meshes)
    rows = np.flatnonzero((kept.split == split) & (kept.votes.argmax(axis=1) < len(EXPRESSIONS)) & (kept.flags > 0.5))
    with np.load(data) as packed:
        webp, offset = packed["webp"], packed["offset"]
    faces = [_face(webp[offset[row] : offset[row + 1]].tobytes(), kept.points[row]) for row in rows]
    return faces, kept.votes[rows]


def _face(webp: bytes, points: NDArray[np.float32]) -> FaceCrop:
    picture = Image.open(io.BytesIO(webp)).convert("RGB")
    square = square_around(points, Mesh(points, 1.0).angle, CROP_SCALE, by_height=True)
    crop = cut_square(picture, square, CROP_SIZE)
    return FaceCrop(frame=0, time=0.0, prob=1.0, box=Box(0, 0, 48, 48), mesh=points, crop=crop, picture=crop)


def gather(model: FaceModel | FacemeshModel, faces: list[FaceCrop]) -> Evidence:
    """Collect the evidence of many faces in batches."""
    parts = [model.evidence(faces[start : start + BATCH]) for start in range(0, len(faces), BATCH)]
    return Evidence(
        np.concatenate([part.expressions for part in parts]), np.concatenate([part.signs for part in parts])
    )


def column(scores: NDArray[np.float32], emotion: str) -> NDArray[np.float32]:
    """Return the scores of one emotion."""
    return scores[:, EMOTIONS_48.index(emotion)]


def report(name: str, evidence: Evidence, votes: NDArray[np.uint8]) -> str:
    """Write the tables for one model."""
    scores = emotion_scores(evidence, read_table())
    clear = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
    labels = votes.argmax(axis=1)
    right = (evidence.expressions.argmax(axis=1) == labels)[clear].mean()
    lines = [f"## {name}: {len(scores)} faces, {clear.sum()} clear; eight expressions right on {right:.3f} of them", ""]
    lines += ["| score | AUC for | |", "| --- | --- | ---: |"]
    for emotion, expression in NATURAL.items():
        positive = labels[clear] == EXPRESSIONS.index(expression)
        lines.append(f"| {emotion} | {expression} | {auc(column(scores, emotion)[clear], positive):.3f} |")
    lines += ["", "| correlation over all faces | |", "| --- | ---: |"]
    for one, other in STRUCTURE:
        lines.append(f"| {one}, {other} | {np.corrcoef(column(scores, one), column(scores, other))[0, 1]:+.2f} |")
    lines += ["", *MARGINALS]
    lines += [_marginal(scores[votes[:, place] >= SURE_VOTES], word) for place, word in enumerate(EXPRESSIONS)]
    return "\n".join(lines)


def _marginal(scores: NDArray[np.float32], word: str) -> str:
    if not len(scores):
        return f"| {word} (none) | | | | | |"
    mean = scores.mean(axis=0)
    quartiles = " / ".join(f"{value:.3f}" for value in np.quantile(mean, [0.25, 0.5, 0.75]))
    top = ", ".join(f"{EMOTIONS_48[place]} {mean[place]:.2f}" for place in np.argsort(-mean)[:3])
    figures = f"{mean.mean():.3f} | {mean.min():.3f} | {quartiles} | {np.median(scores.max(axis=1)):.2f}"
    return f"| {word} ({len(scores)}) | {figures} | {top} |"


def main() -> None:
    """Read the command line and print the report of both models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what lay_meshes wrote")
    parser.add_argument("--weights", type=Path, required=True, help="folder that `mien weights pull` filled")
    parser.add_argument("--split", choices=[split.name.lower() for split in Split], default="validation")
    options = parser.parse_args()
    runtime = NetworkRuntime(WeightsStore(options.weights))
    faces, votes = faces_of(options.data, options.meshes, Split[options.split.upper()])
    for model in (FaceModel(runtime), FacemeshModel(runtime)):
        print(report(f"{model.name}, {options.split} split", gather(model, faces), votes), end="\n\n")


if __name__ == "__main__":
    main()
