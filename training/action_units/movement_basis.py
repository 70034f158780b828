"""Prints how well a fit of movements to the mesh tells action units, next to the measures that `face` reads.

A face turned to the front, less the neutral face and what its pose adds, is taken for a sum of movements, one per unit
and none negative (the way ICT-FaceKit's expression shapes are fitted). What neutral faces differ in counts little: the
misfit is weighed by their covariance with `noise` centimetres added. Two bases are tried: movements drawn by hand
(`tests/fakes_movements.py`, spread over the skin around), and those learnt from the meshes of FER+: the part of a
face's shape that goes with each unit's weak target (`data.weak_targets`), by ridge regression over training faces.
`noise` is chosen on the part `choice` of the labelled faces.

python -m training.action_units.movement_basis --meshes build/meshes.npz --media ../shared/data/media/face
"""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.models.action_units import NETWORK_UNITS
from mien.models.face_geometry import NeutralFace, pose_terms, read_neutral_face, to_front
from mien.models.mesh_measures import MEASURES, measure_meshes, read_statistics
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from tests.fakes_movements import MOVEMENTS
from training.action_units.data import EXPRESSIONS, shares, weak_targets
from training.action_units.evaluate import DATA, MEDIA
from training.action_units.faces import LabelledFace, Places, find_labelled, label_column, read_labels
from training.face_geometry.fit import neutral_meshes
from training.face_geometry.meshes import DEFAULT_FILE, Meshes, load_meshes
from training.shared.ranking import auc
from training.shared.splits import Split

CONFIG = Path(__file__).with_name("config.toml")
UNITS = ("AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU10", "AU12", "AU15", "AU17", "AU20", "AU25", "AU26", "AU43")
NOISES = (0.02, 0.05, 0.1, 0.2, 0.4)  # centimetres
RIDGE = 30.0  # added to the squares of the targets: as good as so many faces that show nothing
BLEND, REACH = 0.25, 0.6  # centimetres over which drawn movements mix, and over which skin follows
SWEEPS = 300
LOWEST_FLAG = 0.5
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Holds what is taken off a face before movements are fitted: the mean of neutral faces, and what pose adds."""

    neutral: NeutralFace
    mean: Array
    pose: Array
    covariance: Array

    def of(self, points: NDArray[np.float32]) -> Array:
        """Return how far each vertex lies from where a neutral face has it, N x 1404, in centimetres."""
        front, pose = to_front(points, self.neutral.vertices)
        shapes: Array = front.reshape(len(front), -1) - self.mean - pose_terms(pose) @ self.pose
        return shapes


def neutral_shapes(points: NDArray[np.float32]) -> Shapes:
    """Fit mean, pose terms and covariance on neutral faces."""
    neutral = read_neutral_face()
    front, pose = to_front(points, neutral.vertices)
    terms = pose_terms(pose)
    design, flat = np.column_stack([np.ones(len(terms)), terms]), front.reshape(len(front), -1)
    solved, *_rest = np.linalg.lstsq(design, flat, rcond=None)
    left = flat - design @ solved
    return Shapes(neutral, solved[0], solved[1:], left.T @ left / len(left))


def drawn_basis() -> Mapping[str, Array]:
    """Spread the movements drawn by hand over the skin around the vertices that make them."""
    return {name: _spread(movement).reshape(-1) for name, movement in MOVEMENTS.items()}


def _spread(movement: Array) -> Array:
    moving = np.abs(movement).sum(axis=1) > 0
    vertices = read_neutral_face().vertices
    squared = np.square(vertices[:, np.newaxis] - vertices[moving]).sum(axis=2)
    nearest = squared.min(axis=1, keepdims=True)
    weights = np.exp((nearest - squared) / (2 * BLEND**2))
    mixed = weights @ movement[moving] / weights.sum(axis=1, keepdims=True)
    spread: Array = mixed * np.exp(-nearest / (2 * REACH**2))
    return spread


def learnt_basis(meshes: Meshes, shapes: Shapes) -> Mapping[str, Array]:
    """Return the movement that goes with each unit, by ridge regression over training faces."""
    kept = (meshes.split == Split.TRAIN) & (meshes.votes.argmax(axis=1) < EXPRESSIONS) & (meshes.flags > LOWEST_FLAG)
    points, settings = meshes.points[kept], tomllib.loads(CONFIG.read_text("utf-8"))["targets"]
    targets = weak_targets(shares(meshes.votes[kept]), points, settings).astype(np.float64)
    squares = targets.T @ targets + RIDGE * np.eye(targets.shape[1])
    movements = np.linalg.solve(squares, targets.T @ shapes.of(points))
    return dict(zip(NETWORK_UNITS, movements, strict=True))


def fitted(found: Array, basis: Mapping[str, Array], covariance: Array, noise: float) -> Array:
    """Return how much of each movement is in each face, N x movements, none negative, by coordinate descent."""
    movements = np.stack(list(basis.values()))
    weighed = np.linalg.solve(covariance + noise**2 * np.eye(len(covariance)), movements.T)
    squares, pulls = movements @ weighed, found @ weighed
    amounts = np.zeros_like(pulls)
    for _sweep in range(SWEEPS):
        for place in range(len(movements)):
            rest = pulls[:, place] - amounts @ squares[:, place] + amounts[:, place] * squares[place, place]
            amounts[:, place] = np.maximum(rest / squares[place, place], 0)
    return amounts


def aucs(labels: Sequence[LabelledFace], values: Mapping[str, Array], part: str) -> dict[str, float]:
    """Return for each unit how well its values tell the faces that show it, in one part of the labelled faces."""
    inside = np.array([face.part == part for face in labels])
    found = {}
    for unit, column in values.items():
        shown, clear = label_column(labels, unit.removeprefix("AU"))
        found[unit] = auc(column[inside & clear], shown[inside & clear])
    return found


def main() -> None:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the film and the photographs")
    options = parser.parse_args()
    settings, labels, meshes = read_settings(), read_labels(), load_meshes(options.meshes)
    places = Places(options.data, options.meshes, (options.media, settings.samples))
    faces = find_labelled(labels, places, NetworkRuntime(WeightsStore(settings.weights), threads=1))
    points = np.stack([face.mesh for face in faces])
    shapes = neutral_shapes(neutral_meshes(meshes))
    z = measure_meshes(points, shapes.neutral, read_statistics()).z.astype(np.float64)
    methods = {"measures": {unit: z[:, MEASURES.index(unit)] for unit in UNITS}}
    for name, basis in (("drawn", drawn_basis()), ("learnt", learnt_basis(meshes, shapes))):
        tried = {}
        for noise in NOISES:
            amounts = fitted(shapes.of(points), basis, shapes.covariance, noise)
            values = {unit: amounts[:, list(basis).index(unit)] for unit in UNITS}
            mean = float(np.mean(list(aucs(labels, values, "choice").values())))
            print(f"{name}, noise {noise} cm: mean AUC {mean:.3f} on the part choice")
            tried[mean] = values
        methods[name] = tried[max(tried)]
    told = {name: (aucs(labels, values, "choice"), aucs(labels, values, "report")) for name, values in methods.items()}
    print("| unit | " + " | ".join(f"{name}, {part}" for name in told for part in ("choice", "report")) + " |")
    print("| --- |" + " ---: |" * 2 * len(told))
    for unit in UNITS:
        print(f"| {unit} | " + " | ".join(f"{part[unit]:.3f}" for pair in told.values() for part in pair) + " |")
    means = [float(np.mean(list(part.values()))) for pair in told.values() for part in pair]
    print("| mean | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
