import io

import numpy as np
from PIL import Image

from mien.media.png import encode_png


def test_a_picture_survives_png_unchanged():
    pixels = np.random.default_rng(0).integers(0, 255, (7, 5, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels)))), pixels)
