"""Read a picture as one upright RGB frame, and a picture that moves as several."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pi_heif  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from mien.domain.errors import ItemTooLarge, MienError, UnreadableMedia
from mien.domain.media import Frame
from mien.media.limits import MediaLimits, check_pixels, too_long
from mien.media.sampling import Sampling

Pixels = NDArray[np.uint8]

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_MAY_MOVE = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
_UNTOLD_MS = 100
"""How long a frame is shown that does not say it; browsers do so."""

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
"""Major brands of HEIF files (ISO/IEC 23008-12), as telephones write them; AVIF states itself among the minor ones."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def image_format(start: bytes) -> str | None:
    """Return which picture format a file that starts so is in; None for anything else."""
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        return _brand(start[8 : int.from_bytes(start[:4], "big")])
    return next((name for magic, name in _STARTS if start.startswith(magic)), None)


def _brand(brands: bytes) -> str | None:
    if b"avif" in brands:
        return "AVIF"
    return "HEIF" if brands[:4] in _HEIC_BRANDS else None


def read_image(path: Path, name: str, limits: MediaLimits) -> Pixels:
    """Return the picture, the first where there are several, as uint8, height x width x 3, RGB.

    Orientation marks are applied and transparent parts lie on white. Raises ItemTooLarge before anything large is
    unpacked, and UnreadableMedia with the reason.
    """
    with _opened(path, name, limits) as image:
        image.load()
        return _rgb(_upright(image))


def moves(path: Path, name: str, limits: MediaLimits) -> bool:
    """Say whether a picture has several frames that are shown one after the other; raises like `read_image`."""
    if name not in _MAY_MOVE:
        return False
    with _opened(path, name, limits) as image:
        return getattr(image, "n_frames", 1) > 1


def read_moving_image(path: Path, name: str, fps: float, limits: MediaLimits) -> Iterator[Frame]:
    """Yield the frames of a moving picture that are nearest to the times k / fps, each once; 0 yields all.

    Raises UnreadableMedia after the last good frame of a damaged one, and ItemTooLarge.
    """
    sampling, begin = Sampling(fps), Fraction(0)
    with _opened(path, name, limits) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            shown = Fraction(str(image.info.get("duration") or _UNTOLD_MS)) / 1000
            if begin > limits.max_seconds:
                raise too_long(limits)
            if sampling.wants(begin + shown / 2):
                yield Frame(index, float(begin), _rgb(_upright(image)))
            begin += shown


@contextmanager
def _opened(path: Path, name: str, limits: MediaLimits) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the limit is ours to set
            with Image.open(path, formats=(name,)) as image:
                check_pixels("image", *image.size, limits)
                yield image
    except MienError:
        raise
    except Image.DecompressionBombError as error:
        raise ItemTooLarge(f"image is over the limit of {limits.max_pixels} pixels") from error
    except Exception as error:  # damaged pictures make decoders raise anything
        reason = "damaged" if isinstance(error, UnidentifiedImageError) else str(error).strip()
        raise UnreadableMedia(f"image could not be decoded ({name}): {reason}") from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # a picture is worth reading also where what it says of itself is damaged
        return image
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _rgb(image: Image.Image) -> Pixels:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    if not image.has_transparency_data:
        return np.array(image.convert("RGB"))
    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return np.array(paper)


def _from_deep_grey(image: Image.Image) -> Pixels:
    """Bring greys of more than 8 bits to 8; where the depth is not said, the values tell it."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    brightest = 65535.0 if image.mode.startswith("I;16") else _white(float(values.max()), image.mode)
    grey = np.clip(values * (255.0 / brightest), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _white(brightest: float, mode: str) -> float:
    if mode == "F" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else 65535.0
