"""Score texts with an encoder network of several heads, long ones by windows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY, Heads
from mien.domain.network import Floats, Runtime
from mien.tokenization.tokens import MAX_TOKENS, Pieces, Tokeniser, ending, length_sorted, windows

TEXT_HEADS: Final[Heads] = {"emotions": EMOTIONS_53, "sentiment": SENTIMENT, "toxicity": TOXICITY}
ROWS: Final = 16
"""Texts run at a time: more are not faster on one core and cost memory."""

READ_CHARACTERS: Final = 10_000
STRETCHES: Final = 24
STRETCH_CHARACTERS: Final = 400
"""A text longer than READ_CHARACTERS is read in STRETCHES pieces of this length, at even distances."""


@dataclass(frozen=True)
class Reading:
    """Say what is to be read: a text, or with `upto` the text up to a word, whose last pieces count then."""

    text: str
    language: str = "en"
    upto: bool = False


class TextEncoder:
    """Read texts with the network of a weights folder; `languages` are the tags its manifest names."""

    def __init__(self, runtime: Runtime, weights: str) -> None:
        self._network = runtime.network(weights)
        self._tokeniser = Tokeniser(runtime.companion(weights, "tokenizer.json"))
        told = json.loads(runtime.companion(weights, "manifest.json"))
        self._max_tokens = min(int(told.get("max_tokens", MAX_TOKENS)), MAX_TOKENS)
        self.languages = frozenset(told.get("languages", ("en",)))

    def scores(self, readings: Sequence[Reading], heads: frozenset[str]) -> dict[str, Floats]:
        """Return a row per text; of several windows the mean, for toxicity the largest."""
        rows = [self._rows(reading) for reading in readings]
        flat = [row for some in rows for row in some]
        found = self._run(flat, sorted(heads))
        begins = np.cumsum([0, *(len(some) for some in rows[:-1])])
        return {head: _gathered(head, values, begins) for head, values in found.items()}

    def _rows(self, reading: Reading) -> list[Pieces]:
        if reading.upto:
            return [ending(self._tokeniser.pieces(reading.text), self._max_tokens)]
        cut = [windows(self._tokeniser.pieces(part), self._max_tokens) for part in stretches(reading.text)]
        return [row for some in cut for row in some]

    def _run(self, rows: Sequence[Pieces], heads: Sequence[str]) -> dict[str, Floats]:
        found = {head: np.zeros((len(rows), len(TEXT_HEADS[head])), np.float32) for head in heads}
        for batch in length_sorted([len(row) for row in rows], ROWS):
            answers = self._network.run(self._tokeniser.rows([rows[index] for index in batch]), heads)
            for head in heads:
                found[head][batch] = answers[head]
        return found


def stretches(text: str) -> list[str]:
    """Return a text as it is, or of a very long one parts at even distances, so that its cost has a bound."""
    if len(text) <= READ_CHARACTERS:
        return [text]
    step = (len(text) - STRETCH_CHARACTERS) / (STRETCHES - 1)
    begins = [round(index * step) for index in range(STRETCHES)]
    return [text[begin : begin + STRETCH_CHARACTERS] for begin in begins]


def _gathered(head: str, values: Floats, begins: NDArray[np.integer]) -> Floats:
    if len(begins) == len(values):
        return values
    if head == "toxicity":
        largest: Floats = np.maximum.reduceat(values, begins, axis=0)
        return largest
    counts = np.diff([*begins, len(values)])
    mean: Floats = (np.add.reduceat(values, begins, axis=0) / counts[:, np.newaxis]).astype(np.float32)
    return mean
