"""FER+ as meshes, the way `lay_meshes` wrote them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DEFAULT_FILE = Path("build/meshes.npz")


class Meshes(NamedTuple):
    """Hold meshes, N x 468 x 3 in pixels of the 48 x 48 picture, the mesh flags, the votes and the split."""

    points: NDArray[np.float32]
    flags: NDArray[np.float32]
    votes: NDArray[np.uint8]
    split: NDArray[np.uint8]


def load_meshes(path: Path) -> Meshes:
    """Read the file that `lay_meshes` wrote."""
    with np.load(path) as kept:
        return Meshes(*(kept[key] for key in Meshes._fields))
