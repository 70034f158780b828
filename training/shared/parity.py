"""Checks that an exported ONNX graph says what the PyTorch network said."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

TOLERANCE = 1e-4


class ParityError(Exception):
    """The exported graph and the trained network disagree."""


def run_onnx(path: Path, inputs: NDArray[np.float32], output: str = "logits") -> NDArray[np.float32]:
    """Run a graph of one input on the CPU and return one of its outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (result,) = session.run([output], {session.get_inputs()[0].name: inputs})
    return np.asarray(result, dtype=np.float32)


def check_parity(expected: NDArray[np.floating], actual: NDArray[np.floating], tolerance: float = TOLERANCE) -> float:
    """Return the largest difference; raise `ParityError` if it is above the tolerance or not a number."""
    if expected.shape != actual.shape:
        raise ParityError(f"shapes differ: {expected.shape} expected, {actual.shape} found")
    difference = float(np.abs(expected - actual).max())
    if not difference <= tolerance:
        raise ParityError(f"outputs differ by up to {difference:.2e}, more than {tolerance:.0e}")
    return difference
