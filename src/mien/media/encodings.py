"""Tell in which encoding a text was written, from its first bytes."""

import codecs
import re
from collections.abc import Callable
from typing import Final

# The longer mark first: a UTF-16 mark is the beginning of a UTF-32 one.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_KANA: Final = re.compile("[\u3040-\u30fa\u30fc]")

# The most frequent characters of Chinese text, simplified and traditional.
_SIMPLIFIED: Final = frozenset("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下")
_TRADITIONAL: Final = frozenset("的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下")
_KOREAN: Final = frozenset("이다는을의에가를고하지한은도로기서어사나아니라리그해있자시들일정대만으게요")
_RUSSIAN: Final = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюіїє")
_WESTERN: Final = frozenset("äöüßéèêëàâáãåæçíìîïñóòôõøœúùûÄÖÜÉÅØÆÇ“”„‘’–—…€«»¿¡°§´ ªº")
_CENTRAL: Final = frozenset("ąćęłńóśźżŁŚŻáéíúýčďěňřšťůžőűČŘŠŽ„”–—… ")
_TURKISH: Final = frozenset("ğışöüçİĞŞÖÜÇâîû“”‘’–—… ")

_ENOUGH: Final = 0.8
"""Share of the characters beyond ASCII that must be usual ones, in an encoding of one byte a character."""

_NUL_SHARE: Final = 0.3


def encoding_of(start: bytes, whole: bool) -> str | None:
    """Return the encoding of a text that begins so, or nothing for what is not text in any known one.

    Marks and UTF-8 come first; then UTF-16 without a mark, encodings of East Asia, Cyrillic, Western and Central Europe
    and Turkish, told apart by how usual the characters are that come out. `whole` says that nothing follows.
    """
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked:
        return marked
    if b"\0" in start:
        return _unmarked_utf16(start, whole)
    if _decoded(start, "utf-8", whole) is not None:
        return "utf-8"
    if _CONTROL.search(start):
        return None
    scores = {name: score(text) for name, score in _CANDIDATES if (text := _decoded(start, name, whole)) is not None}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best and scores[best] > 0 else None


def _decoded(data: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=whole)
    except UnicodeDecodeError:
        return None


def _unmarked_utf16(start: bytes, whole: bool) -> str | None:
    """Return the byte order of a text in which every second byte is often zero, as of Latin letters in UTF-16."""
    half = len(start) // 2
    for name, zeros, others in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if zeros.count(0) > _NUL_SHARE * half and not others.count(0):
            return name if _decoded(start, name, whole) is not None else None
    return None


def _beyond_ascii(text: str) -> str:
    return "".join(letter for letter in text if letter > "\x7f")


def _japanese(text: str) -> float:
    found = len(_KANA.findall(text)) / max(1, len(_beyond_ascii(text)))
    return 1 + found if found > 0.25 else 0.0


def _usual(usual: frozenset[str], needed: float) -> Callable[[str], float]:
    def score(text: str) -> float:
        found = sum(letter in usual for letter in text) / max(1, len(_beyond_ascii(text)))
        return 1 + found if found > needed else 0.0

    return score


def _cyrillic(text: str) -> float:
    """Score a text by its usual small letters; read in the wrong one of two encodings, small letters are capitals."""
    letters = _LETTER.findall(text)
    found = sum(letter in _RUSSIAN for letter in letters)
    return found / len(letters) if len(letters) > 3 and found > 0.5 * len(letters) else 0.0


def _latin(usual: frozenset[str], rank: float) -> Callable[[str], float]:
    def score(text: str) -> float:
        beyond = _beyond_ascii(text)
        found = sum(letter in usual for letter in beyond) / max(1, len(beyond))
        plain = len(text) - len(beyond)
        return rank * found if found >= _ENOUGH and plain > len(beyond) else 0.0

    return score


# Scores reach 2 for encodings of two bytes a character, which fit hardly anything by chance, and 1 for the others.
_CANDIDATES: Final[tuple[tuple[str, Callable[[str], float]], ...]] = (
    ("cp932", _japanese),
    ("euc_jp", _japanese),
    ("cp949", _usual(_KOREAN, 0.25)),
    ("gb18030", _usual(_SIMPLIFIED, 0.1)),
    ("big5", _usual(_TRADITIONAL, 0.1)),
    ("cp1251", _cyrillic),
    ("koi8_r", _cyrillic),
    ("cp1252", _latin(_WESTERN, 0.5)),
    ("cp1250", _latin(_CENTRAL, 0.49)),
    ("cp1254", _latin(_TURKISH, 0.48)),
)
