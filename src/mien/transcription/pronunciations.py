"""Say how written English is spoken: which words, and of which phones, as far as an alignment needs to know."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from mien.transcription.letter_sounds import phones_of
from mien.transcription.spoken_numbers import NUMERALS, amount_words, number_words

LookUp = Callable[[str], str | None]
"""The phones of a word in small letters, parted by spaces, or None for one that the dictionary does not have."""


class Spoken(NamedTuple):
    """Hold one spoken word: a name for it, that of the dictionary where it is there, and the ways to say it.

    A way is phones of CMUdict's set, without stress, parted by spaces.
    """

    name: str
    ways: tuple[str, ...]


_FOLDED: Final = str.maketrans({
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "th", "Ð": "Th", "þ": "th", "Þ": "Th", "ı": "i", "⁄": "/",
})  # fmt: skip
_SIGNS: Final = {
    "$": "dollars", "£": "pounds", "€": "euros", "¥": "yen", "%": "percent", "&": "and", "@": "at", "+": "plus",
    "=": "equals", "#": "number", "°": "degrees", "§": "section",
}  # fmt: skip
_TOKEN: Final = re.compile(
    r"(?P<money>[$£€¥])?(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)(?P<ending>st|nd|rd|th|s)?(?![a-z])"
    r"|(?P<digits>\d+)|(?P<initials>(?:[A-Za-z]\.){2,}[A-Za-z]?(?![a-z]))|(?P<letters>[A-Za-z]+(?:'[A-Za-z]+)*)"
    r"|(?P<sign>[$£€¥%&@+=#°§])"
)
_WHOLE: Final = re.compile(r"['a-z][a-z'.-]*")
_CAPITALS: Final = re.compile(r"([A-Z]{2,})('?s)?")
_MONEY: Final = re.compile(r"\W*([$£€¥])\d[\d,.]*")
_SCALES: Final = frozenset({"hundred", "thousand", "million", "billion", "trillion"})
_MARKS: Final = '"()[]{}<>.,;:!?*_~-'
_LONGEST_INITIALS: Final = 5
_AND: Final = ("", "AE N D", "AH N")
"""How "and" is said after a hundred or a thousand within a number, where it is not written: not at all, maybe."""

_SIBILANTS: Final = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS: Final = frozenset({"P", "T", "K", "F", "TH"})
_CONTRACTIONS: Final = {"n't": "AH N T", "'ll": "AH L", "'ve": "AH V", "'re": "ER", "'d": "D", "'m": "M"}
_ENDINGS: Final = {
    "ing": "IH NG", "ings": "IH NG Z", "er": "ER", "ers": "ER Z", "est": "IH S T", "ly": "L IY", "ness": "N AH S",
    "less": "L AH S", "ful": "F AH L", "ment": "M AH N T", "able": "AH B AH L", "ist": "IH S T", "ish": "IH SH",
    "ism": "IH Z AH M", "y": "IY", "like": "L AY K", "ship": "SH IH P", "hood": "HH UH D", "ward": "W ER D",
}  # fmt: skip
_BEGINNINGS: Final = {
    "un": "AH N", "re": "R IY", "non": "N AA N", "anti": "AE N T IY", "pre": "P R IY", "mis": "M IH S",
    "dis": "D IH S", "over": "OW V ER", "under": "AH N D ER", "super": "S UW P ER", "micro": "M AY K R OW",
    "inter": "IH N T ER", "multi": "M AH L T IY", "semi": "S EH M IY", "sub": "S AH B", "co": "K OW",
}  # fmt: skip
_SHORTEST_PART: Final = 3
_VOWELS: Final = frozenset("aeiouy")


def spoken_text(words: Sequence[str], look_up: LookUp) -> list[list[Spoken]]:
    """Return the words spoken for each that is written: "$42.50" is four, "15th" one and "—" none."""
    texts = [folded(word) for word in words]
    for number, after in enumerate(texts[1:]):
        money = _MONEY.fullmatch(texts[number])
        if money and after.strip(_MARKS).lower() in _SCALES:  # "$5 million" is five million dollars
            texts[number], texts[number + 1] = texts[number].replace(money[1], "", 1), after + money[1]
    return [_spoken_words(text, look_up) for text in texts]


def folded(written: str) -> str:
    """Return a text in ASCII and the signs that are spoken: é is e, ł is l; what has no Latin letters is left out."""
    parts = unicodedata.normalize("NFKD", written.translate(_FOLDED)).translate(_FOLDED)
    return "".join(one for one in parts if one.isascii() or one in _SIGNS)


def _spoken_words(text: str, look_up: LookUp) -> list[Spoken]:
    bare = text.strip(_MARKS)
    whole = bare.lower() + "." * ("." in bare)
    phones = look_up(whole) if _WHOLE.fullmatch(whole) and not _CAPITALS.fullmatch(bare) else None
    if phones is not None:
        return [Spoken(whole, (phones,))]
    return [spoken for token in _TOKEN.finditer(text) for spoken in _of_token(token, look_up)]


def _of_token(token: re.Match[str], look_up: LookUp) -> list[Spoken]:
    kind, text = token.lastgroup, token.group()
    if kind == "sign":
        return [_of_letters(_SIGNS[text], look_up)]
    if kind == "initials":
        return [_of_letters(f"{one}.", look_up) for one in text.lower() if one != "."]
    if kind == "letters":
        return [_of_capitals(text, look_up) if _CAPITALS.fullmatch(text) else _of_letters(text.lower(), look_up)]
    if token["money"]:
        return _of_number(amount_words(token["number"], _SIGNS[token["money"]]), look_up)
    return _of_number(number_words(token["number"] or text, token["ending"] or ""), look_up)


def _of_number(names: Sequence[str], look_up: LookUp) -> list[Spoken]:
    spoken = [_of_letters(name, look_up) for name in names]
    for place, (name, after) in enumerate(pairwise(names)):
        if name in {"hundred", "thousand"} and after in NUMERALS:
            ways = tuple(f"{spoken[place].ways[0]} {said}".strip() for said in _AND)
            spoken[place] = Spoken(_name(name, ways), ways)
    return spoken


def _of_capitals(text: str, look_up: LookUp) -> Spoken:
    """Return what may be initials and may be a word: "BBC" and "NATO" look the same."""
    capitals = text.removesuffix("s").removesuffix("'")
    if len(capitals) > _LONGEST_INITIALS:
        return _of_letters(text.lower(), look_up)
    spelled = _spelled(capitals, look_up)
    word = look_up(text.lower()) or _guessed(text.lower(), look_up)
    ways = (spelled if capitals == text else _with_s(spelled), word)
    return Spoken(_name(text, ways), ways)


def _of_letters(word: str, look_up: LookUp) -> Spoken:
    phones = look_up(word)
    if phones is not None:
        return Spoken(word, (phones,))
    ways: tuple[str, ...] = (_guessed(word, look_up),)
    if len(word) <= _LONGEST_INITIALS and not _VOWELS.intersection(word):  # "mp" of "mp3", "km"
        ways = (_spelled(word, look_up), *ways)
    return Spoken(_name(word, ways), ways)


def _guessed(word: str, look_up: LookUp) -> str:
    return _derived(word, look_up) or _joined(word, look_up) or phones_of(word)


def _spelled(word: str, look_up: LookUp) -> str:
    return " ".join(look_up(f"{one}.") or phones_of(one) for one in word.lower() if one.isalpha())


def _name(text: str, ways: Sequence[str]) -> str:
    """Return a name that no word of the dictionary has, and no other that is said otherwise."""
    return "~".join(["", text, *(way.replace(" ", "_") for way in ways)])


def _derived(word: str, look_up: LookUp) -> str | None:
    """Return the phones of a word made of a known one with an ending or a beginning, None for any other."""
    if word.endswith("'s"):
        return _with_s(look_up(word[:-2]) or _guessed(word[:-2], look_up))
    if word.endswith("s") and (stem := _stem(word[:-1], look_up, ("", "e")) or _derived(word[:-1], look_up)):
        return _with_s(stem)
    if word.endswith("es") and (stem := _stem(word[:-2], look_up, ("", "y"))):
        return _with_s(stem)
    if word.endswith("ed") and (stem := _stem(word[:-2], look_up, ("", "e", "y"))):
        return f"{stem} {_past(stem.split()[-1])}"
    for ending, phones in (_CONTRACTIONS | _ENDINGS).items():
        if word.endswith(ending) and (stem := _stem(word.removesuffix(ending), look_up, ("", "e", "y"))):
            return f"{stem} {phones}"
    for beginning, phones in _BEGINNINGS.items():
        rest = word.removeprefix(beginning)
        if len(rest) < _SHORTEST_PART or rest == word:
            continue
        if stem := look_up(rest) or _derived(rest, look_up):
            return f"{phones} {stem}"
    return None


def _stem(left: str, look_up: LookUp, lost: Sequence[str]) -> str | None:
    """Return the phones of what an ending was put to; `lost` are the letters that may have gone for it."""
    if len(left) < _SHORTEST_PART:
        return None
    tried = [left + one for one in lost if one != "y"]
    if "y" in lost and left.endswith("i"):
        tried.append(left[:-1] + "y")
    if left[-1] == left[-2]:
        tried.append(left[:-1])
    return next((phones for one in tried if (phones := look_up(one))), None)


def _joined(word: str, look_up: LookUp) -> str | None:
    """Return the phones of a word made of two known ones, the first as long as it can be; None for any other."""
    for place in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = look_up(word[:place]), look_up(word[place:])
        if first and second:
            return f"{first} {second}"
    return None


def _with_s(stem: str) -> str:
    last = stem.split()[-1]
    return f"{stem} IH Z" if last in _SIBILANTS else f"{stem} S" if last in _VOICELESS else f"{stem} Z"


def _past(last: str) -> str:
    if last in {"T", "D"}:
        return "IH D"
    return "T" if last in _VOICELESS | {"S", "SH", "CH"} else "D"
