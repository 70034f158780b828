"""Hold how large one opened file may be."""

from dataclasses import dataclass

from mien.domain.errors import ItemTooLarge


@dataclass(frozen=True)
class MediaLimits:
    """Hold what one file may cost: pixels of a picture or frame, seconds of sound or video, bytes of text."""

    max_pixels: int = 120_000_000
    max_seconds: float = 3 * 3600.0
    max_text_bytes: int = 255 * 1024 * 1024


def readable_seconds(seconds: float) -> str:
    """Write a length of time for people."""
    if seconds % 3600 == 0:
        return f"{seconds / 3600:g} hours"
    return f"{seconds:g} s"


def too_long(limits: MediaLimits) -> ItemTooLarge:
    """Return the error for a video or sound that goes on for too long."""
    return ItemTooLarge(f"file is longer than the limit of {readable_seconds(limits.max_seconds)}")


def check_pixels(kind: str, width: int, height: int, limits: MediaLimits) -> None:
    """Raise ItemTooLarge for a picture or frame of too many pixels."""
    if width * height > limits.max_pixels:
        raise ItemTooLarge(f"{kind} of {width} x {height} is over the limit of {limits.max_pixels} pixels")
