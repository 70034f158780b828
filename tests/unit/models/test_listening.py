"""Sound cut into pieces, and networks run over them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.acoustics import MEASURES, MELODY
from mien.models.listening import SHORTEST_FRAMES, averaged, cut, pieces, run_pieces
from tests.fakes_runtime import FakeNetwork


def tone(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * 16_000)) / 16_000)).astype(np.float32)


def counting_frames(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    shape = inputs["spectrogram"].shape
    return {"frames": np.full((shape[0], 1), shape[1], np.float32)}


def test_spectrogram_and_melody_of_a_piece_are_of_one_length() -> None:
    for seconds in (0.0, 0.1, 1.0, 5.9):
        (piece,) = pieces(tone(seconds))

        assert piece.melody.shape == (len(piece.spectrogram), len(MELODY))
        assert len(piece.spectrogram) >= SHORTEST_FRAMES
        assert piece.measures.shape == (len(MEASURES),)


def test_a_short_sound_lies_in_the_middle_of_silence() -> None:
    (piece,) = pieces(tone(0.3))
    voiced = np.flatnonzero(piece.melody[:, 2] > 0.5)

    assert voiced.size
    assert abs(voiced.mean() - SHORTEST_FRAMES / 2) < 3
    assert piece.melody[0, 2] == piece.melody[-1, 2] == 0


def test_a_long_sound_is_cut_into_equal_pieces() -> None:
    assert [len(piece.spectrogram) for piece in pieces(tone(13.0))] == [269] * 3


def test_rows_come_back_in_the_order_of_the_pieces() -> None:
    sounds = [pieces(tone(seconds))[0] for seconds in (3.0, 1.5, 3.0, 2.0)]

    told = run_pieces(FakeNetwork(counting_frames), sounds, ("spectrogram", "melody"))

    assert told["frames"][:, 0].tolist() == [len(one.spectrogram) for one in sounds]


def test_parts_are_the_samples_of_the_pieces_and_none_is_shorter_than_a_window() -> None:
    parts = cut(tone(13.0))

    assert [len(part) for part in parts] == [len(tone(13.0)) // 3] * 3
    assert [len(cut(tone(seconds))) for seconds in (0.0, 0.01, 6.0, 6.1)] == [1, 1, 1, 2]
    assert len(cut(tone(0.0))[0]) == 512


def test_what_stands_beside_the_pieces_goes_with_them() -> None:
    sounds = [pieces(tone(seconds))[0] for seconds in (3.0, 1.5, 3.0)]
    numbered = np.arange(3, dtype=np.float32)[:, np.newaxis]

    told = run_pieces(FakeNetwork(lambda inputs: {"number": inputs["voice"]}), sounds, ("melody",), {"voice": numbered})

    assert told["number"][:, 0].tolist() == [0, 1, 2]


def test_rows_of_one_stretch_are_averaged() -> None:
    rows = np.array([[1.0], [3.0], [8.0]], np.float32)

    assert averaged(rows, [2, 1])[:, 0] == pytest.approx([2, 8])
