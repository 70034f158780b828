import gc
from fractions import Fraction

import av
import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, ItemTooLarge, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.limits import MediaLimits
from mien.media.opening import open_media
from mien.media.sampling import Sampling
from tests.fakes_files import Film, corners, make_film

NTSC = Fraction(30_000, 1001)
VARYING_MS = [*range(0, 600, 33), *range(700, 2000, 100)]


def sampled(path, fps):
    with open_media(path) as media:
        return list(media.frames(fps))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (30, [0, 10, 20, 30]),
        (25, [0, 8, 17, 25, 33]),
        (NTSC, [0, 10, 20, 30]),
        (Fraction(24_000, 1001), [0, 8, 16, 24, 32]),
    ],
)
def test_three_frames_a_second_are_the_frames_clients_know(tmp_path, rate, expected):
    path = make_film(tmp_path / "film.mp4", Film(rate, frames=40))
    frames = sampled(path, 3)
    assert [frame.index for frame in frames] == expected
    assert [frame.seconds for frame in frames] == [float(index / Fraction(rate)) for index in expected]


def test_a_long_film_keeps_to_its_grid():
    sampling = Sampling(3)
    chosen = [index for index in range(300) if sampling.wants((index + Fraction(1, 2)) / NTSC)]
    assert chosen[23:26] == [230, 240, 250]
    assert len(chosen) == 30


@pytest.mark.parametrize("fps", [0, 30, 31, 1000])
def test_no_rate_and_rates_above_the_film_give_every_frame_once(tmp_path, fps):
    path = make_film(tmp_path / "film.mp4", Film(frames=12))
    assert [frame.index for frame in sampled(path, fps)] == list(range(12))


def test_halves_round_up():
    sampling = Sampling(4)
    assert [index for index in range(31) if sampling.wants(Fraction(2 * index + 1, 60))] == [0, 8, 15, 23, 30]


def test_a_very_low_rate_gives_the_first_frame_only(tmp_path):
    path = make_film(tmp_path / "film.mp4")
    assert [frame.index for frame in sampled(path, 1e-9)] == [0]


@pytest.mark.parametrize("name", ["film.mkv", "film.avi", "film.ts", "film.flv"])
def test_times_are_exact_where_the_container_rounds_or_shifts_them(tmp_path, name):
    path = make_film(tmp_path / name, Film(25, frames=30, codec="mpeg4" if name.endswith("avi") else "libx264"))
    assert [(frame.index, frame.seconds) for frame in sampled(path, 3)] == [(0, 0.0), (8, 0.32), (17, 0.68), (25, 1.0)]


# Matroska tells one duration for all frames, so the gap after a frame is not known when it is shown.
@pytest.mark.parametrize(("name", "off_by"), [("film.mp4", 0.05), ("film.mkv", 0.1)])
def test_at_a_varying_rate_time_stamps_choose(tmp_path, name, off_by):
    path = make_film(tmp_path / name, Film(stamps_ms=VARYING_MS))
    frames = sampled(path, 3)
    assert [frame.seconds for frame in frames] == pytest.approx([VARYING_MS[frame.index] / 1000 for frame in frames])
    assert [frame.seconds for frame in frames] == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3], abs=off_by)


def test_frames_are_numbered_from_where_an_edit_list_begins(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=60, codec="mpeg4"))
    data = bytearray(path.read_bytes())
    edit = data.index(b"elst") + 16
    half_a_second = 30 * 512 // 2
    data[edit : edit + 4] = half_a_second.to_bytes(4, "big")
    path.write_bytes(data)
    frames = sampled(path, 3)
    assert [frame.index for frame in frames] == [0, 10, 20, 30, 40]
    assert frames[1].seconds == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("rotation", "mirrored", "expected"),
    [
        (None, False, "#..."),
        (90, False, "..#."),
        (180, False, "...#"),
        (270, False, ".#.."),
        (0, True, ".#.."),
        (180, True, "..#."),
    ],
)
def test_frames_are_turned_upright(tmp_path, rotation, mirrored, expected):
    path = make_film(tmp_path / "film.mp4", Film(frames=2, rotation=rotation, mirrored=mirrored))
    pixels = sampled(path, 0)[0].pixels
    assert corners(pixels) == expected
    assert pixels.shape == ((64, 48, 3) if rotation in (90, 270) else (48, 64, 3))
    assert pixels.dtype == np.uint8


@pytest.mark.parametrize("width", [64, 72, 66, 68, 70])
@pytest.mark.parametrize(("rotation", "mirrored"), [(None, False), (90, False), (180, True)])
def test_a_width_of_any_kind_gives_the_same_colours(tmp_path, width, rotation, mirrored):
    film = Film(frames=2, size=(width, 48), rotation=rotation, mirrored=mirrored, moves=True)
    path = make_film(tmp_path / "film.mp4", film)
    with av.open(str(path)) as container:
        plain = next(container.decode(video=0)).to_ndarray(format="rgb24")
    turned = {None: plain, 90: np.rot90(plain), 180: plain[::-1]}[rotation]
    assert np.array_equal(sampled(path, 0)[0].pixels, turned)


