"""Run ONNX networks; the only user of ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from mien.domain.errors import WeightsCorrupt

ERRORS_ONLY = 3


class OnnxNetwork:
    """Run one ONNX graph on the CPU; safe to share between threads."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        # Idle threads that spin take the processor from decoding and from the neighbours' workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own errors have no common class
            raise WeightsCorrupt(f"{path.parent.name}: {path.name} is not a usable ONNX graph: {error}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None
    ) -> Mapping[str, NDArray[Any]]:
        """Return the outputs asked for, or all; the first axis is the batch. What only others need is not computed."""
        wanted = self._outputs if outputs is None else list(outputs)
        return dict(zip(wanted, self._session.run(wanted, dict(inputs)), strict=True))


def onnx_providers() -> tuple[str, ...]:
    """Return what ONNX Runtime could run on here, best first."""
    return tuple(onnxruntime.get_available_providers())
