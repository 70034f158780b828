"""Turning dlib's face recognition network into ONNX."""

import struct
from pathlib import Path

import numpy as np
import pytest

from mien.runtime.dlib_graph import BLOCKS, EMBEDDING, SIDE, dlib_to_onnx
from mien.runtime.onnx_network import OnnxNetwork


def whole(value: int) -> bytes:
    body = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "little")
    return bytes([len(body)]) + body


def written(mark: bytes, values: np.ndarray, first: int) -> bytes:
    sizes = b"".join(whole(size) for size in (first, values.size // first, 1, 1))
    return bytes([len(mark)]) + mark + whole(2) + sizes + struct.pack(f"<{values.size}f", *values.ravel())


def network_file(gain: float = 1.0) -> bytes:
    """Write a file in dlib's form: every filter of the first layer sees the mean grey, all others nothing."""
    parts, before = [], 3
    for number, channels in enumerate([32, *(channels for channels, _halves in BLOCKS for _layer in range(2))]):
        side = 3 if number else 7
        weights = np.zeros(channels * (before * side * side + 1), np.float32)
        if not number:
            weights[:-channels] = 1 / (before * side * side)
        parts += [written(b"con_4", weights, weights.size)]
        scale = np.concatenate([np.full(channels, gain), np.zeros(channels)]).astype(np.float32)
        parts += [written(b"affine_", scale, scale.size)]
        before = channels
    last = np.zeros((256, EMBEDDING), np.float32)
    last[:32, 0] = 1 / 32
    return b"".join(parts) + b"\x04fc_2" + whole(EMBEDDING) + whole(256) + written(b"", last, 256)[1:]


def embedding_of(grey: float, folder: Path, content: bytes) -> np.ndarray:
    path = folder / "model.onnx"
    path.write_bytes(dlib_to_onnx(content))
    chips = np.full((2, 3, SIDE, SIDE), grey, np.float32)
    return np.asarray(OnnxNetwork(path, 1).run({"chips": chips})["embeddings"])


def test_the_mean_is_taken_off_and_what_follows_a_layer_is_multiplied_in(tmp_path: Path) -> None:
    mean = (122.782 + 117.001 + 104.298) / 3

    rows = embedding_of(200, tmp_path, network_file(gain=3.0))

    assert rows.shape == (2, EMBEDDING)
    assert rows[0, 0] > 0.02
    assert rows[0, 0] == pytest.approx(embedding_of(200, tmp_path, network_file())[0, 0] * 3, rel=1e-4)
    assert embedding_of(mean, tmp_path, network_file())[0, 0] < 0.02


def test_the_same_file_gives_the_same_bytes() -> None:
    assert dlib_to_onnx(network_file()) == dlib_to_onnx(network_file())


@pytest.mark.parametrize(
    "damaged", [b"", b"something else", network_file()[:100_000], network_file().replace(b"fc_2", b"xx")]
)
def test_another_file_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"layer|cut off|is left"):
        dlib_to_onnx(damaged)
