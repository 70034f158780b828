"""What changes from frame to frame."""

import numpy as np
import pytest
from PIL import Image

from mien.domain.segment import Box
from mien.extractors.frame_changes import blocks_of, changed, covered, is_cut, widened

SIZE = (640, 360)
GREY = Image.new("RGB", SIZE, (90, 90, 90))


def with_square(side: int, grey: int = 200) -> Image.Image:
    picture = GREY.copy()
    picture.paste((grey, grey, grey), (200, 100, 200 + side, 100 + side))
    return picture


def test_what_moved_is_where_it_moved() -> None:
    moved = changed(blocks_of(GREY), blocks_of(with_square(60)))

    assert np.array_equal(moved, np.pad(np.ones((3, 3), bool), ((5, 10), (10, 19))))


def test_faint_changes_are_noise() -> None:
    assert not changed(blocks_of(GREY), blocks_of(with_square(60, grey=100))).any()


@pytest.mark.parametrize(("after", "expected"), [(with_square(100), False), (Image.new("RGB", SIZE), True)])
def test_only_another_picture_is_a_cut(after: Image.Image, expected: bool) -> None:
    assert is_cut(blocks_of(GREY), blocks_of(after)) is expected


def test_a_cut_between_pictures_that_differ_little_everywhere_is_one_too() -> None:
    assert is_cut(blocks_of(GREY), blocks_of(Image.new("RGB", SIZE, (110, 110, 110))))


def test_blocks_are_widened_by_one_to_all_sides_and_not_around_the_edge() -> None:
    corner = np.zeros((18, 32), bool)
    corner[0, 0] = True

    assert np.array_equal(np.argwhere(widened(corner)), [(0, 0), (0, 1), (1, 0), (1, 1)])


def test_boxes_cover_the_blocks_they_touch_even_beyond_the_edge() -> None:
    assert covered([Box(-50, -50, 75, 60)], SIZE).sum() == 2
    assert not covered([], SIZE).any()
