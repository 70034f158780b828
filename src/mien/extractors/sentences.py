"""Find where sentences begin and end, in one pass over a text and in any of the languages."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mien.domain.segment import Position

_LINE_END: Final = r"(?>\r\n|[\n\r\x85\u2028])"
_QUOTES: Final = r"\"'”’»›«‹“)\]}」』）〉》】〕＂＇"
_WIDE_QUOTES: Final = r"\"'”’)\]」』）〉》】〕＂＇"
_EMOJI: Final = "\u2600-\u27bf\ufe0f\u200d\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
_WORD_CHARACTERS: Final = 32

# Every alternative that starts always ends in a match, so a run of dots is looked at once, not once per dot.
_BREAK: Final = re.compile(
    rf"(?P<gap>{_LINE_END}(?>[^\S\n\r\x85\u2028]*){_LINE_END}|[\f\v\u2029]|"
    rf"{_LINE_END}(?=[ \t]{{0,8}}(?:[-*•–—]|\d{{1,3}}[.)])[ \t]))"
    rf"|(?P<wide>[。！？｡．।॥؟]++[.!?…。！？｡．]*+)(?P<wide_closers>[{_WIDE_QUOTES}]*+)"
    rf"|(?P<stop>[.!?…‼⁇⁈⁉]++)(?P<closers>[{_QUOTES}{_EMOJI}]*+(?:[ \u00a0\u202f]»(?!\w)|[ ]?[{_EMOJI}]++)*+)"
)
_NEXT: Final = re.compile(r"\s*+([\"'“„‚‘«»‹(\[¿¡—–-]{0,4})\s?(\w{0,32})")
_INITIAL: Final = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]")
_ELIDED: Final = re.compile(r"^\w{1,4}['’]")
_OPENING: Final = "\"'“„‚‘«»‹([¿¡-–—"
_OPENING_WIDE: Final = "「『（“《〈【"


@dataclass(frozen=True)
class _Habits:
    """Hold how one language writes full stops that end no sentence."""

    inside: frozenset[str]
    closing: frozenset[str]
    number: frozenset[str]
    openers: frozenset[str]
    ordinals: str


@cache
def _tables() -> Mapping[str, _Habits]:
    told = tomllib.loads((files("mien.extractors") / "abbreviations.toml").read_text("utf-8"))
    shared = told.pop("any")

    return {name: _habits(shared, table) for name, table in {**told, "": {}}.items()}


def _habits(shared: Mapping[str, Any], language: Mapping[str, Any]) -> _Habits:
    def joined(words: str) -> frozenset[str]:
        return frozenset([*shared.get(words, ()), *language.get(words, ())])

    ordinals = str(language.get("ordinals", ""))
    return _Habits(joined("inside"), joined("closing"), joined("number"), joined("openers"), ordinals)


def sentences(text: str, language: str = "en") -> Iterator[Position]:
    """Yield the sentences of a text in order, white space around them left out; time grows with the text's length.

    A sentence ends at its mark with the quotes, brackets and emoji behind it, at an empty line, and before a list item.
    """
    tables = _tables()
    habits = tables.get(language.split("-")[0], tables[""])
    begin = _skip_space(text, 0)
    for match in _BREAK.finditer(text):
        if match.start() < begin or not _ends(text, begin, match, habits):
            continue
        end = match.start() if match["gap"] else match.end()
        yield from _trimmed(text, begin, end)
        begin = _skip_space(text, match.end())
    yield from _trimmed(text, begin, len(text))


def _ends(text: str, begin: int, match: re.Match[str], habits: _Habits) -> bool:
    if match["gap"]:
        return True
    if match["wide"]:
        return _ends_wide(text, match)
    following = text[match.end() : match.end() + 1]
    if following and not following.isspace():
        return False
    if not following:
        return True
    opening, word = _following(text, match.end())
    if match["stop"] != ".":
        gentle = match["stop"].startswith(("..", "…")) or any(mark in match["closers"] for mark in _QUOTES)
        return not (gentle and word[:1].islower() and not opening)
    return _ends_at_dot(text[max(begin, match.start() - _WORD_CHARACTERS) : match.start()], (opening, word), habits)


def _ends_wide(text: str, match: re.Match[str]) -> bool:
    """Say whether a sentence ends: after a quoted one, what follows at once still speaks of the quotation."""
    following = text[match.end() : match.end() + 1]
    if not following or following.isspace():
        return True
    if match["wide"][0] == "．" and following.isdigit():
        return False
    return not match["wide_closers"] or following in _OPENING_WIDE


def _ends_at_dot(before: str, following: tuple[str, str], habits: _Habits) -> bool:
    """Say whether a single full stop ends the sentence, from the words before it and the word after it."""
    opening, word = following
    words = before.split() if before and not before[-1].isspace() else [""]
    last = words[-1].lstrip(_OPENING)
    opens = word[:1].isupper() and word.casefold() in habits.openers
    names = _names(words, last)
    if names & habits.number and word[:1].isdigit():
        return False
    if names & habits.closing:
        return bool(opening) or opens or (word[:1].isupper() and not habits.openers)
    if names & habits.inside or (len(last) == 1 and last.isalpha() and word[:1].islower()):
        return False
    if last.isdigit():
        return len(words) > 1 and not _is_ordinal(last, word, habits)
    if _INITIAL.fullmatch(last) and (last[-1].isupper() or "." in last):
        return opens or not word[:1].isalpha()
    return True


def _names(words: list[str], last: str) -> set[str]:
    """Return what the last word may be called in the lists: `z. B.` is `z.b` as well."""
    name = _ELIDED.sub("", last).casefold()
    spaced = len(words) > 1 and len(words[-2]) == 2 and words[-2][0].isalpha() and words[-2][1] == "."
    return {name, f"{words[-2]}{last}".casefold()} if spaced else {name}


def _is_ordinal(number: str, word: str, habits: _Habits) -> bool:
    if not habits.ordinals or len(number) > 2:
        return False
    return word[:1].islower() or (habits.ordinals == "nouns" and word.casefold() not in habits.openers)


def _following(text: str, place: int) -> tuple[str, str]:
    match = _NEXT.match(text, place)
    return (match[1], match[2]) if match else ("", "")


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _trimmed(text: str, begin: int, end: int) -> Iterator[Position]:
    while end > begin and text[end - 1].isspace():
        end -= 1
    if end > begin:
        yield Position(begin, end)
