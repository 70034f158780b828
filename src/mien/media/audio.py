"""Read the sound of a file as one 16 kHz mono waveform on disk, every sample where it is heard."""

import mmap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnreadableMedia
from mien.domain.media import Waveform
from mien.media.container import begin_seconds, decoded, film_track, open_container, sound_track
from mien.media.limits import MediaLimits, too_long

RATE: Final = 16_000
TOLERATED_SECONDS: Final = 0.02
"""How far the samples may lie beside their time stamps; many containers round these to a millisecond, some to more."""

LONGEST_GAP_SECONDS: Final = 600.0
LONGEST_OVERLAP_SECONDS: Final = 1.0
"""Stamps that leap further than this are broken; the sound goes on from there as if nothing had happened."""

# Channels are averaged; without this, loud stereo would leave the range of -1 to 1.
_MIX = {"rematrix_maxval": "1.0"}
_SILENCE_AT_ONCE = 10 * RATE
Samples = NDArray[np.float32]


class SoundTrack:
    """Decode the sound of a file once, when first asked for it, into a file without a name in the scratch folder."""

    def __init__(self, path: Path, limits: MediaLimits, scratch: Path | None, cancellation: Cancellation) -> None:
        self._path = path
        self._limits = limits
        self._scratch = scratch
        self._cancellation = cancellation
        self._file: BinaryIO | None = None
        self._waveform: Waveform | None = None

    def waveform(self) -> Waveform:
        """Return the whole sound. Raises UnreadableMedia or ItemTooLarge."""
        if self._waveform is None:
            self._file = TemporaryFile(dir=self._scratch)  # noqa: SIM115  # it lives until close()
            self._write(self._file)
            samples = np.memmap(self._file, dtype=np.float32, mode="r")
            self._waveform = Waveform(samples, RATE, partial(_release, samples))
        return self._waveform

    def close(self) -> None:
        """Let go of the file; the disk space is freed once no one holds the samples."""
        self._waveform = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, file: BinaryIO) -> None:
        with open_container(self._path) as container:
            track = sound_track(container)
            frames = decoded(container, track, self._path, self._cancellation)
            left = int(self._limits.max_seconds * RATE)
            for samples in Mono(begin_seconds(container) if film_track(container) else None).read(frames):
                left -= samples.size
                if left < 0:
                    raise too_long(self._limits)
                file.write(samples.tobytes())
        file.flush()
        if not file.tell():
            raise UnreadableMedia("file could not be decoded: its sound is empty")


def _release(samples: Samples) -> None:
    mapping = samples.base
    if isinstance(mapping, mmap.mmap) and hasattr(mapping, "madvise"):  # not every system has it
        mapping.madvise(mmap.MADV_DONTNEED)


class Mono:
    """Resample frames to 16 kHz mono and put each at its time: gaps become silence, overlaps are cut.

    `start` is the time of the first sample; without it the first frame's own time is.
    """

    def __init__(self, start: float | None) -> None:
        self._start = start
        self._heard = 0.0
        self._written = 0
        self._surplus = 0
        self._resampler: AudioResampler | None = None
        self._form: tuple[str, str, int] | None = None

    def read(self, frames: Iterator[AudioFrame]) -> Iterator[Samples]:
        """Yield the samples in order."""
        for frame in frames:
            if not frame.sample_rate:
                raise UnreadableMedia("file could not be decoded: its sound states no rate")
            yield from self._moved_to(frame)
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            if form != self._form:
                yield from self._drained()
                self._resampler, self._form = AudioResampler("flt", "mono", RATE, options=_MIX), form
            self._heard += frame.samples / frame.sample_rate
            frame.pts = None  # the resampler would complain of the gaps that are seen to here
            yield from self._resampled(frame)
        yield from self._drained()

    def _moved_to(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yield the silence before a frame that comes late; remember what to cut of one that comes early."""
        if frame.time is None:
            return
        if self._start is None:
            self._start = frame.time
        ahead = frame.time - self._start - self._heard
        if not -LONGEST_OVERLAP_SECONDS <= ahead <= LONGEST_GAP_SECONDS:
            self._start += ahead
            return
        if abs(ahead) <= TOLERATED_SECONDS:
            return
        yield from self._drained()
        self._heard += ahead
        lacking = round(self._heard * RATE) - self._written
        self._surplus = max(0, -lacking)
        for begin in range(0, max(0, lacking), _SILENCE_AT_ONCE):
            yield from self._counted(np.zeros(min(_SILENCE_AT_ONCE, lacking - begin), np.float32))

    def _drained(self) -> Iterator[Samples]:
        """Yield what the resampler still holds; the next frame starts a new one."""
        if self._resampler is not None:
            yield from self._resampled(None)
        self._resampler, self._form = None, None

    def _resampled(self, frame: AudioFrame | None) -> Iterator[Samples]:
        try:
            pieces: list[Any] = self._resampler.resample(frame) if self._resampler else []
        except (FFmpegError, ValueError) as error:
            # A damaged header may state a rate or a number of channels that no sound has.
            raise UnreadableMedia(f"file could not be decoded: its sound cannot be converted: {error}") from error
        for piece in pieces:
            if piece is not None:  # what PyAV holds at the end where there was nothing to resample
                yield from self._counted(piece.to_ndarray().reshape(-1))

    def _counted(self, samples: Samples) -> Iterator[Samples]:
        cut = min(self._surplus, samples.size)
        self._surplus -= cut
        self._written += samples.size - cut
        if samples.size > cut:
            yield samples[cut:]
