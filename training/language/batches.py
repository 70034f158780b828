"""Rows as numbers, and numbers as batches: cut to beginnings, sorted by length, own examples in every one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.domain.labels import EMOTIONS_53, TOXICITY
from mien.tokenization.tokens import SHAPE_LOWER, SHAPE_MIXED, SHAPE_TITLE, SHAPE_UPPER, Tokeniser
from training.language.data import GOEMOTIONS, LEVELS, Row
from training.language.network import TAGS

MASK = 103  # the piece the base was taught to see in place of a hidden one
MISC_OR_NONE = sum(1 << TAGS.index(tag) for tag in ("O", "B-MISC", "I-MISC"))


@dataclass(frozen=True)
class Encoded:
    """Holds one row as word pieces, the special ones left out."""

    ids: NDArray[np.int64]
    shapes: NDArray[np.int64]
    starts: NDArray[np.intp]  # the pieces before which a beginning may end
    tags: NDArray[np.int64] | None  # per piece, the set of tags it may have, as bits


@dataclass(frozen=True)
class Targets:
    """Holds what all rows teach, a row each; a weight of 0 means unknown."""

    emotions: Tensor
    emotion_weights: Tensor
    choice: Tensor
    goemotions: Tensor
    goemotion_weights: Tensor
    sentiment: Tensor
    toxicity: Tensor
    toxicity_weights: Tensor

    def __getitem__(self, rows: Tensor) -> "Targets":
        """Return the targets of some rows."""
        return Targets(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Batch:
    """Holds the three inputs of the network, N x T, and the targets; `tags` is N x T bits, 0 where not taught."""

    ids: Tensor
    mask: Tensor
    shapes: Tensor
    tags: Tensor
    targets: Targets


def encode(rows: Sequence[Row], tokeniser: Tokeniser, max_tokens: int) -> list[Encoded]:
    """Cut texts into word pieces with the preprocessing that serves them; only the first pieces are kept."""
    return [_encode(row, tokeniser, max_tokens - 2) for row in rows]


def _encode(row: Row, tokeniser: Tokeniser, room: int) -> Encoded:
    pieces = tokeniser.pieces(row.text[: room * 40])[:room]
    starts = [place for place, (begin, _) in enumerate(pieces.spans) if place and row.text[begin - 1 : begin].isspace()]
    tags = None if row.entities is None else _tags(pieces.spans, row)
    return Encoded(np.array(pieces.ids, np.int64), np.array(pieces.shapes, np.int64), np.array(starts, np.intp), tags)


def _tags(spans: Sequence[tuple[int, int]], row: Row) -> NDArray[np.int64]:
    free = MISC_OR_NONE if row.source in ("btc", "wikiann") else 1
    tags = np.full(len(spans), free, np.int64)
    for begin, end, kind in row.entities or ():
        inside = [place for place, span in enumerate(spans) if span[0] < end and span[1] > begin]
        tags[inside] = 1 << TAGS.index(f"I-{kind}")
        tags[inside[:1]] = 1 << TAGS.index(f"B-{kind}")
    return tags


def targets_of(rows: Sequence[Row]) -> Targets:
    """Gather what rows teach into dense tables."""

    def table(values: Sequence[Any], width: int) -> Tensor:
        empty = np.zeros(width, np.float32)
        return torch.from_numpy(np.stack([empty if value is None else value for value in values]))

    def half(pairs: Sequence[Any], side: int) -> list[Any]:
        return [None if pair is None else pair[side] for pair in pairs]

    emotions, toxicity = [row.emotions for row in rows], [row.toxicity for row in rows]
    known = [None if row.goemotions is None else np.ones(len(GOEMOTIONS), np.float32) for row in rows]
    return Targets(
        emotions=table(half(emotions, 0), len(EMOTIONS_53)),
        emotion_weights=table(half(emotions, 1), len(EMOTIONS_53)),
        choice=table([row.choice for row in rows], len(EMOTIONS_53)),
        goemotions=table([row.goemotions for row in rows], len(GOEMOTIONS)),
        goemotion_weights=table(known, len(GOEMOTIONS)),
        sentiment=table([row.sentiment for row in rows], LEVELS),
        toxicity=table(half(toxicity, 0), len(TOXICITY)),
        toxicity_weights=table(half(toxicity, 1), len(TOXICITY)),
    )


def collate(rows: Sequence[Encoded], tokeniser: Tokeniser) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Lay rows side by side, special pieces and padding added: ids, mask, shapes and tag bits, N x T."""
    width = max(len(row.ids) for row in rows) + 2
    ids, mask, shapes, tags = (np.zeros((len(rows), width), np.int64) for _ in range(4))
    ids[:] = tokeniser.pad
    for place, row in enumerate(rows):
        size = len(row.ids)
        ids[place, 0], ids[place, size + 1] = tokeniser.first, tokeniser.last
        ids[place, 1 : size + 1], shapes[place, 1 : size + 1] = row.ids, row.shapes
        mask[place, : size + 2] = 1
        if row.tags is not None:
            tags[place, 1 : size + 1] = row.tags
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(shapes), torch.from_numpy(tags)


