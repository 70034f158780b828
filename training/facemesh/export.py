"""Writes the weights folder of the facemesh expression network: graph, manifest, card, golden values.

python -m training.facemesh.export --meshes build/meshes.npz
"""

import argparse
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from mien.models.face_geometry import MESH_SHAPE
from training.face_geometry.meshes import DEFAULT_FILE
from training.facemesh.data import EXPRESSIONS, load_shapes
from training.facemesh.network import MeshNet, ServedNet
from training.facemesh.train import DEFAULT_OUT, figures
from training.shared.parity import check_parity, run_onnx
from training.shared.scores import softmax
from training.shared.splits import Split
from training.shared.weights_folder import write_beside

NAME, VERSION = "facemesh-expression", "1"
OPSET = 17
FOLDER = Path("src/mien/weights") / f"{NAME}-{VERSION}"
CARD = Path(__file__).with_name("card.md")
GOLDEN_FORMULA = "face i (0, 1, 2, 3), place j (0 to 1406): 0.1 sin(0.013 (i + 1) j), float32"
LICENCE_NOTE = (
    "Our weights are Apache-2.0. They were fitted on meshes of the FER2013 photographs, which carry no licence from "
    "the owners of the photographs; that question is unresolved. No photograph is part of this package."
)


def golden_shapes() -> NDArray[np.float32]:
    """Draw the four waves of `GOLDEN_FORMULA`, 4 x 1407."""
    i, j = np.mgrid[0:4, 0:MESH_SHAPE].astype(np.float64)
    return (0.1 * np.sin(0.013 * (i + 1) * j)).astype(np.float32)


def load_checkpoint(file: Path) -> ServedNet:
    """Read the network that `train` kept, ready to serve."""
    kept = torch.load(file, weights_only=True)
    net = MeshNet(kept["state"]["mean"], kept["state"]["deviation"])
    net.load_state_dict(kept["state"])
    return ServedNet(net, kept["temperature"]).eval()


def write_graph(served: ServedNet, path: Path) -> None:
    """Export the served network with a free batch size and check the file."""
    axes = {"shape": {0: "faces"}, "logits": {0: "faces"}}
    example = (torch.zeros(2, MESH_SHAPE),)
    names = {"input_names": ["shape"], "output_names": ["logits"], "dynamic_axes": axes}
    torch.onnx.export(served, example, path, opset_version=OPSET, dynamo=False, **names)
    onnx.checker.check_model(onnx.load(path))


def manifest(graph: Path, scores: dict[str, Any]) -> dict[str, Any]:
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
        "data_sets": [
            {"name": "FER+ votes", "licence": "MIT"},
            {"name": "FER2013 photographs, as meshes", "licence": "unresolved: no licence from the owners"},
        ],
        "labels": {"expressions": list(EXPRESSIONS)},
        "input": {"name": "shape", "shape": ["faces", MESH_SHAPE], "from": "mien.models.face_geometry.mesh_shape"},
        "outputs": [{"name": "logits", "shape": ["faces", len(EXPRESSIONS)], "activation": "softmax"}],
        "opset": OPSET,
        "scores": {"split": "FER+ test", **scores},
        "created": date.today().isoformat(),
    }


def export(checkpoint: Path, meshes: Path, folder: Path) -> dict[str, Any]:
    """Write the weights folder and return its manifest. Raises ParityError if graph and network disagree."""
    served, test = load_checkpoint(checkpoint), load_shapes(meshes, Split.TEST)
    folder.mkdir(parents=True, exist_ok=True)
    graph = folder / "model.onnx"
    write_graph(served, graph)
    inputs = np.concatenate([golden_shapes(), test.shapes.numpy()])
    logits = run_onnx(graph, inputs)
    with torch.no_grad():
        check_parity(served(torch.from_numpy(inputs)).numpy(), logits)
    told = manifest(graph, figures(logits[len(golden_shapes()) :], test))
    golden = {"input": GOLDEN_FORMULA, "scores": softmax(logits[:4]).round(6).tolist(), "tolerance": 1e-4}
    write_beside(folder, told, golden, CARD)
    return told


def main() -> None:
    """Read the command line, export, and print what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what lay_meshes wrote")
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_OUT, help="what train wrote")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the weights folder to write")
    options = parser.parse_args()
    print(json.dumps(export(options.checkpoint, options.meshes, options.folder), indent=2))


if __name__ == "__main__":
    main()
