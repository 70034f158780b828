"""Read the sound of a file as one 16 kHz mono waveform on disk."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnreadableMedia
from mien.domain.media import Waveform
from mien.media.container import decoded, open_container, sound_track
from mien.media.limits import MediaLimits, too_long

RATE = 16_000
# Channels are averaged; without this, loud stereo would leave the range of -1 to 1.
_MIX = {"rematrix_maxval": "1.0"}


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
            self._waveform = Waveform(samples, RATE)
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
            for samples in _mono(frames):
                left -= samples.size
                if left < 0:
                    raise too_long(self._limits)
                file.write(samples.tobytes())
        file.flush()
        if not file.tell():
            raise UnreadableMedia("file could not be decoded: its sound is empty")


def _mono(frames: Iterator[AudioFrame]) -> Iterator[NDArray[np.float32]]:
    """Yield the samples as 16 kHz mono; a new resampler starts where the source changes its form midway."""
    resampler, form = None, None
    for frame in frames:
        current = (frame.format.name, frame.layout.name, frame.sample_rate)
        if current != form:
            yield from _resampled(resampler, None)
            resampler, form = AudioResampler("flt", "mono", RATE, options=_MIX), current
        frame.pts = None  # samples follow each other; stamps would only make the resampler complain of gaps
        yield from _resampled(resampler, frame)
    yield from _resampled(resampler, None)


def _resampled(resampler: AudioResampler | None, frame: AudioFrame | None) -> Iterator[NDArray[np.float32]]:
    """Yield what the resampler gives for a frame, or what it still holds when there is none."""
    pieces: list[Any] = resampler.resample(frame) if resampler else []
    for piece in pieces:
        if piece is not None:  # what PyAV holds at the end where there was nothing to resample
            yield piece.to_ndarray().reshape(-1)
