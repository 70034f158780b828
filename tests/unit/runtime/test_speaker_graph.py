"""Resemblyzer's voice encoder as an ONNX file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.runtime.onnx_network import OnnxNetwork
from mien.runtime.speaker_graph import BANDS, LAYERS, WIDTH, speaker_encoder_to_onnx, voice_trunk_to_onnx
from tests.fakes_checkpoints import checkpoint

Floats = NDArray[np.float32]


def encoder_state(seed: int = 3) -> dict[str, Floats]:
    random = np.random.default_rng(seed)

    def some(*shape: int) -> Floats:
        return (random.normal(size=shape) / 16).astype(np.float32)

    state = {"similarity_weight": some(1), "linear.weight": some(WIDTH, WIDTH), "linear.bias": some(WIDTH)}
    for layer in range(LAYERS):
        state[f"lstm.weight_ih_l{layer}"] = some(4 * WIDTH, WIDTH if layer else BANDS)
        state[f"lstm.weight_hh_l{layer}"] = some(4 * WIDTH, WIDTH)
        state |= {f"lstm.bias_{side}_l{layer}": some(4 * WIDTH) for side in ("ih", "hh")}
    return state


def by_hand(state: dict[str, Floats], mels: Floats) -> Floats:
    """Run the whole network as PyTorch defines it, in double precision."""
    heard = layers_by_hand(state, mels)[-1]
    raw = np.maximum(heard[:, -1] @ state["linear.weight"].T + state["linear.bias"], 0)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)


def layers_by_hand(state: dict[str, Floats], mels: Floats) -> list[NDArray[np.float64]]:
    """Return what each layer says, N x frames x 256."""

    def squashed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-values))

    heard, said = mels.astype(np.float64), []
    for layer in range(LAYERS):
        told, kept = np.zeros((2, len(mels), WIDTH))
        steps = []
        for step in range(heard.shape[1]):
            gates = heard[:, step] @ state[f"lstm.weight_ih_l{layer}"].T + state[f"lstm.bias_ih_l{layer}"]
            gates = gates + told @ state[f"lstm.weight_hh_l{layer}"].T + state[f"lstm.bias_hh_l{layer}"]
            enter, forget, cell, leave = np.split(gates, 4, axis=1)
            kept = squashed(forget) * kept + squashed(enter) * np.tanh(cell)
            told = squashed(leave) * np.tanh(kept)
            steps.append(told)
        heard = np.stack(steps, axis=1)
        said.append(heard)
    return said


def test_the_graph_says_what_the_network_says(tmp_path: Path) -> None:
    state = encoder_state()
    (tmp_path / "model.onnx").write_bytes(speaker_encoder_to_onnx(checkpoint(state)))
    mels = np.random.default_rng(4).random((3, 20, BANDS)).astype(np.float32)

    made = OnnxNetwork(tmp_path / "model.onnx", 1).run({"mels": mels})["embeddings"]

    assert made == pytest.approx(by_hand(state, mels), abs=1e-5)


def test_the_trunk_says_what_the_first_two_layers_say(tmp_path: Path) -> None:
    state = encoder_state()
    (tmp_path / "model.onnx").write_bytes(voice_trunk_to_onnx(checkpoint(state)))
    mels = np.random.default_rng(4).random((3, 20, BANDS)).astype(np.float32)

    made = OnnxNetwork(tmp_path / "model.onnx", 1).run({"mels": mels})
    first, second, _third = layers_by_hand(state, mels)

    assert made["heard1"].transpose(1, 0, 2) == pytest.approx(first, abs=1e-5)
    assert made["heard2"].transpose(1, 0, 2) == pytest.approx(second, abs=1e-5)


@pytest.mark.parametrize("converted", [speaker_encoder_to_onnx, voice_trunk_to_onnx])
def test_another_network_is_refused(converted: Callable[[bytes], bytes]) -> None:
    state = encoder_state()
    del state["lstm.weight_hh_l2"]

    with pytest.raises(ValueError, match="weight_hh_l2"):
        converted(checkpoint(state))
