"""Write a picture as PNG."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a height x width x 3 RGB picture as the bytes of a PNG file."""
    out = io.BytesIO()
    # Level 1 halves the time for files a tenth larger: face pictures come by the thousand.
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()
