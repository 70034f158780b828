"""What the voice trunk hears, summed up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.voice_trunk import LAYERS, SETTLING, SUMMARY_SIZE, WIDTH, summaries
from tests.fakes_runtime import FakeNetwork


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 200 * np.arange(int(seconds * 16_000)) / 16_000)).astype(np.float32)


def counting(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """Say in every unit of the first layer which frame it is, in those of the second nothing."""
    count, frames, _bands = inputs["mels"].shape
    numbers = np.broadcast_to(np.arange(frames, dtype=np.float32)[:, np.newaxis, np.newaxis], (frames, count, WIDTH))
    return {LAYERS[0]: numbers, LAYERS[1]: np.zeros((frames, count, WIDTH), np.float32)}


def test_a_summary_is_mean_deviation_highest_and_lowest_of_each_layer() -> None:
    (row,) = summaries(FakeNetwork(counting), [tone(2.0)])
    mean, deviation, highest, lowest = row[: 4 * WIDTH : WIDTH]

    assert row.shape == (SUMMARY_SIZE,)
    assert (mean, highest, lowest) == (100, 200, SETTLING)
    assert deviation == pytest.approx(np.arange(201).std())
    assert not row[4 * WIDTH :].any()


def test_a_third_of_a_short_sound_is_for_settling() -> None:
    (row,) = summaries(FakeNetwork(counting), [tone(0.3)])

    assert row[3 * WIDTH] == 31 // 3


def test_sounds_are_heard_together_by_length_and_come_back_in_order() -> None:
    network = FakeNetwork(counting)
    seconds = [1.0, 3.0, 2.0, *[4.0] * 7]

    rows = summaries(network, [tone(one) for one in seconds])

    assert rows[:, 0].tolist() == [50 * one for one in seconds]
    assert [batch["mels"].shape[:2] for batch in network.batches] == [(8, 401), (2, 401)]


def test_level_is_no_matter() -> None:
    network = FakeNetwork(counting)
    summaries(network, [tone(1.0, 0.5), tone(1.0, 0.002)])
    loud, soft = network.batches[0]["mels"]

    assert loud == pytest.approx(soft, rel=1e-3)


def test_no_sound_gets_no_row() -> None:
    assert summaries(FakeNetwork(counting), []).shape == (0, SUMMARY_SIZE)
