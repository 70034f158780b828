from fractions import Fraction

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.media import sparse_decoding
from mien.media.container import decoded, film_track, open_container
from mien.media.opening import open_media
from mien.media.sparse_decoding import SparseDecoding
from tests.fakes_files import Film, make_film


def frames(path, fps):
    with open_media(path) as media:
        return [(frame.index, frame.seconds, frame.pixels) for frame in media.frames(fps)]


@pytest.mark.parametrize("fps", [1, 3, 7, 12.5])
@pytest.mark.parametrize("rate", [24, 30, Fraction(30_000, 1001)])
def test_frames_number_and_look_the_same_as_when_all_are_decoded(tmp_path, monkeypatch, fps, rate):
    path = make_film(tmp_path / "film.mp4", Film(rate, frames=75, size=(160, 120)))
    sparse = frames(path, fps)
    monkeypatch.setattr(sparse_decoding, "_LEAST_STEP", 10**9)
    whole = frames(path, fps)
    assert [one[:2] for one in sparse] == [one[:2] for one in whole]
    assert all(np.array_equal(one[2], other[2]) for one, other in zip(sparse, whole, strict=True))


def test_frames_that_nothing_is_built_on_are_left_out(tmp_path):
    path = make_film(tmp_path / "film.mp4", Film(frames=90, size=(160, 120)))
    with open_container(path) as container:
        track = film_track(container)
        sparse = SparseDecoding(track, Fraction(3))
        numbers = [
            sparse.number(count, frame.pts)
            for count, frame in enumerate(decoded(container, track, path, Cancellation(), sparse.prepare))
        ]
    assert len(numbers) < 75
    assert set(range(0, 90, 10)) <= set(numbers)
    assert numbers == sorted(numbers)


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
