"""See what changed from frame to frame, block by block, and where a film is cut."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.segment import Box

Blocks = NDArray[np.float32]

BLOCKS: Final = (32, 18)
"""Blocks across and down in which frames are compared."""

SAMPLES: Final = 4
"""Points along a side of a block that stand for it."""

CHANGED: Final = 12.0
"""Grey levels by which a block changes when something moves in it."""

CUT: Final = 30.0
"""Mean change of all blocks from which on the film is cut."""

CUT_SHARE: Final = 0.7
"""Share of blocks that change at once from which on it is cut as well."""


def is_cut(before: Blocks, now: Blocks) -> bool:
    """Say whether a frame has nothing to do with the one before."""
    change = np.abs(now - before)
    return float(change.mean()) > CUT or float((change > CHANGED).mean()) > CUT_SHARE


def changed(before: Blocks, now: Blocks) -> NDArray[np.bool_]:
    """Return the blocks in which something moved."""
    return np.asarray(np.abs(now - before) > CHANGED)


def blocks_of(picture: Image.Image) -> Blocks:
    """Return the mean grey level of each block, 18 x 32, from a few of its points."""
    across, down = BLOCKS
    points = picture.resize((across * SAMPLES, down * SAMPLES), Image.Resampling.NEAREST)
    grouped = np.asarray(points, np.float32).reshape(down, SAMPLES, across, SAMPLES * 3)
    return np.asarray(grouped.mean(axis=(1, 3)), np.float32)


def widened(blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return these blocks and those beside them."""
    down, across = blocks.shape
    room = np.pad(blocks, 1)
    return np.asarray(np.any([room[y : y + down, x : x + across] for y in range(3) for x in range(3)], axis=0))


def covered(boxes: Sequence[Box], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which blocks of a frame the boxes touch."""
    touched = np.zeros(BLOCKS[::-1], bool)
    across, down = max(size[0], 1) / BLOCKS[0], max(size[1], 1) / BLOCKS[1]
    for box in boxes:
        left, top = max(0, int(box.x / across)), max(0, int(box.y / down))
        touched[top : int((box.y + box.h) / down) + 1, left : int((box.x + box.w) / across) + 1] = True
    return touched
