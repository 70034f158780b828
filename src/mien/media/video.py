"""Read the frames of a video: which ones, when they are shown, which way is up."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.media import Frame
from mien.media.container import decoded, film_track, open_container
from mien.media.limits import MediaLimits, check_pixels, too_long
from mien.media.sampling import Sampling
from mien.media.sparse_decoding import SparseDecoding

_RATE_IF_UNKNOWN = Fraction(25)
_START_SLACK_FRAMES = 3
_ROUNDING_FRAMES = Fraction(1, 10)
_BEGINS_AGAIN_SECONDS = Fraction(1, 2)
_HD_HEIGHT = 720
_UNSPECIFIED_COLOURS = 2
_PIXELS_OF_ONE_THREAD = 1920 * 1088
_PIXELS_AT_ONCE = 8
"""Pixels four bytes apart are written in such groups; of a row that is no multiple the last may be left out."""

_Pixel = TypeVar("_Pixel", np.uint8, np.uint32)


class Clock:
    """Tell when the frames of a track are shown, in seconds from its start.

    At a constant rate the exact number / rate is told, since containers round time stamps. Where the rate varies, or
    frames are missing, the time stamp is. Where time stamps begin again, as in recordings put one after the other, time
    goes on.
    """

    def __init__(self, track: VideoStream) -> None:
        self.rate = track.average_rate or track.base_rate or track.guessed_rate or _RATE_IF_UNKNOWN
        self.constant = track.average_rate == track.base_rate
        self._time_base = track.time_base or 1 / self.rate
        self._start = track.start_time
        self._origin: int | None = None
        self._last = 0

    def seconds(self, index: int, stamp: int | None) -> Fraction:
        """Return the time of frame number `index` with presentation time stamp `stamp`."""
        expected = index / self.rate
        if stamp is None:
            return expected
        if self._origin is None:
            self._origin = self._first_stamp(stamp)
        elif (self._last - stamp) * self._time_base > _BEGINS_AGAIN_SECONDS:
            self._origin += stamp - self._last - round(1 / (self.rate * self._time_base))
        self._last = stamp
        return self.seconds_at(index, stamp)

    def seconds_at(self, index: int, stamp: int) -> Fraction:
        """Return the time of any frame, once the first was asked for; where time stamps begin again it is wrong."""
        expected = index / self.rate
        shown = max((stamp - (self._origin or 0)) * self._time_base, Fraction(0))
        agrees = abs(shown - expected) * self.rate < _ROUNDING_FRAMES
        return expected if self.constant and agrees else shown

    def halfway(self, seconds: Fraction, duration: int | None) -> Fraction:
        """Return the time halfway between a frame shown at `seconds`, for `duration` ticks, and the next."""
        if self.constant or not duration:
            return seconds + 1 / (2 * self.rate)
        return seconds + duration * self._time_base / 2

    def _first_stamp(self, stamp: int) -> int:
        # Some containers start one or two frames late by design; a longer gap means that the first frames are lost.
        if self._start is None:
            return stamp
        late_frames = (stamp - self._start) * self._time_base * self.rate
        return self._start if late_frames > _START_SLACK_FRAMES else stamp


def read_frames(path: Path, fps: float, limits: MediaLimits, cancellation: Cancellation) -> Iterator[Frame]:
    """Yield frames of a video as they are decoded, `fps` per second, each upright.

    Raises UnreadableMedia after the last good frame of a damaged file, and ItemTooLarge.
    """
    with open_container(path) as container:
        track: VideoStream = film_track(container)
        _share_out(track)
        clock = Clock(track)
        sampling = Sampling(fps)
        sparse = SparseDecoding(track, sampling.fps)
        upright = Upright()
        for count, picture in enumerate(decoded(container, track, path, cancellation, sparse.chosen)):
            index = sparse.number(count, picture.pts)
            if not sparse.near(picture.pts):
                continue
            seconds = clock.seconds(index, picture.pts)
            if seconds > limits.max_seconds:
                raise too_long(limits)
            if sampling.wants(clock.halfway(seconds, picture.duration)):
                check_pixels("video", picture.width, picture.height, limits)
                yield Frame(index, float(seconds), upright.picture(picture))


def _share_out(track: VideoStream) -> None:
    """Let one thread decode, but several where pictures are so large that one would be waited for.

    Threads that decode frames side by side take a sixth more processor time in all.
    """
    if track.codec_context.width * track.codec_context.height <= _PIXELS_OF_ONE_THREAD:
        track.thread_type, track.codec_context.thread_count = "NONE", 1
        return
    track.thread_type = "AUTO"


class Upright:
    """Make pictures of the frames of one track, turned and mirrored as their display matrix says.

    What stays the same from frame to frame is kept: a converter, and the matrix, which is read anew when a frame is
    turned another way than the one before. Reading it ties a frame to itself, so that its memory stays until the
    interpreter looks for such knots; were every frame's read, films would pile up in memory.
    """

    def __init__(self) -> None:
        self._converter = VideoReformatter()
        self._rotation: int | None = None
        self._matrix: bytes | None = None

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return a decoded frame as RGB, where possible four bytes apart: such a picture can be cut without a copy."""
        rotation = frame.rotation
        if rotation != self._rotation:
            told: Any = frame.side_data.get("DISPLAYMATRIX")
            self._rotation, self._matrix = rotation, None if told is None else bytes(told)
        if frame.width % _PIXELS_AT_ONCE:
            return _turned(np.asarray(self._coloured(frame, "rgb24").to_ndarray(), dtype=np.uint8), self._matrix)
        plane: Any = self._coloured(frame, "rgb0").planes[0]  # a buffer, which its types do not say
        pixels = np.frombuffer(plane, np.uint32).reshape(frame.height, -1)[:, : frame.width]
        turned = _turned(pixels, self._matrix)
        return turned.view(np.uint8).reshape(*turned.shape, 4)[:, :, :3]

    def _coloured(self, frame: VideoFrame, form: str) -> VideoFrame:
        # More threads would cost more than they spare.
        return self._converter.reformat(frame, format=form, src_colorspace=_colours(frame), threads=1)


def _turned(pixels: NDArray[_Pixel], matrix: bytes | None) -> NDArray[_Pixel]:
    if matrix is None:
        return pixels
    # x' = a x + c y and y' = b x + d y, in 16.16 fixed point.
    a, b, _u, c, d = struct.unpack("=5i", matrix[:20])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        across, down = a, d
    else:
        pixels, across, down = pixels.swapaxes(0, 1), c, b
    return np.ascontiguousarray(pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def _colours(picture: VideoFrame) -> Colorspace | None:
    # Large pictures that do not say how they encode colour do it as high-definition television does.
    if picture.colorspace == _UNSPECIFIED_COLOURS and picture.height >= _HD_HEIGHT:
        return Colorspace.ITU709
    return None
