"""Finds slope and base of each measured action unit, so that scores mean the same for every unit.

The middle of neutral faces gets the logit -3 (0.05), and a face as strong as the share of validation faces that show
the unit gets +1 (0.73), unless that takes too steep a slope. Prints the rows of src/mien/models/action_units.toml.

python -m training.action_units.calibrate --meshes build/meshes.npz
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import FACS
from mien.models.action_units import NETWORK_UNITS, UNIT_SIGNS
from mien.models.face import UNIT_NETWORK, network_input
from mien.models.face_geometry import read_neutral_face
from mien.models.mesh_measures import measure_meshes, read_statistics
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from training.action_units.faces import Places, ferplus_faces
from training.face_geometry.meshes import DEFAULT_FILE, load_meshes
from training.shared.splits import Split

DATA = Path("../shared/data/face/ferplus.npz")
NEUTRAL_VOTES = 8
SURE_FLAG = 0.9
NEUTRAL_LOGIT, STRONG_LOGIT = -3.0, 1.0
STEEPEST = 2.5  # weight of a sign at most: what hardly varies in the network must not decide all
BATCH = 256


class Recipe(NamedTuple):
    """Holds what makes up a unit before it is scaled, and the share of faces below a strong one."""

    signs: Mapping[str, float]
    share: float


def both(unit: str, mesh: float, texture: float, share: float) -> Recipe:
    """Mix mesh and texture of one unit."""
    return Recipe({f"mesh {unit}": mesh, f"texture {unit}": texture}, share)


RECIPES = {
    "AU1": both("AU1", 1, 1, 0.93),
    "AU2": both("AU2", 1, 1, 0.94),
    "AU4": both("AU4", 1, 2, 0.88),
    "AU5": both("AU5", 1, 1, 0.93),
    "AU6": both("AU6", 1, 2, 0.85),
    "AU7": both("AU7", 0.5, 2, 0.92),
    "AU9": both("AU9", 0.5, 2, 0.95),
    "AU10": Recipe({"mesh AU10": 1, "texture AU10": 2, "texture AU12": -1}, 0.93),  # a smile lifts the lip, too
    "AU11": Recipe({"texture AU11": 2, "mesh AU10": 0.3}, 0.985),
    "AU12": both("AU12", 1, 1, 0.80),
    "AU14": Recipe({"texture AU14": 2, "mesh smirk": 0.3}, 0.985),
    "AU15": both("AU15", 1, 1, 0.92),
    "AU16": both("AU16", 1, 2, 0.95),
    "AU17": both("AU17", 1, 1.5, 0.93),
    "AU18": Recipe({"mesh AU18": 1, "mesh AU22": 0.3}, 0.97),
    "AU20": both("AU20", 1, 2, 0.96),
    "AU22": Recipe({"mesh AU22": 1}, 0.97),
    "AU23": both("AU23", 0.7, 2, 0.985),
    "AU24": both("AU24", 0.7, 2, 0.95),
    "AU25": both("AU25", 1, 0.5, 0.72),
    "AU26": both("AU26", 1, 1, 0.85),
    "AU27": Recipe({"mesh AU26": 1, "mesh AU25": 0.5, "texture AU26": 0.5}, 0.97),
    "AU28": Recipe({"mesh AU28": 1}, 0.995),
    "AU32": Recipe({"mesh AU32": 1}, 0.995),
    "AU34": Recipe({"mesh AU34": 1}, 0.995),
    "AU38": Recipe({"mesh AU38": 1}, 0.97),
    "AU43": both("AU43", 1, 0.5, 0.95),
}


def validation_signs(places: Places, weights: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return mesh and texture signs of validation faces, in the columns of `UNIT_SIGNS`, and which are neutral."""
    kept = load_meshes(places.meshes)
    rows = np.flatnonzero((kept.split == Split.VALIDATION) & (kept.flags > SURE_FLAG) & (kept.votes.argmax(axis=1) < 8))
    faces = ferplus_faces([int(row) for row in rows], places)
    crops = np.stack([faces[int(row)].crop for row in rows])
    network = NetworkRuntime(WeightsStore(weights)).network(UNIT_NETWORK)
    logits = [
        network.run({"image": network_input(crops[start : start + BATCH])})["logits"]
        for start in range(0, len(crops), BATCH)
    ]
    measured = measure_meshes(kept.points[rows], read_neutral_face(), read_statistics())
    signs = np.zeros((len(rows), len(UNIT_SIGNS)), np.float32)
    signs[:, : measured.z.shape[1]] = np.clip(measured.z, -3, 6)
    signs[:, measured.z.shape[1] : measured.z.shape[1] + len(NETWORK_UNITS)] = np.concatenate(logits)
    return signs, kept.votes[rows, 0] >= NEUTRAL_VOTES


def fitted(recipe: Recipe, signs: NDArray[np.float32], neutral: NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
    """Return base and weights of one unit."""
    mixed = sum(weight * signs[:, UNIT_SIGNS.index(sign)] for sign, weight in recipe.signs.items())
    middle, strong = float(np.median(mixed[neutral])), float(np.quantile(mixed, recipe.share))
    slope = (STRONG_LOGIT - NEUTRAL_LOGIT) / (strong - middle)
    slope = min(slope, STEEPEST / max(recipe.signs.values()))
    return NEUTRAL_LOGIT - slope * middle, {sign: slope * weight for sign, weight in recipe.signs.items()}


def _line(word: str, weights: Mapping[str, float], side: int) -> str:
    chosen = [f'"{sign}" = {abs(weight):.2f}' for sign, weight in weights.items() if weight * side > 0]
    return f"{word} = {{ {', '.join(chosen)} }}\n" if chosen else ""


def main() -> None:
    """Read the command line and print a row per measured unit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    parser.add_argument("--weights", type=Path, default=Path("build"), help="folder of fetched networks")
    options = parser.parse_args()
    signs, neutral = validation_signs(Places(options.data, options.meshes, ()), options.weights)
    for label in FACS:
        unit = label.split()[0]
        if unit in RECIPES:
            base, weights = fitted(RECIPES[unit], signs, neutral)
            print(f'["{label}"]\nbase = {base:.2f}\n{_line("raises", weights, 1)}{_line("lowers", weights, -1)}')


if __name__ == "__main__":
    main()
