"""Drawing what was found."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.pictures.photograph import COLOURS, DrawnFace, as_jpeg, as_png, draw_faces, free_place, lines_of_text
from tests.fakes_faces import neutral_mesh


def told(x: float = 100, y: float = 100, joy: float = 0.9) -> dict[str, Any]:
    scores = [{"name": "Joy", "score": joy}, {"name": "Awe", "score": 0.2}, {"name": "Fear", "score": 0.4}]
    return {"box": {"x": x, "y": y, "w": 120, "h": 150}, "prob": 0.998, "emotions": scores}


def colour_at(image: Image.Image, x: int, y: int) -> str:
    return "#" + "".join(f"{part:02x}" for part in np.asarray(image)[y, x, :3])


def test_a_box_and_a_mesh_are_drawn_where_the_face_is() -> None:
    black = np.zeros((600, 800, 3), np.uint8)
    mesh = neutral_mesh(centre=(160, 175))

    image = draw_faces(black, [DrawnFace(told(), "face_0", mesh)])

    assert image.size == (800, 600)
    assert colour_at(image, 100, 170) == COLOURS[0]
    assert np.asarray(image)[105:245, 105:215].max() > 200
    assert np.asarray(image)[:80].max() == 0


def test_each_person_has_a_colour_in_the_order_of_appearance() -> None:
    faces = [DrawnFace(told(x), track) for x, track in ((50, "face_3"), (300, "face_1"), (550, "face_3"))]

    image = draw_faces(np.zeros((600, 800, 3), np.uint8), faces)

    assert [colour_at(image, x, 150) for x in (50, 300, 550)] == [COLOURS[0], COLOURS[1], COLOURS[0]]


def test_small_pictures_are_enlarged() -> None:
    assert draw_faces(np.zeros((60, 100, 3), np.uint8), []).size == (800, 480)


def test_the_strongest_expressions_are_written_first() -> None:
    assert lines_of_text(DrawnFace(told(), "face_0"), 2) == ["face_0  1.00", "Joy 0.90", "Fear 0.40"]


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((10, 10, 110, 110), (10, 110)),
        ((10, 300, 110, 395), (10, 250)),
        ((10, 10, 110, 395), (110, 10)),
        ((290, 10, 395, 395), (190, 10)),
        ((0, 0, 400, 400), (0, 350)),
    ],
)
def test_the_panel_goes_where_there_is_room(box: tuple[int, int, int, int], place: tuple[int, int]) -> None:
    assert free_place(box, (100, 50), (400, 400)) == place


def test_pictures_become_files() -> None:
    image = draw_faces(np.zeros((600, 800, 3), np.uint8), [])

    assert Image.open(io.BytesIO(as_png(image))).format == "PNG"
    assert Image.open(io.BytesIO(as_jpeg(image, 200))).size == (200, 150)
