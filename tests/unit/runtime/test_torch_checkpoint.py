"""Reading PyTorch checkpoints without PyTorch, and without running what they say."""

from pathlib import Path

import numpy as np
import pytest

from mien.runtime.torch_checkpoint import state_of
from tests.fakes_checkpoints import REBUILD, checkpoint

TENSORS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a.bias": np.array([7, 8], np.float32)}


def test_tensors_come_out_as_they_went_in() -> None:
    found = state_of(checkpoint(TENSORS), "model_state")

    assert list(found) == ["a.weight", "a.bias"]
    assert all(np.array_equal(found[name], TENSORS[name]) for name in TENSORS)


def test_a_file_that_would_run_something_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    trap = b"cos\nsystem\n(Vtouch " + str(tmp_path / "run").encode() + b"\ntR0"

    with pytest.raises(ValueError, match=r"names os\.system"):
        state_of(checkpoint(TENSORS, rebuild=trap + REBUILD), "model_state")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (checkpoint(TENSORS)[:-4], "cut off"),
        (checkpoint(TENSORS, magic=5), "no PyTorch checkpoint"),
        (checkpoint(TENSORS, kind=b"ctorch\nHalfStorage\n"), "HalfStorage"),
        (checkpoint({"a": TENSORS["a.weight"].T}), "one piece"),
        (b"PK\x03\x04 a zip", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_what_is_no_checkpoint_of_floats_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        state_of(content, "model_state")


def test_a_checkpoint_without_that_part_is_refused() -> None:
    with pytest.raises(ValueError, match="optimizer"):
        state_of(checkpoint(TENSORS), "optimizer")
