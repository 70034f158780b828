"""Turn the checkpoint of Resemblyzer's voice encoder into ONNX files: the whole, and its first two layers alone.

The network (C. Jemine, Resemblyzer 0.1.4, Apache-2.0, after L. Wan et al., "Generalized End-to-End Loss for Speaker
Verification", 2018) is three LSTM layers of 256, a linear layer with ReLU on what the last one ends in, and a division
by length. The weights are kept number for number; only the order of the gates changes, from PyTorch's to ONNX's.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from mien.domain.network import Floats
from mien.runtime.onnx_graph import floats_of, message, model, node, tensor
from mien.runtime.torch_checkpoint import state_of

BANDS: Final = 40
WIDTH: Final = 256
LAYERS: Final = 3
TRUNK_LAYERS: Final = 2
OPSET: Final = 13
GATES: Final = (0, 3, 1, 2)
"""ONNX's input, output, forget and cell gate among PyTorch's input, forget, cell and output gate."""


def speaker_encoder_to_onnx(content: bytes) -> bytes:
    """Return the ONNX file: `mels`, N x frames x 40, to `embeddings`, N x 256 of length 1.

    Raises ValueError when the content is not that network.
    """
    state = state_of(content, "model_state")
    _check(state)
    nodes = _layers(LAYERS)
    nodes[-1] = node("Squeeze", [f"last{LAYERS - 1}", "layer"], "voice")
    nodes += [
        node("Gemm", ["voice", "weight", "bias"], "mixed", transB=1),
        node("Relu", ["mixed"], "positive"),
        node("LpNormalization", ["positive"], "embeddings", axis=1, p=2),
    ]
    written = [(1, one) for one in nodes]
    head = [
        tensor("layer", np.array([0], np.int64)), tensor("weight", state["linear.weight"]),
        tensor("bias", state["linear.bias"]),
    ]  # fmt: skip
    direction, *gates = _gates(state, LAYERS)
    kept = [(5, one) for one in (direction, *head, *gates)]
    given, made = floats_of("mels", ("batch", "frames", BANDS)), floats_of("embeddings", ("batch", WIDTH))
    return model(message(*written, (2, "speaker-embedding"), *kept, (11, given), (12, made)), OPSET)


def voice_trunk_to_onnx(content: bytes) -> bytes:
    """Return the ONNX file: `mels`, N x frames x 40, to what both layers say, `heard1` and `heard2`, frames x N x 256.

    Raises ValueError when the content is not that network.
    """
    state = state_of(content, "model_state")
    _check(state)
    written = [(1, one) for one in _layers(TRUNK_LAYERS)]
    kept = [(5, one) for one in _gates(state, TRUNK_LAYERS)]
    given = floats_of("mels", ("batch", "frames", BANDS))
    made = [(12, floats_of(f"heard{layer + 1}", ("frames", "batch", WIDTH))) for layer in range(TRUNK_LAYERS)]
    return model(message(*written, (2, "voice-trunk"), *kept, (11, given), *made), OPSET)


def _layers(count: int) -> list[bytes]:
    """Write that many LSTM layers, the output of each squeezed."""
    nodes = [node("Transpose", ["mels"], "heard0", perm=[1, 0, 2])]
    for layer in range(count):
        gates = [f"{part}{layer}" for part in ("input", "state", "bias")]
        nodes.append(node("LSTM", [f"heard{layer}", *gates], [f"all{layer}", f"last{layer}"], hidden_size=WIDTH))
        nodes.append(node("Squeeze", [f"all{layer}", "direction"], f"heard{layer + 1}"))
    return nodes


def _gates(state: Mapping[str, Floats], count: int) -> Iterator[bytes]:
    yield tensor("direction", np.array([1], np.int64))
    for layer in range(count):
        yield tensor(f"input{layer}", _ordered(state[f"lstm.weight_ih_l{layer}"])[np.newaxis])
        yield tensor(f"state{layer}", _ordered(state[f"lstm.weight_hh_l{layer}"])[np.newaxis])
        biases = [_ordered(state[f"lstm.bias_{side}_l{layer}"]) for side in ("ih", "hh")]
        yield tensor(f"bias{layer}", np.concatenate(biases)[np.newaxis])


def _ordered(gates: Floats) -> Floats:
    return gates.reshape(len(GATES), WIDTH, -1)[list(GATES)].reshape(gates.shape)


def _check(state: Mapping[str, Floats]) -> None:
    wanted: dict[str, tuple[int, ...]] = {"linear.weight": (WIDTH, WIDTH), "linear.bias": (WIDTH,)}
    for layer in range(LAYERS):
        wanted[f"lstm.weight_ih_l{layer}"] = (len(GATES) * WIDTH, WIDTH if layer else BANDS)
        wanted[f"lstm.weight_hh_l{layer}"] = (len(GATES) * WIDTH, WIDTH)
        wanted |= {f"lstm.bias_{side}_l{layer}": (len(GATES) * WIDTH,) for side in ("ih", "hh")}
    for name, shape in wanted.items():
        if name not in state or state[name].shape != shape:
            raise ValueError(f"{name} is missing or of another shape: this is not Resemblyzer's voice encoder")
