"""Writes weights folders of listening networks: graph, manifest, card, companions, golden values."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from mien.spectrograms.mel import RATE
from training.shared.parity import check_parity

OPSET = 17
SMALL = 1_000
"""Numbers below which a constant stays as it is."""

Arrays = Mapping[str, NDArray[np.float32]]
GOLDEN_FORMULA = (
    "sound i (0, 1, 2), 1.5 s at 16 kHz, t in seconds: p = 110 * 2^i * t + (3 + 4 i) sin(2 pi (3 + i) t); "
    "0.2 * (0.6 + 0.4 sin(2 pi (2 + 2 i) t)) * (sin(2 pi p) + sin(4 pi p) / 2 + sin(8 pi p) / 3 + "
    "sin(2 pi 3000 t^2) / 20)"
)
WEIGHTS = Path("src/mien/weights")


def golden_sounds() -> NDArray[np.float32]:
    """Return the three sounds of `GOLDEN_FORMULA`."""
    t = np.arange(int(1.5 * RATE)) / RATE
    sounds = []
    for i in range(3):
        p = 110 * 2**i * t + (3 + 4 * i) * np.sin(2 * np.pi * (3 + i) * t)
        voice = np.sin(2 * np.pi * p) + np.sin(4 * np.pi * p) / 2 + np.sin(8 * np.pi * p) / 3
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * (2 + 2 * i) * t)
        sounds.append(0.2 * swell * (voice + np.sin(2 * np.pi * 3000 * t**2) / 20))
    return np.stack(sounds).astype(np.float32)


@dataclass(frozen=True)
class Described:
    """Holds what a weights folder says of itself beside the facts of its file."""

    name: str
    version: str
    licence: str
    licence_note: str
    data_sets: Sequence[Mapping[str, str]]
    labels: Mapping[str, Sequence[str]]
    scores: Mapping[str, Any]
    card: Path
    companions: Mapping[str, str] = field(default_factory=dict)
    formula: str = ""
    """How golden inputs are made that do not follow from the golden sounds."""


def run(path: Path, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
    """Run a graph on the CPU and return all its outputs."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def write_weights(net: nn.Module, inputs: Sequence[Arrays], outputs: Sequence[str], told: Described) -> Path:
    """Export a network; raise `ParityError`, and write nothing, if the graph is not the network on any of the inputs.

    The first inputs are the golden ones, whose outputs are kept beside the graph.
    """
    net.eval()
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        graph = Path(scratch) / "model.onnx"
        _write_graph(net, inputs[0], outputs, graph)
        worst = max(_difference(net, graph, one, outputs) for one in inputs)
        folder = WEIGHTS / f"{told.name}-{told.version}"
        folder.mkdir(parents=True, exist_ok=True)
        golden = {name: np.round(rows, 6).tolist() for name, rows in run(graph, inputs[0]).items()}
        shutil.copyfile(graph, folder / graph.name)
    for file, text in told.companions.items():
        (folder / file).write_text(text, encoding="utf-8")
    formula = "; ".join([GOLDEN_FORMULA, *([told.formula] if told.formula else [])])
    kept = {"input": formula, "tolerance": 2e-3, "outputs": golden}
    (folder / "golden.json").write_text(json.dumps(kept) + "\n")
    (folder / "manifest.json").write_text(json.dumps(_manifest(folder, told, inputs[0]), indent=2) + "\n")
    shutil.copyfile(told.card, folder / "card.md")
    print(f"{folder}: {(folder / 'model.onnx').stat().st_size / 1000:.0f} KB, differs by {worst:.1e}")
    return folder


def _write_graph(net: nn.Module, inputs: Arrays, outputs: Sequence[str], path: Path) -> None:
    batch = {name: {0: "batch"} | ({1: "frames"} if rows.ndim == 3 else {}) for name, rows in inputs.items()}
    torch.onnx.export(
        net,
        tuple(torch.from_numpy(rows[:2]) for rows in inputs.values()),
        path,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes=batch | {name: {0: "batch"} for name in outputs},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    _halve(model.graph)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _halve(graph: onnx.GraphProto) -> None:
    """Keep constants that 16 bits hold exactly in 16 bits; the runtime widens them once, when it loads the graph."""
    for constant in list(graph.initializer):
        values = onnx.numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < SMALL:
            continue
        half = values.astype(np.float16)
        if (half.astype(np.float32) != values).any():
            continue
        graph.initializer.remove(constant)
        graph.initializer.append(onnx.numpy_helper.from_array(half, f"{constant.name}.half"))
        widened = onnx.helper.make_node("Cast", [f"{constant.name}.half"], [constant.name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, widened)


def _difference(net: nn.Module, graph: Path, inputs: Arrays, outputs: Sequence[str]) -> float:
    expected = net(*(torch.from_numpy(rows) for rows in inputs.values()))
    several = expected if isinstance(expected, tuple) else (expected,)
    found = run(graph, inputs)
    return max(check_parity(one.numpy(), found[name]) for one, name in zip(several, outputs, strict=True))


def _manifest(folder: Path, told: Described, inputs: Arrays) -> dict[str, Any]:
    content = (folder / "model.onnx").read_bytes()
    return {
        "name": told.name,
        "version": told.version,
        "file": "model.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "licence": told.licence,
        "licence_note": told.licence_note,
        "companions": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in told.companions.items()},
        "data_sets": list(told.data_sets),
        "labels": {head: list(labels) for head, labels in told.labels.items()},
        "inputs": {
            name: list(rows.shape[1:]) if rows.ndim == 2 else ["frames", rows.shape[2]] for name, rows in inputs.items()
        },
        "rate": RATE,
        "opset": OPSET,
        "scores": dict(told.scores),
        "created": date.today().isoformat(),
    }
