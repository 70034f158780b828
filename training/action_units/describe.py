"""Prints how the descriptions follow what people saw in FER+ test faces: the last table of docs/science-face.md.

python -m training.action_units.describe --meshes build/meshes.npz
"""

import argparse
from pathlib import Path

import numpy as np

from mien.domain.labels import FACE_DESCRIPTIONS
from mien.models.expression_mapping import EXPRESSIONS
from mien.models.face import FaceModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from training.action_units.faces import Places, ferplus_faces
from training.face_geometry.meshes import DEFAULT_FILE, load_meshes
from training.shared.ranking import auc
from training.shared.splits import Split

DATA = Path("../shared/data/face/ferplus.npz")
NATURAL = {
    "Beaming": "happiness", "Cry": "sadness", "Frown": "sadness", "Gasp": "surprise", "Glare": "anger",
    "Glaring": "anger", "Grin": "happiness", "Jaw drop": "surprise", "Laugh": "happiness", "Pout": "sadness",
    "Scowl": "anger", "Smile": "happiness", "Smirk": "contempt", "Snarl": "anger", "Sulking": "sadness",
    "Wide-eyed": "surprise", "Wrinkled nose": "disgust",
}  # fmt: skip
SURE_FLAG = 0.9
BATCH = 256


def main() -> None:
    """Read the command line and print a line per description: AUC for its expression, and means of some expressions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    options = parser.parse_args()
    kept = load_meshes(options.meshes)
    one_clear = (kept.votes == kept.votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
    known = kept.votes.argmax(axis=1) < len(EXPRESSIONS)
    rows = np.flatnonzero((kept.split == Split.TEST) & (kept.flags > SURE_FLAG) & one_clear & known)
    found = ferplus_faces([int(row) for row in rows], Places(options.data, options.meshes, ()))
    faces = [found[int(row)] for row in rows]
    model = FaceModel(NetworkRuntime(WeightsStore(read_settings().weights)))
    parts = [
        model.predict(faces[start : start + BATCH], frozenset({"descriptions"}))["descriptions"]
        for start in range(0, len(faces), BATCH)
    ]
    scores, seen = np.concatenate(parts), kept.votes[rows].argmax(axis=1)
    print(f"{len(rows)} faces")
    print(f"| description | AUC for | | {' | '.join(EXPRESSIONS)} |")
    print("| --- | --- | ---: |" + " ---: |" * len(EXPRESSIONS))
    for place, name in enumerate(FACE_DESCRIPTIONS):
        means = " | ".join(f"{scores[seen == one, place].mean():.2f}" for one in range(len(EXPRESSIONS)))
        wanted = NATURAL.get(name, "")
        figure = f"{auc(scores[:, place], seen == EXPRESSIONS.index(wanted)):.3f}" if wanted else ""
        print(f"| {name} | {wanted} | {figure} | {means} |")


if __name__ == "__main__":
    main()
