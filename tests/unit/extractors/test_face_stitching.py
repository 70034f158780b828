"""Faces seen in pieces are given the names they would have had, had one eye seen them all."""

import random

import numpy as np
import pytest

from mien.domain.segment import Box, FaceCrop
from mien.domain.source_memory import Note, SourceMemory
from mien.extractors.face_identity import People
from mien.extractors.face_stitching import PeopleStitching, RecordedPeople

CROP = np.zeros((2, 2, 3), np.uint8)


def look(person: int, wobble: int = 0) -> np.ndarray:
    """Return what a person looks like, a little different each time."""
    values = np.zeros(128, np.float32)
    values[person] = 1.0
    values[100 + wobble % 20] = 0.1
    return values


def face(number: int, frame: int, x: float = 0.0) -> FaceCrop:
    mesh = np.zeros((468, 3), np.float32)
    place = {"frame": frame, "time": frame / 10, "box": Box(x, 0, 10, 10)}
    return FaceCrop(track=f"face_{number}", prob=1.0, mesh=mesh, crop=CROP, picture=CROP, **place)  # type: ignore[arg-type]


def noted(people: RecordedPeople, faces: list[FaceCrop], begin: float = 0.0) -> Note:
    memory = SourceMemory(in_pieces=True)
    list(people.recorded(faces, begin, memory))
    (note,) = memory.take_notes()
    return note


@pytest.mark.parametrize("seed", range(5))
def test_people_get_the_numbers_they_would_have_got(seed: int) -> None:
    order = random.Random(seed)
    shown = [order.sample(range(6), order.choice([1, 2, 3])) for _ in range(40)]
    whole = People()
    expected = [whole.recognise([look(one, place) for one in frame], set()) for place, frame in enumerate(shown)]
    stitching = PeopleStitching()
    found: list[list[int]] = []
    for first in range(0, 40, 7):
        people = RecordedPeople()
        stitching.begin_piece()
        for place in range(first, min(40, first + 7)):
            numbers = people.recognise([look(one, place) for one in shown[place]], set())
            names = stitching.names(noted(people, [face(number, place) for number in numbers]))
            stitching.begin_file()
            found.append([int(names[f"face_{number}"].removeprefix("face_")) for number in numbers])
    assert found == expected


def test_a_face_that_goes_on_over_a_border_keeps_its_name_whatever_it_looks_like_there() -> None:
    first, second = RecordedPeople(), RecordedPeople()
    stitching = PeopleStitching()
    (number,) = first.recognise([look(0)], set())
    assert stitching.names(noted(first, [face(number, 9)])) == {"face_0": "face_0"}
    stitching.begin_piece()
    (again,) = second.recognise([look(5)], set())  # a hand before the face
    note = noted(second, [face(again, 9, x=1.0), face(again, 10, x=1.5)], begin=1.0)
    assert stitching.names(note) == {"face_0": "face_0"}


def test_a_face_elsewhere_in_the_frame_is_no_continuation() -> None:
    first, second = RecordedPeople(), RecordedPeople()
    stitching = PeopleStitching()
    (number,) = first.recognise([look(0)], set())
    stitching.names(noted(first, [face(number, 9)]))
    stitching.begin_piece()
    (again,) = second.recognise([look(5)], set())
    assert stitching.names(noted(second, [face(again, 9, x=90.0), face(again, 10, x=90.0)], begin=1.0)) == {
        "face_0": "face_1"
    }


def test_places_are_numbered_on_where_nobody_is_recognised() -> None:
    stitching = PeopleStitching()
    for expected in ("face_0", "face_1"):
        people = RecordedPeople()
        stitching.begin_piece()
        assert stitching.names(noted(people, [face(people.somebody(), 0)])) == {"face_0": expected}
        stitching.begin_file()


def test_whoever_was_seen_before_the_stretch_only_is_nobody() -> None:
    people, stitching = RecordedPeople(), PeopleStitching()
    (early,) = people.recognise([look(0)], set())
    (late,) = people.recognise([look(1)], {early})
    note = noted(people, [face(early, 3), face(late, 12)], begin=1.0)
    assert stitching.names(note) == {"face_1": "face_0"}