@pytest.mark.parametrize("rotation", [None, 90])
def test_pixels_lie_four_bytes_apart_so_that_they_can_be_cut_without_a_copy(tmp_path, rotation):
    pixels = sampled(make_film(tmp_path / "film.mp4", Film(frames=2, rotation=rotation)), 0)[0].pixels
    assert pixels.strides == (4 * pixels.shape[1], 4, 1)


def test_frames_are_let_go_when_they_were_seen(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=90, moves=True))
    gc.collect()
    gc.disable()
    try:
        with open_media(path) as media:
            for _frame in media.frames(0):
                pass
        kept = sum(type(one) is av.VideoFrame for one in gc.get_objects())
    finally:
        gc.enable()
    assert kept < 10


@pytest.mark.parametrize(("sound", "kind"), [(True, MediaKind.VIDEO), (False, MediaKind.VIDEO_NO_AUDIO)])
def test_a_film_knows_whether_it_has_sound(tmp_path, sound, kind):
    path = make_film(tmp_path / "film.mp4", Film(sound=sound))
    with open_media(path) as media:
        assert media.kind is kind


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_a_cut_off_film_gives_its_good_frames_and_then_says_so(tmp_path, name):
    path = make_film(tmp_path / name, Film(frames=120, size=(320, 240), container={"movflags": "faststart"}))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    seen = []
    with open_media(path) as media, pytest.raises(UnreadableMedia, match="cut off"):
        seen.extend(frame.index for frame in media.frames(0))
    assert len(seen) > 10


def test_a_film_whose_end_holds_its_table_of_contents_needs_it(tmp_path):
    path = make_film(tmp_path / "film.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(UnreadableMedia, match="damaged or cut off"):
        open_media(path)


def test_damage_in_the_middle_costs_frames_but_not_the_film(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=60))
    data = bytearray(path.read_bytes())
    middle = (data.index(b"mdat") + data.index(b"moov")) // 2
    data[middle : middle + 100] = b"\xff" * 100
    path.write_bytes(data)
    frames = sampled(path, 0)
    assert 30 < len(frames) < 60
    assert frames[-1].seconds == pytest.approx(59 / 30)


def test_a_film_of_noise_is_unreadable(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=5, container={"movflags": "faststart"}))
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:] = bytes(len(data) - begin)
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia):
        open_media(path)


def test_too_long_and_too_large_films_are_refused_by_name_of_the_limit(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=60))
    with pytest.raises(ItemTooLarge, match="limit of 1 s"):
        open_media(path, MediaLimits(max_seconds=1))
    with pytest.raises(ItemTooLarge, match="limit of 1000 pixels"):
        open_media(path, MediaLimits(max_pixels=1000))


def test_a_film_that_does_not_state_its_length_is_stopped_when_it_gets_too_long(tmp_path):
    path = make_film(tmp_path / "film.ts", Film(frames=60))
    with open_media(path, MediaLimits(max_seconds=1)) as media, pytest.raises(ItemTooLarge):
        list(media.frames(3))


def test_decoding_stops_when_asked(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=60))
    cancellation = Cancellation()
    with open_media(path, cancellation=cancellation) as media:
        frames = media.frames(0)
        next(frames)
        cancellation.cancel(Cancelled())
        with pytest.raises(Cancelled):
            list(frames)


def test_two_passes_over_one_film_do_not_disturb_each_other(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(sound=True))
    with open_media(path) as media:
        first, second = media.frames(3), media.frames(0)
        indexes = [next(first).index, next(second).index, next(first).index, next(second).index]
        assert media.waveform().samples.size
    assert indexes == [0, 0, 10, 1]


def test_a_film_that_changes_its_size_is_read_to_the_end(tmp_path):
    first = make_film(tmp_path / "first.ts", Film(frames=30, size=(320, 240)))
    second = make_film(tmp_path / "second.ts", Film(frames=30, size=(160, 120)))
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    shapes = [frame.pixels.shape[:2] for frame in sampled(path, 3)]
    assert shapes[:3] == [(240, 320)] * 3
    assert shapes[-1] == (120, 160)
    assert all(corners(frame.pixels) == "#..." for frame in sampled(path, 3))


def test_a_film_that_grows_over_the_limit_is_stopped_there(tmp_path):
    first = make_film(tmp_path / "first.ts", Film(frames=30, size=(160, 120)))
    second = make_film(tmp_path / "second.ts", Film(frames=30, size=(640, 480)))
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    with open_media(path, MediaLimits(max_pixels=100_000)) as media, pytest.raises(ItemTooLarge, match="640 x 480"):
        list(media.frames(0))


def test_a_film_without_frames_is_damaged(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=30)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        out.start_encoding()
    with pytest.raises(UnreadableMedia, match="damaged or cut off"):
        open_media(path)
