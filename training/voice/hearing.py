"""Lets networks hear sounds the way mien does: cut into pieces, filled up, levelled and measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.models.listening import PARTS, Piece, averaged, pieces

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Heard:
    """Holds the outputs of a network, a row per sound, and the measures of the sounds."""

    outputs: tuple[Floats, ...]
    measures: Floats


@torch.no_grad()
def hear(net: nn.Module, sounds: Sequence[Floats]) -> Heard:
    """Return what a network of spectrogram, melody and measures makes of sounds, float32 at 16 kHz."""
    cut = [pieces(sound) for sound in sounds]
    counts, whole = [len(each) for each in cut], [piece for each in cut for piece in each]
    rows = [net(*(torch.from_numpy(part)[None] for part in parts_of(piece))) for piece in whole]
    outputs = (torch.cat([row[place] for row in rows]).numpy() for place in range(len(rows[0])))
    measured = np.stack([piece.measures for piece in whole])
    return Heard(tuple(averaged(one, counts) for one in outputs), averaged(measured, counts))


def parts_of(piece: Piece) -> tuple[Floats, ...]:
    """Return spectrogram, melody and measures of a piece."""
    return tuple(getattr(piece, name) for name in PARTS)
