"""Moves the pixels of real portraits as an action unit would, and tells whether its score follows.

The mesh is laid anew on every warped picture, so this tests detector, mesh, texture network and table together. A warp
only shifts pixels: it opens no dark mouth and draws no furrow.

python -m training.action_units.warp obama.jpg biden.jpg
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.domain.segment import Box, FaceCrop
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.models.face import FaceModel
from mien.models.face_descriptions import SHORT
from mien.models.face_geometry import read_neutral_face
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.testing import FakeMedia
from tests.fakes_movements import MOVEMENTS

AMOUNTS = (0.0, 0.5, 1.0, 1.5)  # 1: the strong movements of tests/fakes_movements.py
AROUND = 2.4  # sides of the picture that is kept around a face, in sides of its box
UNITS = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU12", "AU15", "AU17", "AU18", "AU20", "AU25", "AU26",
    "AU43",
)  # fmt: skip
BLEND, REACH = 0.25, 0.9  # centimetres over which vertices share a pixel, and over which skin follows a vertex
SLIP = 0.02
"""How much a score may fall before it counts as falling: laying the mesh anew moves it by a few tenths of a pixel."""

Pixels = NDArray[np.uint8]
Movement = NDArray[np.float64]


def warped(pixels: Pixels, mesh: NDArray[np.float32], movement: Movement) -> Pixels:
    """Shift the pixels of a picture so that the mesh's vertices make a movement, given in centimetres, y up."""
    scale = np.ptp(mesh[:, 0]) / np.ptp(read_neutral_face().vertices[:, 0])
    across = mesh[263, :2] - mesh[33, :2]
    x = across / np.linalg.norm(across)
    turn = np.stack([x, (x[1], -x[0])])  # rows: the face's x and y (up) in the picture
    moving = np.abs(movement[:, :2]).sum(axis=1) > 0
    if not moving.any():
        return pixels
    shift = movement[moving, :2] @ turn * scale
    places = mesh[moving, :2] + shift
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    margin = 0.15 * (high - low)
    left, top = np.maximum(low - margin, 0).astype(int)
    right, bottom = np.minimum(high + margin, (pixels.shape[1], pixels.shape[0])).astype(int)
    grid = np.stack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)), axis=-1).reshape(-1, 2)
    moved = np.concatenate(
        [_shift_at(part, places, shift, scale) for part in np.array_split(grid, 1 + len(grid) // 4096)]
    )
    result = pixels.copy()
    result[top:bottom, left:right] = _sampled(pixels, grid - moved).reshape(bottom - top, right - left, 3)
    return result


def _shift_at(grid: NDArray[np.int64], places: Movement, shift: Movement, scale: float) -> Movement:
    """Shift with the nearest moving vertices, less and less with the distance from them."""
    squared = np.square((grid[:, np.newaxis] - places) / scale).sum(axis=2)
    nearest = squared.min(axis=1, keepdims=True)
    weights = np.exp((nearest - squared) / (2 * BLEND**2))
    blended = weights @ shift / weights.sum(axis=1, keepdims=True)
    shifted: Movement = blended * np.exp(-nearest / (2 * REACH**2))
    return shifted


def _sampled(pixels: Pixels, places: Movement) -> Pixels:
    height, width = pixels.shape[:2]
    x, y = np.clip(places, 0, (width - 1.001, height - 1.001)).T
    left, top = x.astype(int), y.astype(int)
    a, b = (x - left)[:, np.newaxis], (y - top)[:, np.newaxis]
    upper = pixels[top, left] * (1 - a) + pixels[top, left + 1] * a
    lower = pixels[top + 1, left] * (1 - a) + pixels[top + 1, left + 1] * a
    return (upper * (1 - b) + lower * b).round().astype(np.uint8)


def first_face(pixels: Pixels, extractor: FaceExtractor) -> FaceCrop:
    """Find the leftmost face."""
    return next(iter(extractor.extract(FakeMedia(MediaKind.IMAGE, [pixels]), None, FaceExtraction())))


def _around(pixels: Pixels, box: Box) -> Pixels:
    half = AROUND * max(box.w, box.h) / 2
    x, y = box.x + box.w / 2, box.y + box.h / 2
    return pixels[max(0, int(y - half)) : int(y + half), max(0, int(x - half)) : int(x + half)].copy()


def risen(portrait: Path, extractor: FaceExtractor, model: FaceModel) -> Mapping[str, NDArray[np.float32]]:
    """Return for each unit its scores on the portrait warped more and more."""
    with open_media(portrait) as media:
        pixels = next(iter(media.frames(0))).pixels
    pixels = _around(pixels, first_face(pixels, extractor).box)
    mesh = first_face(pixels, extractor).mesh
    found = {}
    for unit in UNITS:
        faces = [first_face(warped(pixels, mesh, amount * MOVEMENTS[unit]), extractor) for amount in AMOUNTS]
        found[unit] = model.predict(faces, frozenset({"facs"}))["facs"][:, SHORT.index(unit)]
    return found


def main() -> None:
    """Read the command line and print a line per unit: scores at rest and at full movement, and the largest fall."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portraits", type=Path, nargs="+", help="frontal portraits")
    options = parser.parse_args()
    runtime = NetworkRuntime(WeightsStore(read_settings().weights))
    extractor, model = FaceExtractor(runtime), FaceModel(runtime)
    found = {portrait.name: risen(portrait, extractor, model) for portrait in options.portraits}
    print("| unit | " + " | ".join(found) + " | largest fall |")
    print("| --- |" + " --- |" * len(found) + " ---: |")
    for unit in UNITS:
        rows = [found[name][unit] for name in found]
        fall = max(float(-np.diff(row).min()) for row in rows)
        told = " | ".join(" ".join(f"{score:.2f}" for score in row) for row in rows)
        print(f"| {unit} | {told} | {max(fall, 0.0) + 0.0:.2f}{' (falls)' if fall > SLIP else ''} |")


if __name__ == "__main__":
    main()
