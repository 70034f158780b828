"""Where speech is cut between two stretches: both sides find the same place, in a pause where there is one."""

import numpy as np
import pytest

from mien.domain.segment import TimeSpan
from mien.engine.kept_media import MARGIN_SECONDS
from mien.extractors.stretch_borders import AROUND_SECONDS, NOT_LISTENED, RUN_UP_SECONDS, border, heard_part

STEP = 0.5


def listening(heard: np.ndarray):
    return lambda first, last: heard[first:last]


def test_it_is_the_middle_of_the_longest_pause_around() -> None:
    heard = np.ones(200, np.float32)
    heard[90:94] = 0.0
    heard[101:111] = 0.0
    assert border(listening(heard), 100, 20, 200) == 106


def test_where_nobody_pauses_it_is_where_speech_is_least_likely() -> None:
    heard = np.full(200, 0.9, np.float32)
    heard[108] = 0.5
    assert border(listening(heard), 100, 20, 200) == pytest.approx(108, abs=1)


@pytest.mark.parametrize("place", [0, 200, 300])
def test_the_ends_of_a_recording_are_borders_as_they_are(place: int) -> None:
    assert border(listening(np.ones(200, np.float32)), place, 20, 200) == min(place, 200)


def test_stretches_listen_to_everything_once() -> None:
    heard = np.random.default_rng(1).random(401).astype(np.float32)
    parts = [
        heard_part(listening(heard), TimeSpan(begin, begin + 60.0), 401, STEP) for begin in (0.0, 60.0, 120.0, 180.0)
    ]
    times = sum((part != NOT_LISTENED).astype(int) for part in parts)
    assert (times == 1).all()
    assert np.array_equal(np.max(parts, axis=0), heard)


def test_a_stretch_listens_long_before_it_and_never_farther_than_it_is_brought_sound() -> None:
    heard, asked = np.ones(1000, np.float32), []

    def listen(first: int, last: int) -> np.ndarray:
        asked.append(first)
        return heard[first:last]

    heard_part(listen, TimeSpan(200.0, 260.0), 1000, STEP)
    assert 200.0 - AROUND_SECONDS - RUN_UP_SECONDS <= min(asked) * STEP <= 200.0 - RUN_UP_SECONDS + AROUND_SECONDS
    assert AROUND_SECONDS + RUN_UP_SECONDS <= MARGIN_SECONDS
