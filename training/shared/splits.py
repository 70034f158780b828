"""The three parts a data set is divided into, and what each may be used for."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Split(IntEnum):
    """Names a part of a data set, numbered as the packed data sets number them."""

    TRAIN = 0  # weights are fitted here
    VALIDATION = 1  # settings, temperature and thresholds are chosen here
    TEST = 2  # looked at once, for the card


def rows_of(split: Split, column: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the row numbers that belong to a split, in order."""
    return np.flatnonzero(column == split.value)
