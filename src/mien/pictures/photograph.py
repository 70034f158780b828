"""Draw what was found on a photograph: boxes, meshes, who it is and the strongest expressions."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.domain.network import Floats

Json = Mapping[str, Any]
MOST_EXPRESSIONS: Final = 5
FEW_FACES: Final = 6
"""Faces up to which there is room for all of these; with more only the strongest is written."""

SMALLEST_SIDE: Final = 480
"""Small pictures are enlarged to this, so that what is written on them can be read."""

COLOURS: Final = ("#4ade80", "#60a5fa", "#f472b6", "#facc15", "#a78bfa", "#fb923c", "#2dd4bf", "#f87171")
MESH_COLOUR: Final = "#ffffff"

_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150),
    *(136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
)
_OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61)
_INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78)
_FIRST_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33)
_SECOND_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263)
_FIRST_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 70)
_SECOND_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276, 300)
_NOSE = (168, 6, 197, 195, 5, 4, 1, 2)
LINES: Final = (
    _OVAL, _OUTER_LIPS, _INNER_LIPS, _FIRST_EYE, _SECOND_EYE, _FIRST_BROW, _SECOND_BROW, _NOSE,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """Hold one face as it is drawn: its prediction, its group's id, and its mesh, 468 x 3 in pixels, if known."""

    prediction: Json
    track: str
    mesh: Floats | None = None


def draw_faces(pixels: NDArray[np.uint8], faces: Sequence[DrawnFace]) -> Image.Image:
    """Return the picture, h x w x 3, with its faces drawn on it; each track keeps one colour."""
    scale = max(1.0, SMALLEST_SIDE / min(pixels.shape[:2]))
    image = Image.fromarray(pixels)
    if scale > 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(image, "RGBA")
    colours = _colours(faces)
    for face, colour in zip(faces, colours, strict=True):
        _draw_mesh(draw, face, scale)
        _draw_box(draw, face, scale, colour)
    expressions = MOST_EXPRESSIONS if len(faces) <= FEW_FACES else 1
    for face, colour in zip(faces, colours, strict=True):
        _write(draw, face, (scale, colour, expressions))
    return image


def _colours(faces: Sequence[DrawnFace]) -> list[str]:
    """Return a colour per face: by who it is, or by place when nobody is told apart."""
    tracks = list(dict.fromkeys(face.track for face in faces))
    places = [tracks.index(face.track) for face in faces] if len(tracks) > 1 else range(len(faces))
    return [COLOURS[place % len(COLOURS)] for place in places]


def as_png(image: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def as_jpeg(image: Image.Image, longest: int) -> bytes:
    """Return a picture as a JPEG file whose longer side is at most `longest` pixels."""
    small = image.copy()
    small.thumbnail((longest, longest))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def lines_of_text(face: DrawnFace, expressions: int = MOST_EXPRESSIONS) -> list[str]:
    """Return what is written beside a face: who, how surely a face, and its strongest expressions."""
    ordered = sorted(face.prediction["emotions"], key=lambda one: -one["score"])[:expressions]
    prob = f"  {face.prediction['prob']:.2f}" if "prob" in face.prediction else ""
    return [f"{face.track}{prob}", *(f"{one['name']} {one['score']:.2f}" for one in ordered)]


def _draw_mesh(draw: ImageDraw.ImageDraw, face: DrawnFace, scale: float) -> None:
    if face.mesh is None:
        return
    points = face.mesh[:, :2] * scale
    thick = max(1, round(float(np.ptp(points[:, 0])) / 250))
    radius = max(0.6, float(np.ptp(points[:, 0])) / 350)
    for x, y in points:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255, 130))
    for line in LINES:
        draw.line([tuple(points[point]) for point in line], fill=(255, 255, 255, 210), width=thick, joint="curve")


def _draw_box(draw: ImageDraw.ImageDraw, face: DrawnFace, scale: float, colour: str) -> None:
    left, top, right, bottom = _corners(face, scale)
    thick = max(2, round((right - left) / 80))
    draw.rectangle((left, top, right, bottom), outline=colour, width=thick)


def _write(draw: ImageDraw.ImageDraw, face: DrawnFace, style: tuple[float, str, int]) -> None:
    """Write on a dark panel beside the box."""
    scale, colour, expressions = style
    width, height = draw.im.size
    size = int(np.clip(min(width, height) / 36, 11, 40))
    font = ImageFont.load_default(size)
    lines = lines_of_text(face, expressions)
    step = size * 1.25
    panel = (max(draw.textlength(line, font=font) for line in lines) + size, step * len(lines) + size / 2)
    x, y = free_place(_corners(face, scale), panel, (width, height))
    draw.rectangle((x, y, x + panel[0], y + panel[1]), fill=(0, 0, 0, 160))
    for number, line in enumerate(lines):
        shade = colour if number == 0 else MESH_COLOUR
        draw.text((x + size / 2, y + size / 4 + number * step), line, font=font, fill=shade)


def free_place(
    box: tuple[float, float, float, float], panel: tuple[float, float], size: tuple[int, int]
) -> tuple[float, float]:
    """Return where a panel goes: below the box, above, right or left of it, and where there is no room on its foot."""
    (left, top, right, bottom), (wide, tall), (width, height) = box, panel, size
    across, down = max(0.0, min(left, width - wide)), max(0.0, min(top, height - tall))
    places = ((across, bottom), (across, top - tall), (right, down), (left - wide, down))
    inside = (place for place in places if 0 <= place[0] <= width - wide and 0 <= place[1] <= height - tall)
    return next(inside, (across, max(0.0, height - tall)))


def _corners(face: DrawnFace, scale: float) -> tuple[float, float, float, float]:
    box = face.prediction["box"]
    left, top = box["x"] * scale, box["y"] * scale
    return left, top, left + box["w"] * scale, top + box["h"] * scale
