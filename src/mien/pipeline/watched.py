"""Let media be read only while nobody has asked to stop."""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from mien.domain.cancellation import Cancellation
from mien.domain.media import Frame, Media, MediaKind, Waveform, stretch_of
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions


class WatchedMedia:
    """Offer another media's tracks and ask the cancellation at every frame: a film without faces has no batches."""

    def __init__(self, media: Media, cancellation: Cancellation) -> None:
        self._media = media
        self._cancellation = cancellation

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
        """Yield the frames; raises the reason once somebody asked to stop."""
        for frame in self._media.frames(fps):
            self._cancellation.check()
            yield frame

    def waveform(self) -> Waveform:
        """Return the sound."""
        self._cancellation.check()
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
