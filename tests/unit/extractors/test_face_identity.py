"""Telling people apart by 128 numbers."""

import numpy as np
import pytest
from PIL import Image

from mien.extractors.face_identity import CHIP, CORNERS, MOST_KEPT, PLACES, People, cut_chip, embed, frontality
from tests.fakes_faces import neutral_mesh
from tests.fakes_runtime import FakeNetwork


def face(value: float) -> np.ndarray:
    return np.full(1, value, np.float32)


def test_a_chip_shows_the_eyes_and_nose_where_the_network_wants_them() -> None:
    mesh = neutral_mesh(pixels_per_cm=20, centre=(300, 260))
    picture = Image.new("L", (600, 500))
    for x, y in mesh[list(CORNERS), :2]:
        picture.paste(255, (round(x) - 4, round(y) - 4, round(x) + 5, round(y) + 5))

    chip = cut_chip(picture.convert("RGB"), mesh)

    assert chip.shape == (CHIP, CHIP, 3)
    bright = [chip[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7].max() for x, y in PLACES]
    assert min(bright) > 200


def test_chips_reach_the_network_as_colour_planes() -> None:
    network = FakeNetwork(lambda inputs: {"embeddings": inputs["chips"][:, :, 0, 0]})

    rows = embed(network, [np.full((CHIP, CHIP, 3), (1, 2, 3), np.uint8), np.zeros((CHIP, CHIP, 3), np.uint8)])

    assert network.batches[0]["chips"].shape == (2, 3, CHIP, CHIP)
    assert rows.tolist() == [[1, 2, 3], [0, 0, 0]]


def test_a_face_seen_from_the_side_is_less_frontal() -> None:
    straight, aside = neutral_mesh(), neutral_mesh()
    aside[1, 0] = aside[33, 0]

    assert frontality(straight) > 0.9
    assert frontality(aside) == pytest.approx(0, abs=0.05)


def test_near_faces_are_one_person_and_far_ones_are_not() -> None:
    people = People()

    assert people.recognise([face(0), face(5)], set()) == [0, 1]
    assert people.recognise([face(5.3), face(0.3)], set()) == [1, 0]
    assert people.recognise([face(2.5)], set()) == [2]


def test_nobody_is_twice_in_a_frame() -> None:
    people = People()
    people.recognise([face(0)], set())

    assert people.recognise([face(0.3), face(0.1)], set()) == [1, 0]
    assert people.recognise([face(0.0)], elsewhere={0}) == [1]


def test_of_a_person_some_faces_are_kept_and_no_more() -> None:
    people = People()
    people.recognise([face(0)], set())

    for step in range(100):
        people.remember(0, face(step / 10))

    assert people.distance(0, face(10)) == pytest.approx(10 - (MOST_KEPT - 2) / 10)


def test_a_person_of_whom_nothing_is_known_resembles_nobody() -> None:
    people = People()
    number = people.somebody()

    assert people.distance(number, face(0)) == float("inf")
    assert people.recognise([face(0)], set()) == [number + 1]
