"""Turn the tokens of a Moonshine network into written words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mien.domain.errors import WeightsCorrupt

BEGIN: Final = 1
END: Final = 2
SPACE: Final = "▁".encode()
SPECIAL: Final = b"<<"
LONG: Final = 0x80
"""From here on the first of two bytes says how long a token is: their sum, the second counting this many times."""


@dataclass(frozen=True)
class Token:
    """Hold one token as it was heard: its number and how likely it was, 0…1, given all before it."""

    number: int
    likelihood: float


@dataclass(frozen=True)
class WrittenWord:
    """Hold one word with its marks, and the likelihoods of its tokens, each 0…1."""

    text: str
    likelihoods: tuple[float, ...]


def read_vocabulary(content: bytes) -> tuple[bytes, ...]:
    """Return the bytes of each token, in the form that the package moonshine-voice ships: lengths, then bytes.

    A space is written as "▁"; tokens of the network's own begin with "<<". Raises WeightsCorrupt.
    """
    tokens: list[bytes] = []
    at = 0
    while at < len(content):
        length, at = content[at], at + 1
        if length >= LONG:
            if at == len(content):
                raise WeightsCorrupt("the vocabulary ends in the middle of a length")
            length, at = length - LONG + content[at] * LONG, at + 1
        if at + length > len(content):
            raise WeightsCorrupt("the vocabulary ends in the middle of a token")
        tokens.append(content[at : at + length])
        at += length
    return tuple(tokens)


def written_words(tokens: Sequence[Token], vocabulary: Sequence[bytes]) -> Iterator[WrittenWord]:
    """Yield the words that tokens spell, in order; a word ends where a token begins with a space."""
    spelled = bytearray()
    likelihoods: list[float] = []
    for token in tokens:
        piece = vocabulary[token.number]
        if token.number in (BEGIN, END) or piece.startswith(SPECIAL):
            continue
        head, *tails = piece.split(SPACE)
        spelled += head
        for tail in tails:
            yield from _word(spelled, likelihoods)
            spelled, likelihoods = bytearray(tail), []
        if piece.strip(SPACE):
            likelihoods.append(token.likelihood)
    yield from _word(spelled, likelihoods)


def _word(spelled: bytearray, likelihoods: Sequence[float]) -> Iterator[WrittenWord]:
    text = bytes(spelled).decode("utf-8", "replace").replace("\N{REPLACEMENT CHARACTER}", "").strip()
    if text:
        yield WrittenWord(_marked_once(text), tuple(likelihoods) or (0.0,))


def _marked_once(text: str) -> str:
    """Return a word without commas that were written twice, which a network does now and then; "..." stays."""
    while ",," in text:
        text = text.replace(",,", ",")
    return text
