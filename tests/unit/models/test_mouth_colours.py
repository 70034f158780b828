"""Tongue and teeth by colour."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mien.domain.segment import Box, FaceCrop
from mien.models.mouth_colours import mouth_colours
from tests.fakes_faces import face_crop, neutral_mesh

SKIN, LIP, TONGUE, TOOTH, DARK = (200, 160, 140), (180, 110, 105), (190, 80, 85), (235, 230, 220), (40, 20, 20)
Colour = tuple[int, int, int]


def face_with(inside: Colour | None = None, below: Colour | None = None) -> FaceCrop:
    """Draw a face of skin with lips, something between them, and something hanging over the chin."""
    mesh = neutral_mesh(20.0, (150.0, 200.0))
    if inside:
        mesh[[14, 87, 317, 178, 402, 17, 84, 314, 18, 83, 313], 1] += 25
    picture = Image.new("RGB", (300, 400), SKIN)
    draw = ImageDraw.Draw(picture)
    outline = [0, 37, 39, 61, 91, 84, 17, 314, 321, 291, 269, 267]
    draw.polygon([tuple(mesh[vertex, :2]) for vertex in outline], fill=LIP)
    if inside:
        gap = [13, 82, 81, 178, 87, 14, 317, 402, 311, 312]
        draw.polygon([tuple(mesh[vertex, :2]) for vertex in gap], fill=inside)
    if below:
        x, y = mesh[18, :2]
        draw.rectangle([x - 40, y - 8, x + 40, y + 60], fill=below)
    pixels: NDArray[np.uint8] = np.asarray(picture)
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    box = Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    left, top = round(box.x), round(box.y)
    return replace(face_crop(mesh), box=box, picture=pixels[top:, left:])


def test_a_closed_mouth_shows_neither_tongue_nor_teeth() -> None:
    found = mouth_colours([face_with()])

    assert (found.tongue_inside[0], found.tongue_below[0], found.teeth[0]) == (0, 0, 0)


def test_what_lies_between_open_lips_is_told_by_its_colour() -> None:
    found = mouth_colours([face_with(inside=colour) for colour in (TONGUE, TOOTH, DARK)])

    assert found.tongue_inside == pytest.approx([1, 0, 0], abs=0.2)
    assert found.teeth == pytest.approx([0, 1, 0], abs=0.2)


def test_a_tongue_over_the_chin_is_seen_there() -> None:
    with_tongue, without = mouth_colours([face_with(TONGUE, TONGUE), face_with(TONGUE)]).tongue_below

    assert with_tongue > 0.5 > without == 0


def test_a_grey_picture_shows_no_tongue() -> None:
    face = face_with(TONGUE, TONGUE)
    grey = np.repeat(face.picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)

    found = mouth_colours([replace(face, picture=grey)])

    assert (found.tongue_inside[0], found.tongue_below[0]) == (0, 0)
