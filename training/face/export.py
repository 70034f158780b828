"""Writes the weights folder of the face expression network: graph, manifest, card, golden values.

python -m training.face.export --out build/face --held-out-by build/refit-even build/refit-odd
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from mien.models.images import INPUT_SIZE, face_input
from training.face.data import DEFAULT_FOLDER, EXPRESSIONS, load_faces
from training.face.evaluate import (
    Calibration,
    Evaluation,
    evaluate,
    fit_calibration,
    load_checkpoint,
    out_of_fold,
)
from training.face.network import ServedNet
from training.face.train import DEFAULT_OUT
from training.shared.parity import check_parity, run_onnx
from training.shared.scores import softmax
from training.shared.splits import Split
from training.shared.weights_folder import write_beside

NAME = "face-expression"
VERSION = "3"
OPSET = 17
FOLDER = Path("src/mien/weights") / f"{NAME}-{VERSION}"
CARD = Path(__file__).with_name("card.md")
GOLDEN_FORMULA = (
    "face i (0, 1, 2, 3), row y, column x, each 0 to 47: "
    "grey = round(127.5 + 60 sin(0.11 (i + 1) x + 0.3 i) + 60 cos(0.07 (i + 2) y)) as uint8, through face_input"
)
LICENCE_NOTE = (
    "Our weights are Apache-2.0. They were fitted on the FER2013 photographs, which were gathered by web image "
    "search and carry no licence from the owners of the photographs; that question is unresolved. No photograph "
    "is part of this package."
)
DATA_SETS = [
    {"name": "FER+ votes", "licence": "MIT", "url": "github.com/microsoft/FERPlus"},
    {
        "name": "FER2013 photographs",
        "licence": "unresolved: no licence from the owners of the photographs",
        "url": "github.com/tessav/crowd-emotion",
    },
]


def golden_faces() -> NDArray[np.uint8]:
    """Draw the four wave patterns of `GOLDEN_FORMULA`, 4 x 48 x 48."""
    i, y, x = np.mgrid[0:4, 0:INPUT_SIZE, 0:INPUT_SIZE].astype(np.float64)
    waves = 60 * np.sin(0.11 * (i + 1) * x + 0.3 * i) + 60 * np.cos(0.07 * (i + 2) * y)
    return np.asarray(np.rint(127.5 + waves), dtype=np.uint8)


def write_graph(served: ServedNet, path: Path) -> None:
    """Export the served network with a free batch size and check the file."""
    torch.onnx.export(
        served,
        (torch.zeros(2, 1, INPUT_SIZE, INPUT_SIZE),),
        path,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "faces"}, "logits": {0: "faces"}},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


def manifest(graph: Path, calibration: Calibration, test: Evaluation) -> dict[str, Any]:
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
        "labels": {"expressions": list(EXPRESSIONS)},
        "input": {
            "name": "image",
            "shape": ["faces", 1, INPUT_SIZE, INPUT_SIZE],
            "dtype": "float32",
            "colour": "grey",
            "range": "standardised per image to mean 0 and deviation 1 (mien.models.images.face_input)",
        },
        "outputs": [
            {
                "name": "logits",
                "shape": ["faces", len(EXPRESSIONS)],
                "dtype": "float32",
                "head": "expressions",
                "activation": "softmax; mirror averaging, temperature and intercepts are inside the graph",
            }
        ],
        "opset": OPSET,
        "temperature": round(calibration.temperature, 4),
        "intercepts": [round(value, 4) for value in calibration.intercepts],
        "scores": _scores(test),
        "created": date.today().isoformat(),
    }


def _scores(test: Evaluation) -> dict[str, Any]:
    f1 = {name: round(float(value), 3) for name, value in zip(EXPRESSIONS, test.classes.f1, strict=True)}
    return {
        "split": "FER+ test",
        "images": test.clear_images,
        "accuracy": round(test.accuracy, 4),
        "macro_f1": round(test.macro_f1, 4),
        "f1": f1,
        "calibration_error": round(test.calibration_error, 4),
        "vote_loss": round(test.vote_loss, 4),
    }


def golden(graph: Path) -> dict[str, Any]:
    """Record the scores of the wave patterns, which anybody can draw again."""
    scores = softmax(run_onnx(graph, face_input(golden_faces())))
    return {
        "input": GOLDEN_FORMULA,
        "output": "softmax of logits, one row per face, columns as manifest labels.expressions",
        "tolerance": 1e-4,
        "scores": np.round(scores, 6).tolist(),
    }


def export(out: Path, data: Path, folder: Path, held_out_by: Sequence[Path] = ()) -> Mapping[str, Any]:
    """Write the weights folder; raise `ParityError`, and write nothing, if the graph is not the network.

    `held_out_by` are the folders of the networks that calibrate one fitted to the validation faces; see `evaluate`.
    """
    net = load_checkpoint(out)
    held_out = load_faces(data, Split.VALIDATION)
    nets = [load_checkpoint(one) for one in held_out_by] or [net]
    calibration = fit_calibration(out_of_fold(nets, held_out), held_out.votes)
    served = ServedNet(net, calibration.temperature, calibration.intercepts).eval()
    faces = load_faces(data, Split.TEST)
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        graph = Path(scratch) / "model.onnx"
        write_graph(served, graph)
        inputs = np.concatenate([face_input(golden_faces()), face_input(faces.pixels.numpy())])
        logits = run_onnx(graph, inputs)
        difference = check_parity(served(torch.from_numpy(inputs)).numpy(), logits)
        described = manifest(graph, calibration, evaluate(logits[len(golden_faces()) :], faces))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(graph, folder / graph.name)
        write_beside(folder, described, golden(graph), CARD)
    return {"parity": difference, **described}


def main() -> None:
    """Read the command line, export, and print what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder that holds checkpoint.pt")
    parser.add_argument("--held-out-by", type=Path, nargs="*", default=[], help="folders of checkpoints")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the weights folder to write")
    options = parser.parse_args()
    print(json.dumps(export(options.out, options.data, options.folder, options.held_out_by), indent=2))


if __name__ == "__main__":
    main()
