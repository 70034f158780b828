import json

import numpy as np

from mien.wire.scores import CHUNK_BYTES, in_chunks, numbers, score_list


def test_numbers_are_as_short_as_float32_allows() -> None:
    assert numbers(np.array([0.1, 0.129533, 1.0], np.float32)) == b"0.1,0.129533,1.0"


def test_rows_of_another_type_or_layout_are_taken_too() -> None:
    table = np.arange(6, dtype=np.float64).reshape(2, 3)
    assert numbers(table[:, 1]) == b"1.0,4.0"


def test_what_is_not_finite_becomes_zero() -> None:
    assert numbers(np.array([np.nan, np.inf, 0.5], np.float32)) == b"0.0,0.0,0.5"


def test_labels_may_hold_any_character() -> None:
    labels = ('say "%d" 100%', "ü\n")
    written = json.loads(score_list(labels)(np.array([0.5, 1e-9], np.float32)))
    assert written == [{"name": labels[0], "score": 0.5}, {"name": labels[1], "score": 1e-9}]


def test_small_pieces_travel_together() -> None:
    chunks = list(in_chunks([b"x" * 1000] * 200))
    assert len(chunks) == 4
    assert min(map(len, chunks[:-1])) >= CHUNK_BYTES
    assert sum(map(len, chunks)) == 200_000
