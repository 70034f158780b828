"""Writing and changing ONNX files."""

from pathlib import Path

import numpy as np
import pytest

from mien.runtime.onnx_graph import fields, floats_of, message, model, node, tensor, with_dimensions
from mien.runtime.onnx_network import OnnxNetwork


def doubling(dimensions: tuple[int | str, ...]) -> bytes:
    """Write a network that doubles its input."""
    two = tensor("two", np.array([2.0], np.float32))
    given, made = (11, floats_of("x", dimensions)), (12, floats_of("y", dimensions))
    return model(message((1, node("Mul", ["x", "two"], "y")), (2, "doubling"), (5, two), given, made), 13)


def run(content: bytes, folder: Path, values: np.ndarray) -> np.ndarray:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return np.asarray(OnnxNetwork(path, 1).run({"x": values})["y"])


def test_what_is_written_runs(tmp_path: Path) -> None:
    assert run(doubling(("batch", 3)), tmp_path, np.ones((2, 3), np.float32)).tolist() == [[2] * 3] * 2


def test_fixed_dimensions_are_freed(tmp_path: Path) -> None:
    freed = with_dimensions(doubling((1, 3)), {"x": ("batch", "width")}, {"y": ("batch", "width")})

    assert run(freed, tmp_path, np.ones((4, 7), np.float32)).shape == (4, 7)


def test_fields_come_back_as_they_were_written() -> None:
    assert list(fields(message((1, 300), (2, "word"), (20, b"\0" * 200)))) == [
        (1, 300),
        (2, b"word"),
        (20, b"\0" * 200),
    ]


@pytest.mark.parametrize("damaged", [b"\x0a\x05abc", b"\x08\x80", b"\x09\0\0\0\0\0\0\0\0"])
def test_what_is_cut_off_or_something_else_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|not read here"):
        list(fields(damaged))


def test_a_file_without_a_graph_is_refused() -> None:
    with pytest.raises(ValueError, match="no graph"):
        with_dimensions(message((1, 8)), {}, {})
