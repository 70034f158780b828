import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.transcription.spoken_numbers import amount_words, cardinal, number_words


@pytest.mark.parametrize(
    ("number", "ending", "said"),
    [
        ("0", "", "zero"),
        ("13", "", "thirteen"),
        ("40", "", "forty"),
        ("999", "", "nine hundred ninety nine"),
        ("1,000", "", "one thousand"),
        ("12,345,678", "", "twelve million three hundred forty five thousand six hundred seventy eight"),
        ("3.05", "", "three point oh five"),
        ("007", "", "oh oh seven"),
        ("1455", "", "fourteen fifty five"),
        ("1905", "", "nineteen oh five"),
        ("1900", "", "nineteen hundred"),
        ("2000", "", "two thousand"),
        ("2007", "", "two thousand seven"),
        ("2026", "", "twenty twenty six"),
        ("1990", "s", "nineteen nineties"),
        ("6", "s", "sixes"),
        ("1", "st", "first"),
        ("22", "nd", "twenty second"),
        ("30", "th", "thirtieth"),
        ("18", "th", "eighteenth"),
        ("100", "th", "one hundredth"),
        ("1234567890123456", "", "one two three four five six seven eight nine oh one two three four five six"),
    ],
)
def test_a_number_is_read_aloud(number, ending, said):
    assert " ".join(number_words(number, ending)) == said


def test_the_unit_of_money_goes_before_its_hundredths():
    assert " ".join(amount_words("42.50", "dollars")) == "forty two dollars fifty"
    assert " ".join(amount_words("5.00", "pounds")) == "five pounds"


@given(st.integers(0, 10**15 - 1))
def test_numbers_are_told_apart_and_read_without_nothings(number):
    said = cardinal(number)
    assert said != cardinal(number + 1)
    assert "zero" not in said or number == 0
