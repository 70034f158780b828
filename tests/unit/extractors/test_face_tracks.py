"""Numbering the faces of a video."""

from dataclasses import replace

from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_tracks import FaceTracks
from tests.fakes_faces import face_crop


def at(x: float, time: float) -> FaceCrop:
    return replace(face_crop(), box=Box(x, 0, 100, 100), time=time)


def names(faces: list[FaceCrop]) -> list[str]:
    return [face.track for face in faces]


def test_the_faces_of_one_picture_are_numbered_in_order() -> None:
    assert names(FaceTracks().name([at(0, 0), at(200, 0)])) == ["face_0", "face_1"]


def test_a_face_that_moves_a_little_keeps_its_number() -> None:
    tracks = FaceTracks()
    tracks.name([at(0, 0), at(200, 0)])

    assert names(tracks.name([at(220, 0.3), at(20, 0.3)])) == ["face_1", "face_0"]


def test_a_face_elsewhere_is_a_new_one() -> None:
    tracks = FaceTracks()
    tracks.name([at(0, 0)])

    assert names(tracks.name([at(500, 0.3)])) == ["face_1"]


def test_a_face_that_was_away_for_long_is_a_new_one() -> None:
    tracks = FaceTracks()
    tracks.name([at(0, 0)])

    assert names(tracks.name([at(0, 1.0)])) == ["face_0"]
    assert names(tracks.name([at(0, 9.0)])) == ["face_1"]


def test_two_faces_never_share_a_number() -> None:
    tracks = FaceTracks()
    tracks.name([at(0, 0)])

    assert names(tracks.name([at(10, 0.3), at(-10, 0.3)])) in (["face_0", "face_1"], ["face_1", "face_0"])
