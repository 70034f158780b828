"""Finding faces from frame to frame."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien.domain.segment import Box
from mien.extractors.face_alignment import picture_of
from mien.extractors.face_detection import DETECTOR, BlazeFace
from mien.extractors.face_film import FaceNetworks, FilmFaces, steadied
from mien.extractors.face_mesh import MESH, Mesh
from tests.fakes_faces import face_runtime, neutral_mesh, picture_with
from tests.fakes_runtime import FakeNetwork

FACE = Box(200, 150, 120, 150)
OTHER = Box(480, 300, 90, 110)


class Set:
    """A film set: networks that find white rectangles, and a look at what they were asked."""

    def __init__(self, smallest: float = 60, score: float = 6.0) -> None:
        networks = face_runtime(score).networks
        self.detector, self.mesh = networks[DETECTOR], networks[MESH]
        self.film = FilmFaces(FaceNetworks(BlazeFace(self.detector), self.mesh), smallest, 0.99)

    def shoot(self, *faces: Box, time: float, grey: int = 0) -> list[Box]:
        pixels = np.maximum(picture_with(*faces), np.uint8(grey))
        return [face.box for face in self.film.faces_in(picture_of(pixels), time)]

    def wave(self, time: float, *others: Box) -> list[Box]:
        """Shoot the face and a strip at the upper right edge that is of another grey in every frame."""
        pixels = picture_with(FACE, *others)
        pixels[20:60, 500:620] = 60 * (round(3 * time) % 3)
        return [face.box for face in self.film.faces_in(picture_of(pixels), time)]

    @property
    def searches(self) -> int:
        assert isinstance(self.detector, FakeNetwork)
        return len(self.detector.batches)


def moved(box: Box, x: float) -> Box:
    return replace(box, x=box.x + x)


def test_a_steady_face_is_searched_once_a_second_and_followed_between() -> None:
    film = Set()

    seen = [film.shoot(FACE, time=index / 30) for index in range(61)]

    assert all(len(boxes) == 1 for boxes in seen)
    assert film.searches == 3


def test_where_nothing_happens_tiles_are_searched_half_as_often_as_the_whole_frame() -> None:
    film = Set(smallest=20)
    assert isinstance(film.detector, FakeNetwork)

    for index in range(13):
        film.shoot(FACE, time=index / 3)
    regions = [len(batch["input_1"]) for batch in film.detector.batches]

    assert regions == [regions[0], 1, regions[0], 1, regions[0]]
    assert regions[0] > 1


def test_a_face_that_only_tiles_show_is_kept() -> None:
    film = Set(smallest=20)
    assert isinstance(film.detector, FakeNetwork)
    sees = film.detector.answer

    def misses_small_ones(inputs):
        outputs = sees(inputs)
        small = outputs["Identity"][..., 2] < 18
        outputs["Identity_1"][small] = -20
        return outputs

    film.detector.answer = misses_small_ones
    small = Box(300, 200, 40, 40)

    assert [len(film.shoot(small, time=index / 3)) for index in range(15)] == [1] * 15


def test_a_face_that_moves_is_followed() -> None:
    film = Set()

    boxes = [film.shoot(moved(FACE, 6 * index), time=index / 30)[0] for index in range(20)]

    assert boxes[-1].x == pytest.approx(FACE.x + 6 * 19, abs=4)


def test_a_face_that_comes_is_found_soon() -> None:
    film = Set()
    other = Box(480, 60, 90, 110)
    for index in range(10):
        film.shoot(FACE, time=index / 30)

    counts = [len(film.shoot(FACE, other, time=(10 + index) / 30)) for index in range(7)]

    assert counts[-1] == 2


def test_what_moves_all_the_time_is_searched_every_third_frame_at_low_rates() -> None:
    film = Set()
    for index in range(5):
        film.wave(index / 3)
    searches = film.searches

    for index in range(5, 14):
        film.wave(index / 3)

    assert film.searches - searches == 3


def test_a_face_that_comes_beside_what_moves_all_the_time_is_found_in_its_first_frame() -> None:
    for begin in (8, 9, 10):
        film = Set()
        counts = [len(film.wave(index / 3, *((OTHER,) if index >= begin else ()))) for index in range(begin + 1)]

        assert counts == [1] * begin + [2]


def test_a_face_that_moves_on_as_it_did_needs_one_mesh_per_frame() -> None:
    film = Set()
    assert isinstance(film.mesh, FakeNetwork)
    for index in range(3):
        film.shoot(moved(FACE, 24 * index), time=index / 3)
    before = len(film.mesh.batches)

    boxes = [film.shoot(moved(FACE, 24 * index), time=index / 3)[0] for index in range(3, 9)]

    assert len(film.mesh.batches) - before == 6
    assert boxes[-1].x == pytest.approx(FACE.x + 24 * 8, abs=4)


def test_a_face_that_turns_back_is_still_followed() -> None:
    film = Set()

    boxes = [film.shoot(moved(FACE, 60 * (index % 2)), time=index / 3)[0] for index in range(9)]

    assert [box.x for box in boxes] == pytest.approx([FACE.x + 60 * (index % 2) for index in range(9)], abs=8)


def test_a_face_that_goes_is_not_reported_any_more() -> None:
    film = Set()
    film.shoot(FACE, time=0)

    assert film.shoot(time=1 / 30) == []


def test_a_cut_is_noticed_and_all_is_searched_again() -> None:
    film = Set()
    film.shoot(FACE, time=0)
    film.shoot(FACE, time=1 / 30)
    steady = film.film.cut

    found = film.shoot(Box(40, 40, 150, 180), time=2 / 30, grey=90)

    assert (steady, film.film.cut) == (False, True)
    assert len(found) == 1
    assert film.searches == 2


def test_one_weak_frame_does_not_make_a_face_flicker() -> None:
    film = Set()
    film.shoot(FACE, time=0)
    weak = face_runtime(score=0.5).networks[DETECTOR]
    assert isinstance(film.detector, FakeNetwork)
    assert isinstance(weak, FakeNetwork)
    film.detector.answer = weak.answer

    (face,) = film.film.faces_in(picture_of(picture_with(FACE)), 1.1 - 0.7)

    assert face.sure > 0.99


def test_what_the_detector_does_not_find_again_is_dropped() -> None:
    film = Set()
    film.shoot(FACE, time=0)
    blind = face_runtime(score=-20).networks[DETECTOR]
    assert isinstance(film.detector, FakeNetwork)
    assert isinstance(blind, FakeNetwork)
    film.detector.answer = blind.answer

    counts = [len(film.shoot(FACE, time=index / 10)) for index in range(1, 25)]

    assert counts[:19] == [1] * 19
    assert counts[-1] == 0


def test_a_film_that_changes_its_size_goes_on() -> None:
    film = Set()
    film.shoot(FACE, time=0)
    larger = Image.fromarray(picture_with(Box(400, 300, 200, 250), width=1280, height=960))

    (face,) = film.film.faces_in(larger, 1 / 30)

    assert (face.box.x, face.box.w) == pytest.approx((400, 200), abs=8)


def test_noise_is_taken_out_of_a_mesh_that_keeps_still_and_movement_is_left_alone() -> None:
    before = Mesh(neutral_mesh(), 1.0)
    noise = np.random.default_rng(0).normal(0, 0.15, before.points.shape).astype(np.float32)

    still = steadied(before, Mesh(before.points + noise, 0.9))
    gone = steadied(before, Mesh(before.points + 20, 0.9))

    assert np.abs(still.points - before.points).max() < 0.5 * np.abs(noise).max()
    assert gone.points == pytest.approx(before.points + 20)
    assert still.flag == 0.9
