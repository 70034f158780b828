"""Stretches of a film put one after the other are the film: the same frames, numbers, times and pixels."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.media import Frame
from mien.domain.segment import TimeSpan
from mien.media.film_frames import Film, frame_stamps, read_stretch
from mien.media.limits import MediaLimits
from mien.media.opening import open_media

BORDERS = (0.0, 2.3, 4.0, 7.77, float("inf"))
NTSC = Fraction(30_000, 1001)
VARYING_MS = [*range(0, 3000, 33), *range(3000, 6000, 100), *range(6000, 10_000, 41)]


def film(
    path: Path, codec: str = "libx264", rate: Fraction | int = 25, stamps_ms: tuple[int, ...] = (), **options: str
) -> Path:
    """Ten seconds in which every frame looks different, with B-frames and few whole pictures."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=rate)
        track.width, track.height, track.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        track.options = options
        track.gop_size = 60
        if stamps_ms:
            track.codec_context.time_base = Fraction(1, 1000)
        for index in range(len(stamps_ms) or int(10 * rate)):
            pixels = np.full((48, 64, 3), index % 200, np.uint8)
            pixels[:, : 8 + index % 50] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = stamps_ms[index] if stamps_ms else index
            frame.time_base = Fraction(1, 1000) if stamps_ms else 1 / Fraction(rate)
            out.mux(track.encode(frame))
        out.mux(track.encode())
    return path


def in_stretches(path: Path, fps: float, told: bool = True) -> list[Frame]:
    opened = Film(path, frame_stamps(path, Cancellation()) if told else None, MediaLimits(), Cancellation())
    spans = [TimeSpan(begin, end) for begin, end in pairwise(BORDERS)]
    # Each stretch is read for itself, the last first: no order is needed.
    return [frame for part in [list(read_stretch(opened, span, fps)) for span in spans[::-1]][::-1] for frame in part]


def assert_same(path: Path, fps: float, told: bool = True) -> None:
    with open_media(path) as media:
        whole = list(media.frames(fps))
    found = in_stretches(path, fps, told)
    assert [(frame.index, frame.seconds) for frame in found] == [(frame.index, frame.seconds) for frame in whole]
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(found, whole, strict=True))


@pytest.mark.parametrize("fps", [0, 0.4, 1, 3, 11])
@pytest.mark.parametrize("rate", [25, NTSC])
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_stretches_are_the_film(tmp_path: Path, name: str, rate: Fraction | int, fps: float) -> None:
    path = film(tmp_path / name, rate=rate)
    assert frame_stamps(path, Cancellation()) is not None
    assert_same(path, fps)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
@pytest.mark.parametrize("fps", [0, 3])
def test_films_with_open_groups_of_pictures_are_entered_at_a_whole_one(tmp_path: Path, name: str, fps: float) -> None:
    options = {"x264-params": "open-gop=1:keyint=50:min-keyint=50:scenecut=0:bframes=3"}
    assert_same(film(tmp_path / name, **options), fps)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
@pytest.mark.parametrize("fps", [0, 1, 3])
def test_at_a_varying_rate_they_are_too(tmp_path: Path, name: str, fps: float) -> None:
    assert_same(film(tmp_path / name, stamps_ms=tuple(VARYING_MS)), fps)


@pytest.mark.parametrize(("name", "codec"), [("film.avi", "mpeg4"), ("film.webm", "libvpx"), ("film.flv", "flv")])
def test_a_film_that_tells_nothing_beforehand_is_read_through(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, codec=codec)
    assert frame_stamps(path, Cancellation()) is None
    assert_same(path, 3)


def test_reading_through_gives_the_same_where_seeking_would_do(tmp_path: Path) -> None:
    assert_same(film(tmp_path / "film.mp4"), 3, told=False)


def test_time_stamps_that_begin_again_are_not_trusted(tmp_path: Path) -> None:
    first, second = film(tmp_path / "1.ts"), film(tmp_path / "2.ts")
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    assert frame_stamps(both, Cancellation()) is None
