"""Turn the tags of word pieces into entities: whole words, their kind, and how sure that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.network import Floats

KINDS: Final = ("PER", "LOC", "ORG", "MISC")
"""The kinds of entity; tags are O, then B and I of each kind in this order."""

OUTSIDE: Final = 0
_INITIALS: Final = re.compile(r"(?<!\w)(?:[^\W\d_]\.){2,}")
Span = tuple[int, int]


@dataclass(frozen=True)
class Tagged:
    """Hold one entity: its kind, its place in the text, its confidence 0…1 and which words it is, end exclusive."""

    kind: str
    place: Span
    confidence: float
    words: Span


def whole_words(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return which pieces make up each word, end exclusive; a mark is a word of its own, `U.S.` is one word."""
    initials = [match.span() for match in _INITIALS.finditer(text)]
    words: list[Span] = []
    for index, (begin, end) in enumerate(spans):
        while initials and initials[0][1] <= begin:
            initials.pop(0)
        inside = bool(initials) and initials[0][0] < begin
        if index and (inside or _joins(text, spans[index - 1], (begin, end))):
            words[-1] = (words[-1][0], index + 1)
        else:
            words.append((index, index + 1))
    return words


def _joins(text: str, before: Span, piece: Span) -> bool:
    """Say whether a piece goes on with the word of the piece before; one character may give several pieces."""
    return before == piece or (before[1] == piece[0] and text[before[1] - 1].isalnum() and text[piece[0]].isalnum())


def entities(text: str, spans: Sequence[Span], tags: Floats) -> list[Tagged]:
    """Return the entities in order; `tags` are probabilities, pieces x 9.

    A word is of the kind its pieces together find likeliest; the next word goes on with the same entity unless its
    first piece rather begins one. Marks at the edges are left out.
    """
    words = whole_words(text, spans)
    kinds = [_kind(tags[begin:end]) for begin, end in words]
    found: list[Tagged] = []
    first = 0
    while first < len(words):
        kind, last = kinds[first][0], first + 1
        while last < len(words) and kinds[last][0] == kind and not _begins(text, spans, tags, words[last][0], kind):
            last += 1
        if kind != OUTSIDE:
            found += _without_marks(text, spans, words, (first, last), kinds)
        first = last
    return found


def _without_marks(
    text: str, spans: Sequence[Span], words: Sequence[Span], run: Span, kinds: Sequence[tuple[int, float]]
) -> list[Tagged]:
    """Return the entity of a run of words, or nothing where no letter is left."""
    first, last = run
    places = [(spans[begin][0], spans[end - 1][1]) for begin, end in words]
    while first < last and not text[places[first][0]].isalnum():
        first += 1
    while first < last and not text[places[last - 1][0]].isalnum():
        last -= 1
    if first == last:
        return []
    confidence = float(np.mean([sure for _, sure in kinds[first:last]]))
    kind = KINDS[kinds[run[0]][0] - 1]
    return [Tagged(kind, (places[first][0], places[last - 1][1]), confidence, (first, last))]


def _kind(pieces: Floats) -> tuple[int, float]:
    """Return the likeliest kind of a word, 0 for none, and its probability."""
    mean = pieces.mean(axis=0)
    shares = [float(mean[OUTSIDE]), *(float(mean[place] + mean[place + 1]) for place in range(1, mean.size, 2))]
    kind = int(np.argmax(shares))
    return kind, shares[kind]


def _begins(text: str, spans: Sequence[Span], tags: Floats, piece: int, kind: int) -> bool:
    """Say whether a piece begins another entity of the same kind; nothing begins in the middle of `U.S.`"""
    place = spans[piece][0]
    if place and (text[place - 1].isalnum() or text[place - 1] in ".'’&"):
        return False
    return bool(kind != OUTSIDE and tags[piece][2 * kind - 1] > tags[piece][2 * kind])