class Feeder:
    """Draws batches without end from rows of many sources."""

    def __init__(self, rows: Mapping[str, Sequence[Row]], tokeniser: Tokeniser, config: Mapping[str, Any]) -> None:
        """Encode all rows; `own` are drawn for a fixed share of every batch."""
        self.settings = config["training"]
        self.tokeniser = tokeniser
        flat = [row for source in rows for row in rows[source]]
        self.encoded = encode(flat, tokeniser, self.settings["max_tokens"])
        self.targets = targets_of(flat)
        own = np.array([row.source == "own" for row in flat])
        self.own, self.others = np.flatnonzero(own), np.flatnonzero(~own)
        self.rates = np.array([config["draws"][flat[place].source] for place in self.others])
        self.random = np.random.default_rng(self.settings["seed"])
        # The same in every process, so that none waits at a step for another one's longer texts.
        self.order = np.random.default_rng(self.settings["seed"])

    def rows_per_pass(self) -> float:
        """Return how many rows of the public sets one pass draws."""
        return float(self.rates.sum())

    def batches(self) -> Iterator[Batch]:
        """Yield batches: in each the same share of own examples, all texts of like length."""
        size = self.settings["batch_rows"]
        own_size = round(size * self.settings["own_share"])
        own, others = self._stream(self.own, None), self._stream(self.others, self.rates)
        while True:
            chunk = self.settings["sort_batches"]
            mine = self._sorted([next(own) for _ in range(own_size * chunk)])
            theirs = self._sorted([next(others) for _ in range((size - own_size) * chunk)])
            for number in self.order.permutation(chunk):
                mixed = mine[number * own_size : (number + 1) * own_size]
                width = size - own_size
                yield self._batch([*mixed, *theirs[number * width : (number + 1) * width]])

    def _stream(self, places: NDArray[np.intp], rates: NDArray[np.float64] | None) -> Iterator[int]:
        """Yield places for ever: all before any again, or each as often as its rate says, fractions by chance."""
        while True:
            counts = np.ones(len(places)) if rates is None else rates
            whole = np.floor(counts + self.random.random(len(places))).astype(int)
            yield from self.random.permutation(np.repeat(places, whole))

    def _sorted(self, places: Sequence[int]) -> list[tuple[int, Encoded]]:
        first_own = self.own[0]
        drawn = [(place, self._changed(self.encoded[place], place >= first_own)) for place in places]
        return sorted(drawn, key=lambda pair: len(pair[1].ids))

    def _changed(self, row: Encoded, own: bool) -> Encoded:
        """Cut a text to a beginning of itself at times, hide pieces of an own example, take the letter case."""
        ids, shapes, tags = row.ids, row.shapes, row.tags
        if own and self.random.random() < self.settings["mask_share"]:
            hidden = self.random.random(len(ids)) < self.settings["mask_rate"]
            ids = np.where(hidden, MASK, ids)
        if tags is None and len(row.starts) and self.random.random() < self.settings["prefix_share"]:
            end = self.random.choice(row.starts)
            ids, shapes = ids[:end], shapes[:end]
        if self.random.random() < self.settings["lower_share"]:
            cased = (shapes == SHAPE_TITLE) | (shapes == SHAPE_UPPER) | (shapes == SHAPE_MIXED)
            shapes = np.where(cased, SHAPE_LOWER, shapes)
        return Encoded(ids, shapes, row.starts, tags)

    def _batch(self, drawn: Sequence[tuple[int, Encoded]]) -> Batch:
        rows = torch.tensor([place for place, _ in drawn])
        return Batch(*collate([row for _, row in drawn], self.tokeniser), self.targets[rows])
