"""Writes the weights folder of the action unit network: graph, manifest, card, golden values.

python -m training.action_units.export --meshes build/meshes.npz
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from mien.models.action_units import NETWORK_UNITS
from mien.models.images import INPUT_SIZE, face_input
from training.action_units.data import DEFAULT_DATA, WeakFaces, load_weak_faces
from training.action_units.network import ActionUnitNet, ServedNet
from training.action_units.train import DEFAULT_OUT
from training.face_geometry.meshes import DEFAULT_FILE
from training.shared.parity import check_parity, run_onnx
from training.shared.splits import Split
from training.shared.weights_folder import write_beside

NAME, VERSION = "face-action-units", "1"
OPSET = 17
FOLDER = Path("src/mien/weights") / f"{NAME}-{VERSION}"
CARD = Path(__file__).with_name("card.md")
GOLDEN_FORMULA = (
    "face i (0, 1, 2, 3), row y, column x, each 0 to 47: "
    "grey = round(127.5 + 60 sin(0.11 (i + 1) x + 0.3 i) + 60 cos(0.07 (i + 2) y)) as uint8, through face_input"
)
LICENCE_NOTE = (
    "Our weights are Apache-2.0. They were fitted on the FER2013 photographs, which carry no licence from the owners "
    "of the photographs; that question is unresolved. No photograph is part of this package."
)
DATA_SETS = [
    {"name": "FER+ votes", "licence": "MIT"},
    {"name": "FER2013 photographs", "licence": "unresolved: no licence from the owners"},
]


def golden_faces() -> NDArray[np.float32]:
    """Draw the four wave patterns of `GOLDEN_FORMULA` and prepare them, 4 x 1 x 48 x 48."""
    i, y, x = np.mgrid[0:4, 0:INPUT_SIZE, 0:INPUT_SIZE].astype(np.float64)
    waves = 60 * np.sin(0.11 * (i + 1) * x + 0.3 * i) + 60 * np.cos(0.07 * (i + 2) * y)
    return face_input(np.asarray(np.rint(127.5 + waves), dtype=np.uint8))


def load_checkpoint(file: Path) -> tuple[ServedNet, Mapping[str, Any]]:
    """Read the network that `train` kept, ready to serve, and its settings."""
    kept = torch.load(file, weights_only=True)
    net = ActionUnitNet(kept["config"]["network"])
    net.load_state_dict(kept["average"])
    return ServedNet(net).eval(), kept["config"]


def write_graph(served: ServedNet, path: Path) -> None:
    """Export the served network with a free batch size and check the file."""
    axes = {"image": {0: "faces"}, "logits": {0: "faces"}}
    example = (torch.zeros(2, 1, INPUT_SIZE, INPUT_SIZE),)
    names = {"input_names": ["image"], "output_names": ["logits"], "dynamic_axes": axes}
    torch.onnx.export(served, example, path, opset_version=OPSET, dynamo=False, **names)
    onnx.checker.check_model(onnx.load(path), full_check=True)


def agreement(logits: NDArray[np.float32], faces: WeakFaces) -> dict[str, float]:
    """Correlate each unit's logit with that of its weak target."""
    wanted = torch.logit(faces.targets).numpy()
    return {
        unit: round(float(np.corrcoef(logits[:, place], wanted[:, place])[0, 1]), 3)
        for place, unit in enumerate(NETWORK_UNITS)
    }


def manifest(graph: Path, scores: Mapping[str, float]) -> dict[str, Any]:
    """Say all about the graph that a user or the weights loader needs to know."""
    content = graph.read_bytes()
    return {
        "name": NAME,
        "version": VERSION,
        "file": graph.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "licence": "Apache-2.0",
        "licence_note": LICENCE_NOTE,
        "data_sets": DATA_SETS,
        "labels": {"units": list(NETWORK_UNITS)},
        "input": {
            "name": "image",
            "shape": ["faces", 1, INPUT_SIZE, INPUT_SIZE],
            "range": "standardised per image to mean 0 and deviation 1 (mien.models.images.face_input)",
        },
        "outputs": [{"name": "logits", "shape": ["faces", len(NETWORK_UNITS)], "activation": "sigmoid"}],
        "opset": OPSET,
        "scores": {"split": "FER+ test", "correlation with the weak targets": dict(scores)},
        "created": date.today().isoformat(),
    }


def export(checkpoint: Path, data: Path, meshes: Path, folder: Path) -> dict[str, Any]:
    """Write the weights folder and return its manifest; raise `ParityError` if graph and network disagree."""
    served, config = load_checkpoint(checkpoint)
    test = load_weak_faces(data, meshes, Split.TEST, config["targets"])
    inputs = np.concatenate([golden_faces(), face_input(test.pixels.numpy())])
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        graph = Path(scratch) / "model.onnx"
        write_graph(served, graph)
        logits = run_onnx(graph, inputs)
        expected = torch.cat([served(part) for part in torch.split(torch.from_numpy(inputs), 256)]).numpy()
        check_parity(expected, logits)
        told = manifest(graph, agreement(logits[4:], test))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(graph, folder / graph.name)
    golden = {"input": GOLDEN_FORMULA, "logits": logits[:4].round(6).tolist(), "tolerance": 1e-3}
    write_beside(folder, told, golden, CARD)
    return told


def main() -> None:
    """Read the command line, export, and print what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what lay_meshes wrote")
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_OUT / "checkpoint.pt", help="what train wrote")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the weights folder to write")
    options = parser.parse_args()
    print(json.dumps(export(options.checkpoint, options.data, options.meshes, options.folder), indent=2))


if __name__ == "__main__":
    main()
