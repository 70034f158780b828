"""Turn the tags of word pieces into entities: whole words, their kind, and how sure that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats

KINDS: Final = ("PER", "LOC", "ORG", "MISC")
"""The kinds of entity; tags are O, then B and I of each kind in this order."""

OUTSIDE: Final = 0
_LEAST: Final = 1e-6
_NEVER: Final = -1e9
_INITIALS: Final = re.compile(r"(?<!\w)(?:[^\W\d_]\.){2,}")
_STATES: Final = 2 * len(KINDS) + 1
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

    The likeliest sequence of states over the words counts, in which an entity goes on only with its own kind (Viterbi
    1967). A word is as likely of a kind as its pieces are on average. Marks at the edges are left out.
    """
    words = whole_words(text, spans)
    if not words:
        return []
    shares = np.stack([_shares(tags[begin:end]) for begin, end in words])
    states = _likeliest(_log_chances(words, tags, shares), [_glued(text, spans, word) for word in words])
    found: list[Tagged] = []
    for run in _runs(states):
        kind = (states[run[0]] + 1) // 2
        found += _without_marks(text, [(spans[a][0], spans[b - 1][1]) for a, b in words], run, (kind, shares[:, kind]))
    return found


def _shares(pieces: Floats) -> NDArray[np.float64]:
    """Return how likely a word is outside, and of each kind."""
    mean = pieces.mean(axis=0, dtype=np.float64)
    return np.array([mean[OUTSIDE], *(mean[place] + mean[place + 1] for place in range(1, mean.size, 2))])


def _log_chances(words: Sequence[Span], tags: Floats, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log chances of each word's states, words x 9: outside, then begin and inside of each kind."""
    first = np.stack([tags[begin] for begin, _ in words]).astype(np.float64) + _LEAST
    begins = first[:, 1::2] / (first[:, 1::2] + first[:, 2::2])
    chances = np.empty((len(words), _STATES))
    chances[:, OUTSIDE] = shares[:, OUTSIDE]
    chances[:, 1::2], chances[:, 2::2] = shares[:, 1:] * begins, shares[:, 1:] * (1 - begins)
    logs: NDArray[np.float64] = np.log(chances + _LEAST)
    return logs


def _likeliest(logs: NDArray[np.float64], glued: Sequence[bool]) -> list[int]:
    """Return the likeliest states; at a glued word no entity begins behind one of its own kind."""
    score, origins = logs[0] + _START, []
    for row, tied in zip(logs[1:], glued[1:], strict=True):
        steps = score[:, np.newaxis] + (_TIED if tied else _FREE)
        origins.append(steps.argmax(axis=0))
        score = steps.max(axis=0) + row
    states = [int(score.argmax())]
    for origin in reversed(origins):
        states.append(int(origin[states[-1]]))
    return states[::-1]


def _transitions(tied: bool) -> NDArray[np.float64]:
    """Return 0 for a step that may be taken and a very low number for one that may not, from x to."""
    steps = np.zeros((_STATES, _STATES))
    for begin in range(1, _STATES, 2):
        inside = begin + 1
        steps[:, inside] = _NEVER
        steps[[begin, inside], inside] = 0
        if tied:
            steps[[begin, inside], begin] = _NEVER
    return steps


_FREE, _TIED = _transitions(tied=False), _transitions(tied=True)
_START: Final = np.array([0.0, *([0.0, _NEVER] * len(KINDS))])


def _runs(states: Sequence[int]) -> list[Span]:
    """Return which words make up each entity, end exclusive."""
    runs: list[Span] = []
    for place, state in enumerate(states):
        if state % 2:
            runs.append((place, place + 1))
        elif state != OUTSIDE:
            runs[-1] = (runs[-1][0], place + 1)
    return runs


def _without_marks(text: str, places: Sequence[Span], run: Span, sure: tuple[int, NDArray[np.float64]]) -> list[Tagged]:
    """Return the entity of a run of words, or nothing where no letter is left."""
    first, last = run
    while first < last and not text[places[first][0]].isalnum():
        first += 1
    while first < last and not text[places[last - 1][0]].isalnum():
        last -= 1
    if first == last:
        return []
    kind, shares = sure
    confidence = float(shares[first:last].mean())
    return [Tagged(KINDS[kind - 1], (places[first][0], places[last - 1][1]), confidence, (first, last))]


def _glued(text: str, spans: Sequence[Span], word: Span) -> bool:
    """Say whether a word hangs on what stands before it: nothing begins in the middle of `U.S.`"""
    place = spans[word[0]][0]
    return bool(place) and (text[place - 1].isalnum() or text[place - 1] in ".'’&")
