"""Say what an opened file offers: frames, a waveform, a text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions


class MediaKind(StrEnum):
    """Tell kinds of file apart, as clients read them in `file_type`."""

    IMAGE = "image"
    VIDEO = "video"
    VIDEO_NO_AUDIO = "video_no_audio"
    AUDIO = "audio"
    TEXT = "text"


PICTURES = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.VIDEO_NO_AUDIO})


@dataclass(frozen=True)
class Frame:
    """Hold one upright picture.

    `index` counts in the source's own frames from 0; `seconds` is its presentation time from the start of the track;
    `pixels` is uint8, height x width x 3, RGB; the bytes of a pixel lie side by side, pixels may lie four bytes apart.
    """

    index: int
    seconds: float
    pixels: NDArray[np.uint8]


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Waveform:
    """Hold mono sound: float32 samples in -1…1 (often a memory map) at `rate` samples per second.

    `release` gives back the memory of what was read of a memory map; it can be read again. Call it on the way through a
    long recording. With `part` only that stretch is to be measured, others measure the rest; the samples have their
    places in the whole recording, and what lies far from the stretch may be silence.
    """

    samples: NDArray[np.float32]
    rate: int
    release: Callable[[], None] = field(default=_nothing, repr=False, compare=False)
    part: TimeSpan | None = None


def stretch_of(media: object) -> TimeSpan | None:
    """Return the stretch of a long recording that is to be measured, in seconds; None for one measured as a whole.

    A medium has one as its attribute `stretch`. Only an extractor with the class attribute `in_stretches` is handed
    such a medium: its frames begin a little before the stretch, so that what is followed is known when it begins, and
    the extractor yields no segment that begins outside. What must be known to join the stretches it notes in the
    source's memory.
    """
    stretch: TimeSpan | None = getattr(media, "stretch", None)
    return stretch


class Media(Protocol):
    """Offer the tracks of one opened file. Close it when done; `with` does."""

    @property
    def kind(self) -> MediaKind:
        """Return what the bytes turned out to be."""

    def frames(self, fps: float) -> Iterator[Frame]:
        """Yield upright frames in order, `fps` per second; 0 yields every frame. Files without pictures yield none."""

    def waveform(self) -> Waveform:
        """Return the sound as 16 kHz mono. Raises UnreadableMedia for a file without sound."""

    def captions(self) -> tuple[Captions, ...]:
        """Return the subtitles that came with the recording, one per language or track; none for most files."""

    @property
    def text(self) -> str:
        """Return the whole text; empty for a file that is not a text."""

    def close(self) -> None:
        """Release files and memory."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
