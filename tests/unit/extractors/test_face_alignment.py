"""Cutting faces out of pictures."""

import gc
import math

import numpy as np
import pytest

from mien.domain.segment import Box
from mien.extractors.face_alignment import (
    Square,
    cut_box,
    cut_square,
    fit_inside,
    hull,
    overlap,
    picture_of,
    points_in_picture,
    shared_part,
    square_around,
    square_that_brings,
)


def spot(x: int, y: int, radius: int = 6) -> np.ndarray:
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[y - radius : y + radius, x - radius : x + radius] = 255
    return pixels


def brightest(crop: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(crop[..., 0] > 127)
    return columns.mean() + 0.5, rows.mean() + 0.5


@pytest.mark.parametrize("angle", [0.0, 0.5, -1.2, math.pi / 2])
@pytest.mark.parametrize("side", [60.0, 100.0, 180.0])
def test_what_is_seen_in_a_cut_square_lies_there_in_the_picture(angle: float, side: float) -> None:
    square = Square(160, 100, side, angle)

    x, y = brightest(cut_square(picture_of(spot(150, 110)), square, 48))

    back = points_in_picture(np.array([[x, y, 0]], np.float32), square, 48)[0]
    assert back[:2] == pytest.approx((150, 110), abs=1.5)


def test_a_face_turned_clockwise_stands_upright_in_its_square() -> None:
    square = Square(100, 100, 100, math.radians(30))
    eyes = points_in_picture(np.array([[20, 48, 0], [76, 48, 0]], np.float32), square, 96)

    slope = math.atan2(eyes[1, 1] - eyes[0, 1], eyes[1, 0] - eyes[0, 0])

    assert slope == pytest.approx(math.radians(30), abs=1e-6)


def test_shrinking_averages_over_areas() -> None:
    fine = np.zeros((400, 400, 3), np.uint8)
    fine[:, ::2] = 200

    crop = cut_square(picture_of(fine), Square(200, 200, 400, 0), 40)

    assert crop[5:-5, 5:-5] == pytest.approx(np.full((30, 30, 3), 100), abs=2)


def test_what_pokes_outside_is_black() -> None:
    white = np.full((50, 50, 3), 255, np.uint8)

    crop = cut_square(picture_of(white), Square(0, 25, 50, 0), 50)

    assert crop[:, :24].max() == 0
    assert crop[:, 26:].min() == 255


def padded(height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)[:, :, :3]


def test_pixels_that_lie_four_bytes_apart_are_cut_without_a_copy() -> None:
    frame = padded()
    pictures = [picture_of(frame), picture_of(frame.copy())]

    assert [picture.mode for picture in pictures] == ["RGB", "RGB"]
    for square, size in ((Square(60, 45, 70, 0.3), 24), (Square(10, 10, 50, -1.0), 48)):
        one, other = (cut_square(picture, square, size) for picture in pictures)
        assert np.array_equal(one, other)
    whole = Box(0, 0, 120, 90)
    assert np.array_equal(*(fit_inside(picture, whole, 32)[0] for picture in pictures))
    frame[0, 0] ^= 255
    assert pictures[0].getpixel((0, 0)) == tuple(frame[0, 0])
    assert pictures[1].getpixel((0, 0)) != tuple(frame[0, 0])


def test_a_picture_keeps_the_pixels_it_was_made_of() -> None:
    pictures = [picture_of(padded()) for _ in range(20)]
    gc.collect()

    assert all(np.array_equal(np.asarray(picture), padded()) for picture in pictures)


@pytest.mark.parametrize(
    "view",
    [
        lambda frame: frame[:, 10:50],
        lambda frame: frame[::-1],
        lambda frame: frame[20:40],
        lambda frame: frame[:, :, ::-1],
        lambda frame: np.ndarray((1, 30, 3), np.uint8, np.arange(119, dtype=np.uint8), 0, (120, 4, 1)),
    ],
)
def test_any_other_view_is_wrapped_as_well(view) -> None:
    assert np.array_equal(np.asarray(picture_of(view(padded()))), view(padded()))


def test_a_square_far_outside_is_black() -> None:
    assert not cut_square(picture_of(spot(50, 50)), Square(900, 900, 50, 0), 10).any()


def test_depth_is_scaled_like_the_plane() -> None:
    back = points_in_picture(np.array([[0, 0, -10]], np.float32), Square(0, 0, 384, 1.0), 192)

    assert back[0, 2] == -20


def test_the_square_around_points_is_centred_and_as_long_as_asked() -> None:
    points = np.array([[10, 20, 0], [50, 100, 0]], np.float32)

    assert square_around(points, 0.0, 1.5) == Square(30, 60, 120, 0.0)
    wide = np.array([[0, 0, 0], [100, 50, 0]], np.float32)
    assert square_around(wide, 0.0, 2.0, by_height=True).side == 100


def test_a_region_is_fitted_without_distortion_into_the_top_left() -> None:
    canvas, scale = fit_inside(picture_of(np.full((100, 200, 3), 255, np.uint8)), Box(0, 0, 200, 100), 50)

    assert scale == 4
    assert canvas[:25].min() == 255
    assert canvas[25:].max() == 0


def test_a_box_is_cut_where_it_lies_inside_the_frame() -> None:
    pixels = spot(150, 110)

    assert cut_box(pixels, Box(140, 100, 20, 30)).shape == (30, 20, 3)
    assert cut_box(pixels, Box(-10, 190, 20, 30)).shape == (10, 10, 3)
    assert cut_box(pixels, Box(500, 500, 20, 30)).size >= 3


def test_the_hull_is_the_smallest_box_around_points() -> None:
    assert hull(np.array([[1, 2, 9], [4, 8, 9]], np.float32)) == Box(1, 2, 3, 6)


def test_overlap_is_one_for_equal_boxes_and_zero_for_distant_ones() -> None:
    box = Box(0, 0, 10, 10)

    assert overlap(box, box) == 1
    assert overlap(box, Box(20, 0, 10, 10)) == 0
    assert overlap(box, Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def test_a_box_inside_another_is_shared_completely() -> None:
    assert shared_part(Box(0, 0, 100, 100), Box(10, 10, 20, 20)) == 1
    assert shared_part(Box(0, 0, 10, 10), Box(50, 50, 20, 20)) == 0


def test_the_square_that_brings_points_to_their_places_undoes_turn_shift_and_size() -> None:
    places = np.array([[30.0, 40.0], [110.0, 40.0], [75.0, 120.0]])
    square = Square(300.0, 200.0, 450.0, 0.4)
    points = points_in_picture(np.column_stack([places, np.zeros(3)]).astype(np.float32), square, 150)

    found = square_that_brings(points[:, :2], places, 150)

    assert (found.x, found.y, found.side, found.angle) == pytest.approx((300, 200, 450, 0.4), rel=1e-4)
