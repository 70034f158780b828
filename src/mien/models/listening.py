"""Run networks over stretches of sound of any length, and measure them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.network import Floats, Network
from mien.models.acoustics import contours, describe, melody
from mien.spectrograms.mel import RATE, WINDOW, filled, levelled

PIECE_SECONDS: Final = 6.0
"""What the networks hear at a time; longer stretches are cut into equal pieces whose findings are averaged."""

SHORTEST_FRAMES: Final = 64
"""Frames to which shorter sound is filled up with silence: about a second."""

AT_ONCE: Final = 16
PARTS: Final = ("spectrogram", "melody", "measures")
"""The parts of a piece that networks take as inputs."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Hold one piece of sound as the networks take it: its spectrogram, levelled, its melody and its measures."""

    spectrogram: Floats
    melody: Floats
    measures: Floats


def pieces(samples: Floats) -> tuple[Piece, ...]:
    """Cut sound into equal pieces of at most six seconds and describe them."""
    return tuple(_piece(part) for part in cut(samples))


def cut(samples: Floats) -> tuple[Floats, ...]:
    """Cut sound into equal parts of at most six seconds; nothing at all counts as one window of silence."""
    samples = np.asarray(samples, np.float32)
    if samples.size < WINDOW:
        samples = np.pad(samples, (0, WINDOW - samples.size))
    count = max(1, -(-samples.size // int(PIECE_SECONDS * RATE)))
    length = samples.size // count
    return tuple(samples[index * length : (index + 1) * length] for index in range(count))


def _piece(samples: Floats) -> Piece:
    heard = contours(samples)
    course = filled(melody(heard), SHORTEST_FRAMES, 0.0)
    return Piece(levelled(filled(heard.decibels, SHORTEST_FRAMES)), course, describe(heard))


def run_pieces(
    network: Network, heard: Sequence[Piece], inputs: Iterable[str], beside: Mapping[str, Floats] | None = None
) -> Mapping[str, Floats]:
    """Run a network over pieces, those of one length together; return its outputs, a row per piece.

    `beside` holds inputs that are not part of a piece, a row per piece.
    """
    asked, more = tuple(inputs), beside or {}
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, piece in enumerate(heard):
        by_length[len(piece.spectrogram)].append(index)
    rows: dict[str, list[Floats]] = defaultdict(list)
    order: list[int] = []
    for numbers in by_length.values():
        for first in range(0, len(numbers), AT_ONCE):
            batch = numbers[first : first + AT_ONCE]
            given = {name: np.stack([getattr(heard[index], name) for index in batch]) for name in asked}
            told = network.run({**given, **{name: values[batch] for name, values in more.items()}})
            order += batch
            for name, values in told.items():
                rows[name].append(np.asarray(values, np.float32))
    back = np.argsort(order)
    return {name: np.concatenate(values)[back] for name, values in rows.items()}


def averaged(rows: Floats, counts: Sequence[int]) -> Floats:
    """Average the rows of the pieces of each stretch: `counts` says how many each has."""
    ends = np.cumsum(counts)
    parts = [rows[end - count : end].mean(axis=0) for end, count in zip(ends, counts, strict=True)]
    return np.stack(parts).astype(np.float32)
