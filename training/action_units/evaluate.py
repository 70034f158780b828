"""Prints how well the action units of `face` agree with labels made by eye: the table of docs/science-face.md.

The formulas, weights and recipes were chosen on the part `choice`; the part `report` was only looked at through them.

python -m training.action_units.evaluate --meshes build/meshes.npz --media ../shared/data/media/face
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import FACS
from mien.models.action_units import UNIT_SIGNS
from mien.models.face import FaceModel
from mien.models.face_descriptions import SHORT
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from training.action_units.faces import FERPLUS, LabelledFace, Places, find_labelled, label_column, read_labels
from training.face_geometry.meshes import DEFAULT_FILE
from training.shared.ranking import auc

DATA = Path("../shared/data/face/ferplus.npz")
MEDIA = Path("../shared/data/media/face")
UNITS = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU10", "AU12", "AU15", "AU17", "AU20", "AU25", "AU26", "AU27", "AU43",
)  # fmt: skip
HAND = "Hand touching Face / Head"
HEADER = (
    "| unit | shown in, choice | AUC, choice | shown in, report | AUC, report | AUC, mesh alone | AUC, texture alone |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
)
Scores = NDArray[np.float32]


def row(unit: str, labels: list[LabelledFace], scores: Scores, signs: Scores) -> str:
    """Write the line of one unit."""
    name = HAND if unit == "hand" else unit
    label = "hand" if unit == "hand" else unit.removeprefix("AU")
    shown, clear = label_column(labels, label)
    report = np.array([face.part == "report" for face in labels])
    cells = []
    for part in (~report & clear, report & clear):
        cells += [f"{shown[part].sum()} of {part.sum()}", _auc(scores[part, SHORT.index(name)], shown[part])]
    for kind in ("mesh", "texture"):
        sign = f"{kind} {unit}"
        part = report & clear
        cells.append(_auc(signs[part, UNIT_SIGNS.index(sign)], shown[part]) if sign in UNIT_SIGNS else "")
    return f"| {name} | {' | '.join(cells)} |"


def _auc(scores: Scores, shown: NDArray[np.bool_]) -> str:
    return "" if shown.all() or not shown.any() else f"{auc(scores, shown):.3f}"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the film and the photographs")
    options = parser.parse_args()
    settings = read_settings()
    runtime = NetworkRuntime(WeightsStore(settings.weights))
    labels = read_labels()
    places = Places(options.data, options.meshes, (options.media, settings.samples))
    faces = find_labelled(labels, places, runtime)
    model = FaceModel(runtime)
    scores = model.predict(faces, frozenset({"facs"}))["facs"]
    assert scores.shape[1] == len(FACS)
    print("\n".join(HEADER))
    signs = model.unit_signs(faces)
    for unit in UNITS:
        print(row(unit, labels, scores, signs))
    media = [place for place, face in enumerate(labels) if face.picture != FERPLUS]
    print(row("hand", [labels[place] for place in media], scores[media], signs[media]))


if __name__ == "__main__":
    main()
