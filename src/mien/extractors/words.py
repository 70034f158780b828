"""Find where words begin and end: stretches between white space, and words inside Chinese and Japanese."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from budoux import Parser

from mien.domain.segment import Position

_TOKEN: Final = re.compile(r"\S+")
_UNSPACED: Final = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f]"
)
_KANA: Final = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
_ATTACHED: Final = re.compile(r"[^\w\s「『（“《〈【(\[‘]+")
_OPENING: Final = re.compile(r"[「『（“《〈【(\[‘]+")
_STRETCH: Final = 400
"""Characters of unbroken text that are segmented at a time."""


def words(text: str, begin: int, end: int, language: str = "en") -> Iterator[Position]:
    """Yield the words of a part of a text in order, punctuation belonging to the word it touches.

    A run of Chinese or Japanese is cut into words; with a few exceptions at the seams of very long runs.
    """
    for match in _TOKEN.finditer(text, begin, end):
        if _UNSPACED.search(text, match.start(), match.end()):
            yield from _unspaced(text, match.start(), match.end(), language)
        else:
            yield Position(match.start(), match.end())


def _unspaced(text: str, begin: int, end: int, language: str) -> Iterator[Position]:
    for start in range(begin, end, _STRETCH):
        stretch = text[start : min(start + _STRETCH, end)]
        japanese = language == "ja" or (language != "zh" and _KANA.search(stretch) is not None)
        place = start
        for word in _with_punctuation(_parser("ja_word" if japanese else "zh-hans").parse(stretch)):
            yield Position(place, place + len(word))
            place += len(word)


def _with_punctuation(parts: list[str]) -> Iterator[str]:
    """Join closing marks to the word before and opening ones to the word behind."""
    waiting = ""
    for part in parts:
        if waiting and (_OPENING.fullmatch(waiting) or _ATTACHED.fullmatch(part)):
            waiting += part
            continue
        if waiting:
            yield waiting
        waiting = part
    if waiting:
        yield waiting


@cache
def _parser(model: str) -> Parser:
    return Parser(json.loads((files("budoux") / "models" / f"{model}.json").read_text("utf-8")))
