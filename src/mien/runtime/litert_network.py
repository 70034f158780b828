"""Run TensorFlow Lite networks; the only user of LiteRT."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from mien.domain.errors import WeightsCorrupt

Arrays = Mapping[str, NDArray[Any]]
STANDARD_ERROR: Final = 2
SILENCING = threading.Lock()
"""Standard error belongs to the whole process: two threads must not put it away and back crosswise."""


class LitertNetwork:
    """Run one TensorFlow Lite graph on the CPU; safe to share between threads.

    An interpreter belongs to one thread, so every thread that comes gets its own, made on its first run. These graphs
    take one example at a time: a batch is run row by row.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._content = path.read_bytes()
        self._of_thread = threading.local()
        self._interpreter()

    def run(self, inputs: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        """Return the outputs asked for, or all, by name for the inputs by name; the first axis is the batch."""
        interpreter = self._interpreter()
        taken, given = self._of_thread.details
        batch = len(next(iter(inputs.values())))
        rows = []
        for row in range(batch):
            for told in taken:
                interpreter.set_tensor(told["index"], inputs[told["name"]][row : row + 1])
            interpreter.invoke()
            rows.append({told["name"]: interpreter.get_tensor(told["index"]) for told in given})
        return {
            told["name"]: np.concatenate([row[told["name"]] for row in rows]) if rows else _nothing(told)
            for told in given
            if outputs is None or told["name"] in outputs
        }

    def _interpreter(self) -> Any:
        known = getattr(self._of_thread, "interpreter", None)
        if known is not None:
            return known
        try:
            with SILENCING, _silence():
                interpreter = Interpreter(model_content=self._content, num_threads=self._threads)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise WeightsCorrupt(
                f"{self._path.parent.name}: {self._path.name} is not a usable graph: {error}"
            ) from error
        self._of_thread.details = interpreter.get_input_details(), interpreter.get_output_details()
        self._of_thread.interpreter = interpreter
        return interpreter


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what LiteRT prints about itself off the terminal; its errors come as exceptions all the same."""
    try:
        kept = os.dup(STANDARD_ERROR)
    except OSError:  # nobody listens
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_ERROR)
    try:
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


def _nothing(told: Mapping[str, Any]) -> NDArray[Any]:
    return np.zeros((0, *told["shape"][1:]), told["dtype"])
