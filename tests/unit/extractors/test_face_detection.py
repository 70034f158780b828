"""Finding faces in one picture."""

import numpy as np
import pytest

from mien.domain.segment import Box
from mien.extractors.face_alignment import picture_of
from mien.extractors.face_detection import (
    CELLS,
    DETECTOR,
    BlazeFace,
    Detection,
    decode,
    find_faces,
    find_turned_faces,
    regions_to_search,
    without_doubles,
)
from tests.fakes_faces import face_runtime, picture_with

EYES = ((0.0, 0.0), (1.0, 0.0))


def test_a_cells_answer_becomes_a_box_in_the_picture() -> None:
    boxes = np.zeros((CELLS * CELLS, 16), np.float32)
    scores = np.full(CELLS * CELLS, -50, np.float32)
    cell = 10 * CELLS + 20
    boxes[cell, :8] = [1, 2, 30, 40, -5, 0, 5, 0]
    scores[cell] = 3

    (found,) = decode(boxes, scores, scale=2.0, origin=(100, 50))

    x, y = (20.5 * 4 + 1) * 2 + 100, (10.5 * 4 + 2) * 2 + 50
    assert found.box == Box(x - 30, y - 40, 60, 80)
    assert found.eyes == ((20.5 * 8 - 10 + 100, 10.5 * 8 + 50), (20.5 * 8 + 10 + 100, 10.5 * 8 + 50))
    assert found.score == pytest.approx(1 / (1 + np.exp(-3)))


def test_extreme_logits_do_no_harm() -> None:
    scores = np.full(CELLS * CELLS, -1e9, np.float32)
    scores[0] = 1e9

    (found,) = decode(np.zeros((CELLS * CELLS, 16), np.float32), scores, 1.0, (0, 0))

    assert found.score == 1


@pytest.mark.parametrize(("score", "least", "most"), [(0.47, 0.0, 0.5), (0.55, 0.9, 0.99), (0.62, 0.99, 1.0)])
def test_clear_scores_pass_the_default_threshold_and_doubtful_ones_do_not(
    score: float, least: float, most: float
) -> None:
    assert least <= Detection(Box(0, 0, 1, 1), EYES, score).prob <= most


def test_large_faces_are_looked_for_in_the_whole_picture_only() -> None:
    assert regions_to_search(640, 480, 60) == [Box(0, 0, 640, 480)]


@pytest.mark.parametrize(
    ("width", "height", "most", "count"),
    [(1280, 720, 8, 3), (720, 1280, 8, 3), (1920, 1080, 8, 7), (4000, 3000, 8, 49), (4000, 3000, 4, 13)],
)
def test_small_faces_are_looked_for_in_tiles_that_cover_the_picture_and_overlap(
    width: int, height: int, most: int, count: int
) -> None:
    whole, *tiles = regions_to_search(width, height, 60, most)

    covered = np.zeros((height, width), int)
    for tile in tiles:
        covered[int(tile.y) : round(tile.y + tile.h), int(tile.x) : round(tile.x + tile.w)] += 1
    assert whole == Box(0, 0, width, height)
    assert len(tiles) == count - 1
    assert covered.min() == 1
    assert covered.max() > 1
    assert all(tile.w <= 800 or max(width, height) > 2000 for tile in tiles)


@pytest.mark.parametrize("face", [Box(300, 100, 120, 150), Box(20, 300, 150, 150)])
def test_a_face_is_found_where_it_is(face: Box) -> None:
    network = face_runtime().networks[DETECTOR]

    (found,) = find_faces(network, picture_of(picture_with(face)), smallest=60)

    assert found.box.x + found.box.w / 2 == pytest.approx(face.x + face.w / 2, abs=3)
    assert found.box.y + found.box.h / 2 == pytest.approx(face.y + face.h / 2, abs=3)
    assert found.box.h == pytest.approx(max(face.w, face.h), abs=5)


def test_a_small_face_found_in_several_tiles_counts_once() -> None:
    network = face_runtime().networks[DETECTOR]
    middle = picture_with(Box(620, 340, 40, 40), width=1280, height=720)

    found = find_faces(network, picture_of(middle), smallest=40)

    assert len(found) == 1


def test_a_face_is_not_reported_by_a_tile_that_shows_only_a_part_of_it() -> None:
    network = face_runtime().networks[DETECTOR]
    wide = picture_with(Box(400, 200, 500, 300), width=1280, height=720)

    (found,) = find_faces(network, picture_of(wide), smallest=30)

    assert found.box.w == pytest.approx(500, abs=10)


def test_of_overlapping_detections_the_best_stays() -> None:
    best, double, other = (
        Detection(Box(x, 0, 100, 100), EYES, score) for x, score in ((0, 0.9), (10, 0.8), (300, 0.7))
    )

    assert without_doubles([other, double, best]) == [best, other]


def test_a_lying_face_is_found_by_turning_the_picture_and_reported_where_it_lies() -> None:
    network = face_runtime().networks[DETECTOR]
    picture = picture_of(picture_with(Box(400, 100, 150, 100)))

    found = find_turned_faces(BlazeFace(network), picture, smallest=60)[0]

    assert found.box.x + found.box.w / 2 == pytest.approx(475, abs=4)
    assert found.box.y + found.box.h / 2 == pytest.approx(150, abs=4)
    (x, y), (other_x, other_y) = found.eyes
    assert abs(other_y - y) > 5 * abs(other_x - x)
