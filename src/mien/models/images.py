"""The face networks' picture preprocessing, shared word for word by training and serving."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

INPUT_SIZE: Final = 48
"""Side of the square face crop in pixels, as the face expression network takes it."""

GREY_WEIGHTS: Final = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in a grey value (ITU-R BT.601); they add up to 1."""

FLAT_DEVIATION: Final = 1.0
"""Grey levels (of 255) below which a crop counts as flat: its noise is not blown up to full contrast."""


def to_grey(rgb: NDArray[np.generic]) -> NDArray[np.float32]:
    """Turn colour pictures of shape (..., H, W, 3), values 0 to 255, into grey ones of shape (..., H, W)."""
    if rgb.ndim < 3 or rgb.shape[-1] != 3:
        raise ValueError(f"colour pictures end in three channels, these have the shape {rgb.shape}")
    return rgb.astype(np.float32) @ np.asarray(GREY_WEIGHTS, dtype=np.float32)


def face_input(crops: NDArray[np.generic]) -> NDArray[np.float32]:
    """Turn grey face crops, N x 48 x 48 with values 0 to 255, into the network's input, N x 1 x 48 x 48.

    A crop is centred on the face-mesh hull, its side is 1.05 times the hull's height, the eyes are level, and it
    was area-filtered to 48 pixels. Each crop leaves with mean 0 and deviation 1, so brightness and contrast of
    the photograph do not matter; a crop of one single grey value leaves as zeros.
    """
    if crops.ndim != 3 or crops.shape[1:] != (INPUT_SIZE, INPUT_SIZE):
        raise ValueError(f"face crops are N x {INPUT_SIZE} x {INPUT_SIZE}, these have the shape {crops.shape}")
    pixels = crops.astype(np.float32)
    centred = pixels - pixels.mean(axis=(1, 2), keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=(1, 2), keepdims=True))
    standardised: NDArray[np.float32] = centred / np.maximum(deviation, np.float32(FLAT_DEVIATION))
    return standardised[:, np.newaxis]
