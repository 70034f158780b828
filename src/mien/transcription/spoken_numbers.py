"""Read numbers aloud in English."""

from typing import Final

_SMALL: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMERALS: Final = frozenset((*_SMALL, *_TENS))
"""The words that numbers are read with, but for scales."""

_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MOST_DIGITS: Final = 15
_YEAR_DIGITS: Final = 4


def number_words(number: str, ending: str) -> list[str]:
    """Return the words of a number in digits ("1,000", "3.5", "0044"), with the ending of an ordinal ("th") or an "s".

    Four digits without a comma are read as a year: in pairs.
    """
    whole, _, fraction = number.partition(".")
    digits = whole.replace(",", "")
    if len(digits) > _MOST_DIGITS or (digits[0] == "0" and len(digits) > 1):
        words = _digits(digits)
    elif len(whole) == _YEAR_DIGITS and not fraction and ending in {"", "s"} and int(digits) % 1000 >= 10:
        words = _pairs(int(digits))
    else:
        words = cardinal(int(digits))
    if fraction:
        words += ["point", *_digits(fraction)]
    if ending == "s":
        return [*words[:-1], _plural(words[-1])]
    return [*words[:-1], _ordinal(words[-1])] if ending else words


def amount_words(amount: str, unit: str) -> list[str]:
    """Return the words of an amount of money ("1,000", "42.50"), whose unit goes before the hundredths."""
    whole, _, hundredths = amount.partition(".")
    return [*number_words(whole, ""), unit, *(number_words(hundredths, "") if hundredths.strip("0") else [])]


def cardinal(number: int) -> list[str]:
    """Return the words of a whole number from 0 to less than 10^15."""
    if number < len(_SMALL):
        return [_SMALL[number]]
    if number < 100:
        return [_TENS[number // 10 - 2], *([_SMALL[number % 10]] if number % 10 else [])]
    size, name = next(scale for scale in _SCALES if number >= scale[0])
    return [*cardinal(number // size), name, *(cardinal(number % size) if number % size else [])]


def _pairs(number: int) -> list[str]:
    first, second = divmod(number, 100)
    if second == 0:
        return [*cardinal(first), "hundred"]
    return [*cardinal(first), *(["oh"] if second < 10 else []), *cardinal(second)]


def _digits(digits: str) -> list[str]:
    return ["oh" if digit == "0" else _SMALL[int(digit)] for digit in digits]


def _ordinal(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return word[:-1] + "ieth" if word.endswith("y") else word.removesuffix("t") + "th"


def _plural(word: str) -> str:
    return word[:-1] + "ies" if word.endswith("y") else word + ("es" if word.endswith("x") else "s")
