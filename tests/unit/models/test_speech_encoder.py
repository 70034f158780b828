"""What the recogniser's encoder hears, as a mean."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.speech_encoder import SHORTEST_SAMPLES, STATE_SIZE, mean_states
from tests.fakes_runtime import FakeNetwork


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 200 * np.arange(int(seconds * 16_000)) / 16_000)).astype(np.float32)


def loudness(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """Give four states: their number, and how loud and how long the sound is."""
    sound = inputs["input_values"]
    assert inputs["attention_mask"].shape == sound.shape
    assert sound.dtype == np.float32
    states = np.zeros((1, 4, STATE_SIZE), np.float32)
    states[0, :, 0] = range(4)
    states[0, :, 1] = np.sqrt(np.square(sound).mean())
    states[0, :, 2] = sound.shape[1]
    return {"last_hidden_state": states}


def test_states_are_averaged_sound_by_sound() -> None:
    rows = mean_states(FakeNetwork(loudness), [tone(2.0), tone(1.0)])
    assert rows.shape == (2, STATE_SIZE)
    assert rows.dtype == np.float32
    assert rows[:, 0].tolist() == [1.5, 1.5]
    assert rows[:, 2].tolist() == [32_000, 16_000]


def test_of_nothing_there_is_no_row() -> None:
    assert mean_states(FakeNetwork(loudness), []).shape == (0, STATE_SIZE)


def test_level_is_no_matter() -> None:
    quiet, loud = mean_states(FakeNetwork(loudness), [tone(1.0, 0.003), tone(1.0, 0.9)])
    assert quiet[1] == pytest.approx(loud[1], rel=1e-3)
    assert loud[1] == pytest.approx(10 ** (-30 / 20), rel=0.01)


@pytest.mark.parametrize("sound", [tone(0.1), tone(0.49), np.zeros(400, np.float32), np.zeros(0, np.float32)])
def test_what_is_short_is_heard_again_and_again(sound: np.ndarray) -> None:
    (row,) = mean_states(FakeNetwork(loudness), [sound])
    assert row[2] == SHORTEST_SAMPLES
    assert row[1] == pytest.approx(10 ** (-30 / 20) if sound.any() else 0.0, rel=0.02)
