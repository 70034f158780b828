from fractions import Fraction

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.segment import TimeSpan
from mien.media import film_frames, sparse_decoding
from mien.media.container import decoded, film_track, open_container
from mien.media.limits import MediaLimits
from mien.media.opening import open_media
from mien.media.sparse_decoding import SparseDecoding
from tests.fakes_files import Film, make_film

SECOND = {"g": "30", "bf": "0", "sc_threshold": "0"}
OPEN = {"x264-params": "open-gop=1:keyint=12:scenecut=0:bframes=3:b-adapt=0"}


def frames(path, fps):
    with open_media(path) as media:
        return [(frame.index, frame.seconds, frame.pixels) for frame in media.frames(fps)]


def decoded_numbers(path, fps):
    with open_container(path) as container:
        track = film_track(container)
        sparse = SparseDecoding(track, Fraction(fps))
        return [
            sparse.number(count, frame.pts)
            for count, frame in enumerate(decoded(container, track, path, Cancellation(), sparse.chosen))
        ]


def x265(settings):
    return {"codec": "libx265", "encoding": {"preset": "ultrafast", "x265-params": f"log-level=none:{settings}"}}


def same_as_when_all_are_decoded(path, fps, monkeypatch):
    sparse = frames(path, fps)
    monkeypatch.setattr(sparse_decoding, "_LEAST_STEP", 10**9)
    whole = frames(path, fps)
    assert [one[:2] for one in sparse] == [one[:2] for one in whole]
    return all(np.array_equal(one[2], other[2]) for one, other in zip(sparse, whole, strict=True))


@pytest.mark.parametrize("fps", [1, 3, 7, 12.5])
@pytest.mark.parametrize("rate", [24, 30, Fraction(30_000, 1001)])
def test_frames_number_and_look_the_same_as_when_all_are_decoded(tmp_path, monkeypatch, fps, rate):
    path = make_film(tmp_path / "film.mp4", Film(rate, frames=75, size=(160, 120), moves=True))
    assert same_as_when_all_are_decoded(path, fps, monkeypatch)


@pytest.mark.parametrize("fps", [1, 3, 7])
@pytest.mark.parametrize(
    "how",
    [
        {"encoding": {"g": "12", "bf": "0", "sc_threshold": "0"}},
        {"encoding": {"g": "12", "bf": "3", "sc_threshold": "0"}},
        {"encoding": OPEN},
        x265("keyint=12:open-gop=0:bframes=3"),
        x265("keyint=12:open-gop=1:bframes=3"),
    ],
)
def test_so_they_do_however_often_a_film_starts_afresh(tmp_path, monkeypatch, fps, how):
    path = make_film(tmp_path / "film.mp4", Film(frames=75, size=(160, 120), moves=True, **how))
    assert same_as_when_all_are_decoded(path, fps, monkeypatch)


def test_frames_that_nothing_is_built_on_are_left_out(tmp_path):
    numbers = decoded_numbers(make_film(tmp_path / "film.mp4", Film(frames=90, size=(160, 120))), 3)
    assert len(numbers) < 75
    assert set(range(0, 90, 10)) <= set(numbers)
    assert numbers == sorted(numbers)


def test_frames_between_the_last_one_asked_for_and_a_fresh_start_are_left_out(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=90, moves=True, encoding=SECOND))
    assert decoded_numbers(path, 3) == [*range(21), *range(30, 51), *range(60, 81)]
    assert decoded_numbers(path, 1) == [0, 30, 60]


def test_an_open_group_is_no_fresh_start(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=90, moves=True, encoding=OPEN))
    assert {4, 8, 16, 20, 28} <= set(decoded_numbers(path, 1))


def test_too_many_packets_are_not_held_back(tmp_path, monkeypatch):
    monkeypatch.setattr(sparse_decoding, "_MOST_HELD_BYTES", 100)
    path = make_film(tmp_path / "film.mp4", Film(frames=90, moves=True, encoding=SECOND))
    assert len(decoded_numbers(path, 1)) > 30


def test_a_stretch_in_which_no_frame_is_asked_for_is_not_taken_for_damaged(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=90, encoding={"g": "10"}))
    film = film_frames.Film(path, film_frames.frame_stamps(path, Cancellation()), MediaLimits(), Cancellation())
    assert not list(film_frames.read_stretch(film, TimeSpan(1.0, 3.0), 0.3))


@pytest.mark.parametrize(
    ("name", "film", "fps"),
    [
        ("film.mp4", Film(), 0),
        ("film.mp4", Film(), 20),
        ("film.mkv", Film(), 3),
        ("film.mp4", Film(codec="mpeg4"), 3),
        ("film.mp4", Film(stamps_ms=[*range(0, 600, 33), *range(700, 2000, 100)]), 3),
    ],
)
def test_where_it_does_not_pay_or_cannot_be_known_all_are_decoded(tmp_path, name, film, fps):
    with open_container(make_film(tmp_path / name, film)) as container:
        assert not SparseDecoding(film_track(container), Fraction(fps)).possible
