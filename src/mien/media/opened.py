"""Offer the tracks of one opened file, whatever reader found them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from mien.domain.errors import UnreadableMedia
from mien.domain.media import Frame, MediaKind, Waveform
from mien.domain.transcript import Captions


def no_frames(_fps: float) -> Iterator[Frame]:
    """Yield nothing: the file has no pictures."""
    return iter(())


def no_sound() -> Waveform:
    """Raise UnreadableMedia: the file has no sound."""
    raise UnreadableMedia("file has no sound")


def nothing() -> None:
    """Have nothing to close."""


@dataclass(frozen=True)
class OpenedMedia:
    """Be an opened file: the domain's Media, made of what its reader hands in."""

    kind: MediaKind
    text: str = ""
    read_frames: Callable[[float], Iterator[Frame]] = no_frames
    read_waveform: Callable[[], Waveform] = no_sound
    read_captions: Callable[[], tuple[Captions, ...]] = tuple
    release: Callable[[], None] = nothing

    def frames(self, fps: float) -> Iterator[Frame]:
        """Yield upright frames in order, `fps` per second; 0 yields every frame."""
        return self.read_frames(fps)

    def waveform(self) -> Waveform:
        """Return the sound as 16 kHz mono. Raises UnreadableMedia for a file without sound."""
        return self.read_waveform()

    def captions(self) -> tuple[Captions, ...]:
        """Return the subtitles that came with the recording."""
        return self.read_captions()

    def close(self) -> None:
        """Release files and memory."""
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
