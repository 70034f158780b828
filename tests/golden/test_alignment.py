"""Words found in a real recording whose text is known: the reading of the samples."""

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.segment import TimeSpan
from mien.media.opening import open_media
from mien.settings import read_settings
from mien.transcription.alignment import AlignerPool

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it "
    "was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of "
    "Darkness, it was the spring of hope, it was the winter of despair,"
)
READ = TEXT.split()
SECONDS = 21
RATE = 16_000
PAUSE = 4.83
"""A second in the silence after "the worst of times"."""


@pytest.fixture(scope="module")
def pool():
    pool = AlignerPool(1)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def reading() -> np.ndarray:
    with open_media(read_settings().samples / "two_cities.wav") as media:
        samples = np.array(media.waveform().samples[: SECONDS * RATE])
    return (np.clip(samples, -1, 1) * 32767).astype("<i2")


def times(pool: AlignerPool, sound: np.ndarray, words: list[str]) -> tuple[TimeSpan, ...]:
    (found,) = pool.align([(sound.tobytes(), words)], Cancellation())
    return found.times


def test_words_are_where_there_is_sound(pool, reading):
    found = times(pool, reading, READ)
    assert len(found) == len(READ)
    spoken = np.zeros(reading.size, bool)
    for time in found:
        spoken[round(time.begin * RATE) : round(time.end * RATE)] = True
    power = np.square(reading.astype(np.float64))
    assert power[spoken].sum() / power.sum() > 0.99
    assert 0.5 < spoken.mean() < 0.85
    assert found[0].begin == pytest.approx(1.17, abs=0.05)
    assert [word for word, time in zip(READ, found, strict=True) if time.begin < PAUSE][-1] == "times,"


def test_silence_before_moves_every_word_by_its_length(pool, reading):
    found = times(pool, reading, READ)
    later = times(pool, np.concatenate([np.zeros(RATE * 3 // 4, "<i2"), reading]), READ)
    moved = [(after.begin - time.begin, after.end - time.end) for time, after in zip(found, later, strict=True)]
    assert np.array(moved) == pytest.approx(0.75, abs=0.011)


def test_words_move_with_their_sound(pool, reading):
    """Read its second half first: each half's words are found as far from its begin as before."""
    cut = round(PAUSE * RATE)
    first = sum(time.begin < PAUSE for time in times(pool, reading, READ))
    found = np.array([time.begin for time in times(pool, reading, READ)])
    turned = np.concatenate([reading[cut:], reading[:cut]])
    back = np.array([time.begin for time in times(pool, turned, [*READ[first:], *READ[:first]])])
    moved = np.concatenate([found[first:] - PAUSE, found[:first] + reading.size / RATE - PAUSE])
    assert np.abs(back - moved).mean() < 0.01


def test_words_of_no_dictionary_are_found_as_well(pool, reading):
    plain = times(pool, reading, READ)
    written = ["tymez," if word == "times," else word.replace("epoch", "eppock") for word in READ]
    found = times(pool, reading, written)
    assert found != plain
    off = [abs(one.begin - other.begin) for one, other in zip(found, plain, strict=True)]
    assert np.mean(off) < 0.02
