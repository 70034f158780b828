"""Hash a text's runs of two to five characters: the input of the small linear networks for many languages."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.tokenization.tokens import normalise

FEATURES: Final = 2**18
"""Size of the feature table; feature 0 is the empty one, for padding."""

SHORTEST, LONGEST = 2, 5
MAX_CHARACTERS: Final = 1_000
"""Only the last characters of a longer text are read."""

_OFFSET: Final = np.uint32(2166136261)
_PRIME: Final = np.uint32(16777619)


def feature_counts(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the features of a text in ascending order, 1 to FEATURES - 1, and how often each occurs.

    The text is normalised, lower-cased, its white space collapsed, with one space before and after. A run of characters
    becomes 1 + h modulo (FEATURES - 1), h being the 32-bit FNV-1a hash of its UTF-8 bytes.
    """
    plain = " ".join(normalise(text[-MAX_CHARACTERS:]).text.lower().split())
    if not plain:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    hashes = _hashes(f" {plain} ")
    features, counts = np.unique(hashes.astype(np.int64) % (FEATURES - 1) + 1, return_counts=True)
    return features, counts.astype(np.float32)


def gram_rows(texts: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Return the networks' inputs: `ids` int64, `counts` float32, texts x features; padding is feature 0, count 0."""
    found = [feature_counts(text) for text in texts]
    width = max((len(features) for features, _ in found), default=0) or 1
    ids = np.zeros((len(texts), width), np.int64)
    counts = np.zeros((len(texts), width), np.float32)
    for row, (features, numbers) in enumerate(found):
        ids[row, : len(features)] = features
        counts[row, : len(features)] = numbers
    return {"ids": ids, "counts": counts}


def _hashes(text: str) -> NDArray[np.uint32]:
    """Return the FNV-1a hashes of all runs of SHORTEST to LONGEST characters, all places of one length at a time."""
    encoded, sizes = _utf8(text)
    hashes = np.full(len(text), _OFFSET, np.uint32)
    found: list[NDArray[np.uint32]] = []
    for length in range(1, min(LONGEST, len(text)) + 1):
        hashes = _extended(hashes[: len(text) - length + 1], encoded[length - 1 :], sizes[length - 1 :])
        if length >= SHORTEST:
            found.append(hashes)
    return np.concatenate(found) if found else np.zeros(0, np.uint32)


def _extended(hashes: NDArray[np.uint32], encoded: NDArray[np.uint32], sizes: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the hashes after one more character each; runs start one place apart, so the last has no next one."""
    for byte in range(int(sizes.max(initial=0))):
        more = (hashes ^ encoded[:, byte]) * _PRIME
        hashes = np.where(sizes > byte, more, hashes)
    return hashes


def _utf8(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the UTF-8 bytes of each character, four columns, and how many each has."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    sizes = 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
    encoded = np.zeros((len(points), 4), np.uint32)
    for size, lead in ((1, 0), (2, 0xC0), (3, 0xE0), (4, 0xF0)):
        chosen = sizes == size
        for byte in range(size):
            bits = points[chosen] >> np.uint32(6 * (size - 1 - byte))
            encoded[chosen, byte] = (bits & 0x3F) | 0x80 if byte else bits | lead
    return encoded, sizes
