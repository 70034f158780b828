"""Look on while media are read: whether somebody has asked to stop, and how far they are."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from mien.domain.media import Frame, Media, MediaKind, Waveform, stretch_of
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions


class WatchedMedia:
    """Offer another media's tracks and look on at every frame: a film without faces has no batches.

    `look` is given the time of each frame, in seconds, before it is handed on, and None before the sound is read; what
    it raises ends the reading.
    """

    def __init__(self, media: Media, look: Callable[[float | None], None]) -> None:
        self._media = media
        self._look = look

    @property
    def kind(self) -> MediaKind:
        """Return what the bytes turned out to be."""
        return self._media.kind

    @property
    def stretch(self) -> TimeSpan | None:
        """Return which stretch of a recording is to be measured."""
        return stretch_of(self._media)

    @property
    def text(self) -> str:
        """Return the whole text."""
        return self._media.text

    def frames(self, fps: float) -> Iterator[Frame]:
        """Yield the frames."""
        for frame in self._media.frames(fps):
            self._look(frame.seconds)
            yield frame

    def waveform(self) -> Waveform:
        """Return the sound."""
        self._look(None)
        return self._media.waveform()

    def captions(self) -> tuple[Captions, ...]:
        """Return the subtitles."""
        return self._media.captions()

    def close(self) -> None:
        """Close what is watched."""
        self._media.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
