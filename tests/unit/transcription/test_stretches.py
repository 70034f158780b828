import numpy as np
import pytest

from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord
from mien.transcription.stretches import joined, joined_nearby, mean_confidence, sixteen_bits


def test_stretches_are_joined_as_long_as_they_fit():
    speech = [TimeSpan(0, 10), TimeSpan(11, 20), TimeSpan(22, 31), TimeSpan(90, 99)]
    assert list(joined(speech, 29.0)) == [TimeSpan(0, 20), TimeSpan(22, 31), TimeSpan(90, 99)]
    assert list(joined([], 29.0)) == []


def test_only_what_lies_near_is_joined():
    speech = [TimeSpan(0, 2), TimeSpan(3, 5), TimeSpan(6.6, 8), TimeSpan(8.5, 12), TimeSpan(13, 22)]
    assert list(joined_nearby(speech, 10.0, 1.5)) == [TimeSpan(0, 5), TimeSpan(6.6, 12), TimeSpan(13, 22)]
    assert list(joined_nearby(speech[2:], 10.0, 1.5)) == [TimeSpan(6.6, 12), TimeSpan(13, 22)]
    assert list(joined_nearby([], 10.0, 1.5)) == []


def test_loud_samples_are_clipped_and_not_wrapped():
    samples = np.array([0.0, 0.5, 1.5, -3.0], np.float32)
    assert np.frombuffer(sixteen_bits(Waveform(samples, 4), TimeSpan(0, 1)), "<i2").tolist() == [
        0,
        16383,
        32767,
        -32767,
    ]


def test_a_long_word_counts_more_than_a_short_one():
    words = [
        SpokenWord("a", TimeSpan(0, 1), 0.2),
        SpokenWord("bbb", TimeSpan(1, 2), 1.0),
        SpokenWord("c", TimeSpan(2, 3)),
    ]
    assert mean_confidence(words) == pytest.approx(0.8)


def test_no_words_are_no_confidence_and_unknown_ones_are_unknown():
    assert mean_confidence([]) == 0.0
    assert mean_confidence([SpokenWord("a", TimeSpan(0, 1))]) is None
