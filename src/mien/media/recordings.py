"""Learn what must be known to measure a long recording in stretches, and open one of these."""

import mmap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ItemError, UnreadableMedia
from mien.domain.media import Frame, MediaKind, Waveform
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions, SpokenWord
from mien.media.audio import RATE
from mien.media.container import film_track, open_container, sound_track
from mien.media.film_frames import Film, Stamps, frame_stamps, read_stretch
from mien.media.image import image_format
from mien.media.limits import MediaLimits

RUN_UP_SECONDS: Final = 3.0
"""How much of a film is seen before a stretch, so that faces are followed already when it begins."""

_START_BYTES: Final = 64
_MICROSECONDS: Final = 1_000_000

_Bytes = tuple[Path, int, int, int]
"""Which bytes a file holds: its path, its number on the disk, its size and when it was last written."""


@dataclass(frozen=True)
class Stretch:
    """Say which part of a recording is to be measured: from `begin` to before `end`, in seconds; None is its end.

    `step` is how long all stretches but the last are.
    """

    begin: float
    end: float | None
    step: float


@dataclass(frozen=True, eq=False)
class KeptRecording:
    """Hold what of a recording lies on this disk: the file, when its frames are shown, its sound, its subtitles.

    The sound is mono at 16 kHz, float32 as they are in memory; what lies far from the stretch may be missing.
    """

    kind: MediaKind
    film: Path | None = None
    stamps: Stamps | None = None
    sound: Path | None = None
    captions: Captions | None = None


class Recordings:
    """Open recordings and films by stretches; of the file asked about last it is known how long it is."""

    def __init__(self, limits: MediaLimits) -> None:
        self._limits = limits
        self._asked: tuple[_Bytes, float | None] | None = None

    def seconds(self, path: Path) -> float | None:
        """Return about how long a recording is; None for a file that is none, or does not tell."""
        with suppress(OSError):
            told = path.stat()
            now: _Bytes = (path, told.st_ino, told.st_size, told.st_mtime_ns)
            if self._asked is None or self._asked[0] != now:
                self._asked = now, _seconds(path)
            return self._asked[1]
        return None

    def stamps(self, path: Path, cancellation: Cancellation) -> tuple[Stamps | None, float]:
        """Return when the frames of a film are shown, as far as that can be told, and how many seconds it lasts."""
        found = frame_stamps(path, cancellation)
        if found is None:
            return None, 0.0
        with open_container(path) as container:
            return found, float((int(found[-1]) - int(found[0])) * film_track(container).time_base)

    def open(self, kept: KeptRecording, stretch: Stretch, cancellation: Cancellation) -> "StretchedMedia":
        """Open one stretch of a recording."""
        film = Film(kept.film, kept.stamps, self._limits, cancellation) if kept.film is not None else None
        return StretchedMedia(kept, stretch, film)


class StretchedMedia:
    """Be one stretch of a recording, everything with its time in the whole. Frames begin a little before it."""

    text = ""

    def __init__(self, kept: KeptRecording, stretch: Stretch, film: Film | None) -> None:
        self._kept = kept
        self._film = film
        self._wanted = stretch
        self._waveform: Waveform | None = None

    @property
    def kind(self) -> MediaKind:
        """Return what the whole file is."""
        return self._kept.kind

    @property
    def stretch(self) -> TimeSpan:
        """Return what is to be measured."""
        end = self._wanted.end
        return TimeSpan(self._wanted.begin, float("inf") if end is None else end)

    def frames(self, fps: float) -> Iterator[Frame]:
        """Yield the frames of the stretch and of some seconds before it, as the whole film would have them."""
        if self._film is None:
            return iter(())
        begin = max(0.0, self._wanted.begin - RUN_UP_SECONDS)
        return read_stretch(self._film, TimeSpan(begin, self.stretch.end), fps)

    def waveform(self) -> Waveform:
        """Return the sound of the whole, of which the stretch is to be measured. Raises UnreadableMedia without one."""
        if self._kept.sound is None:
            raise UnreadableMedia("file has no sound")
        if self._waveform is None:
            samples = np.memmap(self._kept.sound, dtype=np.float32, mode="r")
            part = TimeSpan(self._wanted.begin, self._wanted.begin + self._wanted.step)
            self._waveform = Waveform(samples, RATE, partial(_release, samples), part)
        return self._waveform

    def captions(self) -> tuple[Captions, ...]:
        """Return the lines that begin in the stretch; none at all where the whole has no subtitles."""
        told = self._kept.captions
        if told is None:
            return ()
        span = self.stretch
        return (
            Captions(tuple(line for line in told.lines if span.begin <= line.time.begin < span.end), told.language),
        )

    def close(self) -> None:
        """Let go of the sound."""
        self._waveform = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _seconds(path: Path) -> float | None:
    with suppress(ItemError, OSError):
        with path.open("rb") as file:
            if image_format(file.read(_START_BYTES)):
                return None
        with open_container(path) as container:
            if film_track(container) is None and sound_track(container) is None:
                return None
            return container.duration / _MICROSECONDS if container.duration else None
    return None


def captions_json(captions: Captions) -> dict[str, object]:
    """Return subtitles as JSON."""
    lines = [[line.text, line.time.begin, line.time.end] for line in captions.lines]
    return {"language": captions.language, "lines": lines}


def captions_of(told: dict[str, object]) -> Captions:
    """Return subtitles from their JSON."""
    lines = told["lines"]
    language = told["language"]
    assert isinstance(lines, list)
    spoken = (SpokenWord(str(text), TimeSpan(float(begin), float(end))) for text, begin, end in lines)
    return Captions(tuple(spoken), None if language is None else str(language))


def _release(samples: np.memmap) -> None:
    mapping = samples.base
    if isinstance(mapping, mmap.mmap) and hasattr(mapping, "madvise"):  # not every system has it
        mapping.madvise(mmap.MADV_DONTNEED)
