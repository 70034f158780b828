"""Saying who is who from frame to frame."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_identity import People
from mien.extractors.face_tracks import FaceTracks, SeenFrame
from tests.fakes_faces import face_crop, neutral_mesh
from tests.fakes_runtime import FakeNetwork

STEP = 1 / 3


def at(x: float, time: float = 0.0, turned: bool = False) -> FaceCrop:
    """Make a face of 100 pixels; a turned one shows its profile."""
    mesh = neutral_mesh(centre=(x + 50, 50))
    if turned:
        mesh[:, 0] = (mesh[:, 0] - x - 50) * 0.3 + x + 50
        mesh[1, 0] = mesh[33, 0]
    return replace(face_crop(mesh), box=Box(x, 0, 100, 100), time=time)


def frame_of(*faces: FaceCrop, colours: Sequence[int] = (), cut: bool = False) -> SeenFrame:
    """Make a frame in which each face has a colour: who it is."""
    picture = Image.new("RGB", (900, 120))
    for face, colour in zip(faces, colours, strict=bool(colours)):
        picture.paste((colour, colour, colour), (int(face.box.x) - 30, 0, int(face.box.x) + 130, 120))
    return SeenFrame(picture, faces[0].time if faces else 0.0, faces, cut)


def recogniser() -> FakeNetwork:
    """Return a network to which two faces of one colour are one person."""

    def embed(inputs: Any) -> dict[str, NDArray[np.float32]]:
        grey = inputs["chips"][:, 0, 60:90, 60:90].mean(axis=(1, 2)) / 50
        return {"embeddings": np.pad(grey[:, None], ((0, 0), (0, 127))).astype(np.float32)}

    return FakeNetwork(embed)


def tracks_of(
    frames: Iterable[SeenFrame], network: FakeNetwork | None = None, people: People | None = None
) -> list[str]:
    return [face.track for face in FaceTracks(People() if people is None else people, network).named(frames)]


def test_the_faces_of_one_picture_are_numbered_in_order() -> None:
    assert tracks_of([frame_of(at(0), at(200))]) == ["face_0", "face_1"]


def test_a_face_that_moves_a_little_keeps_its_number() -> None:
    frames = [frame_of(at(0, 0), at(200, 0)), frame_of(at(20, STEP), at(220, STEP))]

    assert tracks_of(frames) == ["face_0", "face_1"] * 2


def test_without_recognition_a_face_elsewhere_or_much_later_is_a_new_one() -> None:
    assert tracks_of([frame_of(at(0, 0)), frame_of(at(500, STEP))]) == ["face_0", "face_1"]
    assert tracks_of([frame_of(at(0, 0)), frame_of(at(0, 1.0)), frame_of(at(0, 9.0))]) == ["face_0"] * 3


def test_without_recognition_a_place_is_forgotten_after_two_seconds() -> None:
    frames = [frame_of(at(0, 0.0)), frame_of(at(500, 1.0)), frame_of(at(500, 3.1)), frame_of(at(0, 3.4))]

    assert tracks_of(frames) == ["face_0", "face_1", "face_1", "face_2"]


def test_two_faces_never_share_a_number() -> None:
    frames = [frame_of(at(0, 0)), frame_of(at(-10, STEP), at(10, STEP))]

    assert len(set(tracks_of(frames)[1:])) == 2


def test_a_person_who_comes_back_keeps_the_number() -> None:
    frames = [
        frame_of(at(0, 0), colours=[50]),
        frame_of(at(500, 1), colours=[200], cut=True),
        frame_of(at(300, 20), colours=[50], cut=True),
    ]

    assert tracks_of(frames, recogniser()) == ["face_0", "face_1", "face_0"]


def test_a_cut_to_another_person_in_the_same_place_is_noticed() -> None:
    frames = [frame_of(at(0, 0), colours=[50]), frame_of(at(0, STEP), colours=[200], cut=True)]

    assert tracks_of(frames, recogniser()) == ["face_0", "face_1"]


def test_people_are_known_from_one_file_to_the_next() -> None:
    people, network = People(), recogniser()
    tracks_of([frame_of(at(0), at(200), colours=[50, 200])], network, people)

    assert tracks_of([frame_of(at(0), at(200), at(400), colours=[200, 120, 50])], network, people) == [
        "face_1", "face_2", "face_0",
    ]  # fmt: skip


def test_a_steady_face_is_embedded_once() -> None:
    network = recogniser()

    named = tracks_of([frame_of(at(0, index / 30), colours=[50]) for index in range(40)], network)

    assert named == ["face_0"] * 40
    assert len(network.batches) == 1


def test_a_long_track_is_looked_at_three_times_at_most() -> None:
    network = recogniser()

    tracks_of([frame_of(at(0, index * STEP), colours=[50]) for index in range(300)], network)

    assert len(network.batches) == 3


def test_people_who_change_places_behind_each_other_keep_their_numbers() -> None:
    places = [(0, 300), (60, 240), (120, 180), (150, 150), (180, 120), (240, 60), (300, 0)]
    frames = []
    for step, (first, second) in enumerate(places):
        faces = sorted([(first, 50), (second, 200)])
        frames.append(frame_of(*(at(x, step * STEP) for x, _colour in faces), colours=[colour for _x, colour in faces]))

    named = tracks_of(frames, recogniser())

    assert (named[:2], named[-2:]) == (["face_0", "face_1"], ["face_1", "face_0"])


def test_another_person_who_takes_a_place_unseen_is_noticed_at_the_next_look() -> None:
    frames = [frame_of(at(0, index * STEP), colours=[50 if index < 3 else 200]) for index in range(12)]

    named = tracks_of(frames, recogniser())

    assert named[0] == "face_0"
    assert named[-1] == "face_1"


def test_a_face_that_suddenly_looks_different_is_looked_at_at_once() -> None:
    def looks(step: int) -> FaceCrop:
        stripes = np.zeros((96, 96, 3), np.uint8)
        stripes[:, :: 2 if step < 4 else 1] = 200
        stripes[:48] = 255 if step < 4 else 0
        return replace(at(0, step / 30), crop=stripes)

    frames = [frame_of(looks(step), colours=[50 if step < 4 else 200]) for step in range(8)]

    assert tracks_of(frames, recogniser()) == ["face_0"] * 4 + ["face_1"] * 4


def test_a_profile_waits_for_a_better_look() -> None:
    network = recogniser()
    frames = [frame_of(at(0, index * STEP, turned=index < 3), colours=[50]) for index in range(5)]
    tracks = FaceTracks(People(), network)
    seen: list[int] = []

    def watched() -> Iterable[SeenFrame]:
        for index, frame in enumerate(frames):
            seen.append(index)
            yield frame

    first = next(iter(tracks.named(watched())))

    assert (first.time, first.track) == (0.0, "face_0")
    assert seen == [0, 1, 2, 3]


def test_faces_do_not_wait_for_ever() -> None:
    frames = (frame_of(at(0, index * STEP, turned=True), colours=[50]) for index in range(1000))

    first = next(iter(FaceTracks(People(), recogniser()).named(frames)))

    assert first.track == "face_0"
    assert next(frames).time < 3


def test_faces_leave_in_the_order_of_the_frames() -> None:
    frames = [
        frame_of(at(0, 0, turned=True), at(400, 0), colours=[50, 200]),
        frame_of(at(400, STEP), colours=[200]),
        frame_of(at(400, 2 * STEP), colours=[200]),
    ]

    faces = list(FaceTracks(People(), recogniser()).named(frames))

    assert [(face.time, face.track) for face in faces] == [
        (0, "face_1"), (0, "face_0"), (STEP, "face_0"), (2 * STEP, "face_0"),
    ]  # fmt: skip
