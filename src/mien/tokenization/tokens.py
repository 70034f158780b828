"""The text networks' preprocessing, shared word for word by training and serving: from text to rows of numbers."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Inputs = dict[str, NDArray[np.int64]]
Span = tuple[int, int]

MAX_TOKENS: Final = 96
"""Word pieces in one row, the two special ones included."""

SHAPE_OTHER, SHAPE_LOWER, SHAPE_TITLE, SHAPE_UPPER, SHAPE_DIGIT, SHAPE_MIXED = range(6)
SHAPES: Final = 6

_REPLACED: Final = re.compile(r"(?P<url>https?://\S+|\bwww\.\S+)|(?<![\w@])@\w+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPECIALS: Final = (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[PAD]", "<pad>"))


@dataclass(frozen=True)
class Normalised:
    """Hold a text as the networks read it, and how its places lead back to the text it was made of.

    `begins` and `ends` are where replaced stretches lie in the new text, `origins` where they lay before.
    """

    text: str
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    origins: tuple[Span, ...] = ()

    def original(self, span: Span) -> Span:
        """Return where a stretch of the new text lay in the original; a part of a replacement means all of it."""
        return self._begin(span[0]), self._end(span[1])

    def _begin(self, place: int) -> int:
        index = bisect_right(self.begins, place) - 1
        if index < 0:
            return place
        return self.origins[index][0] if place < self.ends[index] else place - self.ends[index] + self.origins[index][1]

    def _end(self, place: int) -> int:
        index = bisect_right(self.begins, place - 1) - 1
        if index < 0:
            return place
        return self.origins[index][1] + max(0, place - self.ends[index])


def normalise(text: str) -> Normalised:
    """Replace user names by `@user`, addresses of pages by `http` and lone surrogates by U+FFFD; all else stays."""
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
    if "@" not in text and "http" not in text and "www." not in text:
        return Normalised(text)
    parts: list[str] = []
    origins: list[Span] = []
    begins: list[int] = []
    ends: list[int] = []
    done = length = 0
    for match in _REPLACED.finditer(text):
        new = "http" if match["url"] else "@user"
        length += match.start() - done
        parts += [text[done : match.start()], new]
        begins.append(length)
        ends.append(length := length + len(new))
        origins.append(match.span())
        done = match.end()
    return Normalised("".join([*parts, text[done:]]), tuple(begins), tuple(ends), tuple(origins))


@lru_cache(maxsize=65_536)
def word_shape(word: str) -> int:
    """Return how a word is written: 1 lower, 2 Title (also one capital), 3 UPPER, 4 with a digit, 5 mixed, 0 other."""
    if any(letter.isdigit() for letter in word):
        return SHAPE_DIGIT
    if word.islower():
        return SHAPE_LOWER
    if not word[:1].isupper():
        return SHAPE_OTHER if word.lower() == word.upper() else SHAPE_MIXED
    if len(word) > 1 and word.isupper():
        return SHAPE_UPPER
    return SHAPE_TITLE if word[1:] == word[1:].lower() else SHAPE_MIXED


@dataclass(frozen=True)
class Pieces:
    """Hold a text as word pieces, special ones left out: ids, shapes and the place of each in the text given."""

    ids: tuple[int, ...]
    shapes: tuple[int, ...]
    spans: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> "Pieces":
        return Pieces(self.ids[part], self.shapes[part], self.spans[part])


class Tokeniser:
    """Cut texts into word pieces by the content of a `tokenizer.json`."""

    def __init__(self, content: str) -> None:
        self._tokenizer = _tokenizer(content)
        self.first, self.last, self.pad = (self._special(names) for names in _SPECIALS)

    def pieces(self, text: str) -> Pieces:
        """Return all word pieces of a text; cost and memory grow with it, so cut long texts first."""
        normalised = normalise(text)
        encoding = self._tokenizer.encode(normalised.text, add_special_tokens=False)
        spans = encoding.offsets
        shapes = _shapes(normalised.text, encoding.word_ids, spans)
        if normalised.origins:
            spans = [normalised.original(span) for span in spans]
        return Pieces(tuple(encoding.ids), tuple(shapes), tuple(spans))

    def rows(self, batch: Sequence[Pieces]) -> Inputs:
        """Return the networks' inputs for texts of up to MAX_TOKENS - 2 pieces each, special pieces and padding added.

        `input_ids`, `attention_mask` and `shape_ids` are int64, texts x longest text; piece k stands in column k + 1.
        """
        width = max((len(pieces) for pieces in batch), default=0) + 2
        ids = np.full((len(batch), width), self.pad, np.int64)
        mask = np.zeros((len(batch), width), np.int64)
        shapes = np.zeros((len(batch), width), np.int64)
        for row, pieces in enumerate(batch):
            size = len(pieces) + 2
            ids[row, :size] = (self.first, *pieces.ids, self.last)
            shapes[row, 1 : size - 1] = pieces.shapes
            mask[row, :size] = 1
        return {"input_ids": ids, "attention_mask": mask, "shape_ids": shapes}

    def _special(self, names: Sequence[str]) -> int:
        for name in names:
            number = self._tokenizer.token_to_id(name)
            if number is not None:
                return int(number)
        raise ValueError(f"the tokenizer has none of the pieces {', '.join(names)}")


@cache
def _tokenizer(content: str) -> Tokenizer:
    """Return the tokenizer of this content, one for all that read with it: it takes some 10 MB."""
    tokenizer = Tokenizer.from_str(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _shapes(text: str, word_ids: Sequence[int | None], spans: Sequence[Span]) -> list[int]:
    """Return for each piece the shape of the word it is a part of, as it was written."""
    shapes: list[int] = []
    begin = 0
    while begin < len(spans):
        end = begin + 1
        while end < len(spans) and word_ids[end] == word_ids[begin]:
            end += 1
        shapes += [word_shape(text[spans[begin][0] : spans[end - 1][1]])] * (end - begin)
        begin = end
    return shapes


def ending(pieces: Pieces, max_tokens: int = MAX_TOKENS) -> Pieces:
    """Return the last pieces that fit a row: what comes last is what a left-to-right score describes."""
    return pieces[-(max_tokens - 2) :]


def windows(pieces: Pieces, max_tokens: int = MAX_TOKENS) -> list[Pieces]:
    """Cut pieces into stretches of nearly the same length that each fit a row; a text without pieces gives one row."""
    room = max_tokens - 2
    count = max(1, -(-len(pieces) // room))
    edges = [len(pieces) * index // count for index in range(count + 1)]
    return [pieces[begin:end] for begin, end in pairwise(edges)]


def length_sorted(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield batches of at most `size` indices, texts of like length together, so that little padding is computed."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for begin in range(0, len(order), size):
        yield order[begin : begin + size]
