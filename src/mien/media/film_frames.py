"""Read a stretch of a film: the very frames, numbers and times that reading the whole film would give there.

That takes knowing when every frame is shown, which the packets of a film tell without decoding it: a frame's number is
how many are shown before it. Films whose packets do not tell are read through from their start.
"""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.media import Frame
from mien.domain.segment import TimeSpan
from mien.media.container import decoded, film_track, open_container
from mien.media.limits import MediaLimits, check_pixels, too_long
from mien.media.sampling import Sampling
from mien.media.sparse_decoding import SparseDecoding
from mien.media.video import Clock, Upright, read_frames

Stamps = NDArray[np.int64]

ONE_FRAME_A_PACKET: Final = frozenset({"h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores", "ffv1"})
"""Codecs of which every packet shows one frame."""

UNTOLD: Final = frozenset({"avi", "flv", "asf"})
"""Containers that state when packets are decoded, not when they are shown, or cannot be entered in the middle."""

REORDERED_SECONDS: Final = 2.0
"""How far apart frames may be stored from their place in time; further, and time stamps begin again."""

STEPS_BACK_SECONDS: Final = (0, 2, 10, 60)
"""How much earlier than wanted a film is entered, one after the other, until there is a whole picture to begin with."""


def frame_stamps(path: Path, cancellation: Cancellation) -> Stamps | None:
    """Return when each frame of a film is shown, in ticks of its track and in order; None where that cannot be told.

    Reads the whole file and decodes nothing.
    """
    found = array("q")
    with open_container(path) as container:
        track = film_track(container)
        if track is None or not _tells(container, track):
            return None
        latest: int | None = None
        tolerated = REORDERED_SECONDS / float(track.time_base)
        for packet in _packets(container, track):
            cancellation.check()
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None or (latest is not None and latest - packet.pts > tolerated):
                return None
            latest = packet.pts if latest is None else max(latest, packet.pts)
            found.append(packet.pts)
    stamps = np.sort(np.frombuffer(found, np.int64)) if found else np.empty(0, np.int64)
    return stamps if stamps.size and bool((np.diff(stamps) > 0).all()) else None


@dataclass(frozen=True, eq=False)
class Film:
    """Hold a film on disk: `stamps` as `frame_stamps` returns them, what it may cost, and who may stop its reading."""

    path: Path
    stamps: Stamps | None
    limits: MediaLimits
    cancellation: Cancellation


def read_stretch(film: Film, span: TimeSpan, fps: float) -> Iterator[Frame]:
    """Yield the frames shown from the begin to before the end of a stretch, as reading the whole film would.

    Raises UnreadableMedia and ItemTooLarge like that.
    """
    if film.stamps is None:
        yield from _read_through(film, span, fps)
        return
    with open_container(film.path) as container:
        first = _first(Clock(film_track(container)), film.stamps, span.begin)
    entry = _entry(film, film.stamps, first)
    if entry is None:
        yield from _read_through(film, span, fps)
        return
    yield from _frames(film, film.stamps, (first, entry), span, fps)


def _tells(container: InputContainer, track: Any) -> bool:
    named = set(container.format.name.split(","))
    return track.codec_context.name in ONE_FRAME_A_PACKET and not named & UNTOLD and track.time_base is not None


def _packets(container: InputContainer, track: Any) -> Iterator[Any]:
    try:
        yield from container.demux(track)
    except av.FFmpegError:
        return  # where a film breaks off, and that it does, is found out by reading it


def _first(clock: Clock, stamps: Stamps, begin: float) -> int:
    """Return the number of the last frame shown before `begin`, which decides whether the next is wanted; 0 if none."""
    clock.seconds(0, int(stamps[0]))
    low, high = 0, len(stamps)
    while low < high:
        middle = (low + high) // 2
        if clock.seconds_at(middle, int(stamps[middle])) < begin:
            low = middle + 1
        else:
            high = middle
    return max(0, low - 1)


def _entry(film: Film, stamps: Stamps, first: int) -> int | None:
    """Return where to seek to, in ticks, so that a whole picture at or before frame `first` comes first."""
    for back in STEPS_BACK_SECONDS:
        with open_container(film.path) as container:
            track = film_track(container)
            target = int(stamps[first] - back / track.time_base)
            key = _key_after(container, track, target, film.cancellation)
        if key is not None and key <= stamps[first]:
            return target
    return None


def _key_after(container: InputContainer, track: Any, target: int, cancellation: Cancellation) -> int | None:
    try:
        container.seek(target, stream=track, backward=True)
        for packet in container.demux(track):
            cancellation.check()
            if packet.is_keyframe and packet.pts is not None:
                return int(packet.pts)
    except av.FFmpegError:
        return None
    return None


def _frames(film: Film, stamps: Stamps, places: tuple[int, int], span: TimeSpan, fps: float) -> Iterator[Frame]:
    first, entry = places
    with _entered(film, entry) as (container, track, key):
        clock, sampling, upright = Clock(track), Sampling(fps), Upright()
        clock.seconds(0, int(stamps[0]))
        sparse = SparseDecoding(track, sampling.fps)
        if first and clock.constant:
            sampling.passed(clock.halfway(clock.seconds(first, int(stamps[first])), None))
        for count, picture in enumerate(decoded(container, track, film.path, film.cancellation, sparse.chosen)):
            sparse.number(count, picture.pts)
            index = _number(stamps, picture.pts, key)
            if index is None or index < first:
                continue
            seconds = clock.seconds(index, picture.pts)
            if seconds >= span.end:
                return
            if seconds > film.limits.max_seconds:
                raise too_long(film.limits)
            halfway = clock.halfway(seconds, picture.duration)
            if first and index == first:
                sampling.passed(halfway)
            elif sampling.wants(halfway) and seconds >= span.begin:
                check_pixels("video", picture.width, picture.height, film.limits)
                yield Frame(index, float(seconds), upright.picture(picture))


@contextmanager
def _entered(film: Film, entry: int) -> Iterator[tuple[InputContainer, Any, int]]:
    """Open a film at a place; the frames shown before its key picture are built on others and must be passed over."""
    with open_container(film.path) as container:
        key = _key_after(container, film_track(container), entry, film.cancellation)
        assert key is not None
    with open_container(film.path) as container:
        track = film_track(container)
        track.thread_type = "AUTO"
        container.seek(entry, stream=track, backward=True)
        yield container, track, key


def _number(stamps: Stamps, stamp: int | None, key: int) -> int | None:
    if stamp is None or stamp < key:
        return None
    index = int(np.searchsorted(stamps, stamp))
    return index if index < len(stamps) and stamps[index] == stamp else None


def _read_through(film: Film, span: TimeSpan, fps: float) -> Iterator[Frame]:
    for frame in read_frames(film.path, fps, film.limits, film.cancellation):
        if frame.seconds >= span.end:
            return
        if frame.seconds >= span.begin:
            yield frame
