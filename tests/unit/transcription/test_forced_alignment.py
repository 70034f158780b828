import numpy as np
import pytest
from pocketsphinx import Decoder

from mien.transcription.forced_alignment import aligned

NOISE = (np.random.default_rng(0).normal(size=3 * 16_000) * 3000).astype("<i2").tobytes()
WORDS = ["Some", "words,", "well-meant", "in", "1455", "by", "Zaltorf's", "NGO."]


@pytest.fixture(scope="module")
def decoder():
    return Decoder(loglevel="FATAL", samprate=16_000.0, lm=None, bestpath=False)


def test_every_word_has_its_place_after_the_last(decoder):
    found = aligned(decoder, WORDS, NOISE)
    assert len(found) == len(WORDS)
    borders = [frame for pair in found for frame in pair]
    assert borders == sorted(borders)
    assert all(end - begin >= 3 for begin, end in found)
    assert found[-1][1] <= 300


def test_what_was_aligned_before_changes_nothing(decoder):
    first = aligned(decoder, WORDS, NOISE)
    aligned(decoder, ["other", "US", "words"], NOISE[:16_000])
    assert aligned(decoder, WORDS, NOISE) == first


def test_a_dash_takes_the_border_between_its_neighbours(decoder):
    plain = aligned(decoder, ["one", "more", "word"], NOISE)
    dashed = aligned(decoder, ["—", "one", "—", "more", "word", "..."], NOISE)
    assert [dashed[1], dashed[3], dashed[4]] == plain
    (begin, end), (_, last) = plain[0], plain[2]
    assert [dashed[0], dashed[2], dashed[5]] == [(begin, begin), (end, end), (last, last)]


@pytest.mark.parametrize(
    ("words", "sound"),
    [
        ([], NOISE),
        (["—"], NOISE),
        (["hush"], b"\0\0" * 16_000),
        (["hush"], b""),
        (["hush"], b"\1\0"),
        (WORDS, NOISE[:9_600]),
    ],
    ids=["no words", "nothing spoken", "silence", "no sound", "one sample", "too many words"],
)
def test_what_does_not_fit_has_no_places(decoder, words, sound):
    assert aligned(decoder, words, sound) == []
