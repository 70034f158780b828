import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.transcription.letter_sounds import PHONES, phones_of


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("knight", "N AY T"),
        ("phone", "F OW N"),
        ("quote", "K W OW T"),
        ("nation", "N AE SH AH N"),
        ("cheese", "CH IY S"),
        ("witch", "W IH CH"),
        ("badges", "B AE JH IH Z"),
        ("o'x", "AA K S"),
        ("'", "AH"),
    ],
)
def test_letters_are_read_as_english_does(word, phones):
    assert phones_of(word) == phones


@given(st.text("abcdefghijklmnopqrstuvwxyz'é^$"))
def test_any_word_has_phones_of_the_set(word):
    phones = phones_of(word).split()
    assert phones
    assert PHONES.issuperset(phones)
