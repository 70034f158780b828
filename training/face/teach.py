"""Writes what several trained networks together see in the training faces, for `train` to learn from beside the votes.

python -m training.face.teach --out build/face --networks build/face-small/checkpoint.pt build/face-grown/checkpoint.pt

Ten people voted on a face, so the votes are noisy; the mean of networks is smoother (Hinton et al. 2015, Furlanello et
al. 2018). Each network sees a face and its mirror image as they are, and the mean is one of probabilities.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from training.face.data import (
    DEFAULT_FOLDER,
    EXPRESSIONS,
    TEACHER,
    TEACHER_OF_VALIDATION,
    Faces,
    load_faces,
    network_input,
)
from training.face.network import FaceExpressionNet
from training.face.train import DEFAULT_OUT, build_network, predict
from training.shared.scores import accuracy, confusion
from training.shared.splits import Split

log = logging.getLogger(__name__)


def seen_by(path: Path, faces: Faces) -> Tensor:
    """Return the probabilities, N x 8, of a network in a checkpoint (its running average) or in an exported graph."""
    if path.suffix == ".onnx":
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        batches = [session.run(None, {name: network_input(rows).numpy()})[0] for rows in faces.pixels.split(256)]
        return torch.from_numpy(np.concatenate(batches)).softmax(dim=1)
    state = torch.load(path)
    net: FaceExpressionNet = build_network(state["config"]["network"])
    net.load_state_dict(state["average"])
    return predict(net, faces).softmax(dim=1)


def teach(paths: Sequence[Path], faces: Faces) -> Tensor:
    """Return the mean of what all networks see in the faces, N x 8; rows sum to 1."""
    return torch.stack([seen_by(path, faces) for path in paths]).mean(dim=0)


def main() -> None:
    """Read the command line, and leave `teacher.npy` for the training split, `teacher-validation.npy` for the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder of the run that is to learn")
    parser.add_argument("--networks", type=Path, nargs="+", required=True, help="checkpoint.pt or model.onnx of each")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    held_out = load_faces(options.data, Split.VALIDATION)
    seen = teach(options.networks, held_out)
    best = seen[held_out.clear].argmax(dim=1).numpy()
    table = confusion(held_out.labels[held_out.clear].numpy(), best, len(EXPRESSIONS))
    log.info("together right on %.4f of the validation split", accuracy(table))
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / TEACHER_OF_VALIDATION, seen.numpy())
    np.save(options.out / TEACHER, teach(options.networks, load_faces(options.data, Split.TRAIN)).numpy())


if __name__ == "__main__":
    main()
