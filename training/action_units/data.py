"""FER+ as the action unit network sees it: crops by mesh, and weak targets from votes and mesh together."""

import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mien.extractors.face_alignment import cut_square, square_around
from mien.extractors.face_mesh import Mesh
from mien.extractors.faces import CROP_SCALE, CROP_SIZE
from mien.models.action_units import NETWORK_UNITS
from mien.models.face_geometry import read_neutral_face
from mien.models.images import INPUT_SIZE, to_grey
from mien.models.mesh_measures import MEASURES, measure_meshes, read_statistics
from training.face_geometry.meshes import load_meshes
from training.shared.splits import Split

DEFAULT_DATA = Path("../shared/data/face/ferplus.npz")
PUBLISHED = Path(__file__).with_name("published.toml")
EXPRESSIONS = 8
LOWEST_FLAG = 0.5


@dataclass(frozen=True)
class WeakFaces:
    """Holds one split: grey crops, N x 48 x 48 uint8, votes, N x 8, and targets, N x units, 0 to 1."""

    pixels: Tensor
    votes: Tensor
    targets: Tensor


def load_weak_faces(data: Path, meshes: Path, split: Split, settings: Mapping[str, Any]) -> WeakFaces:
    """Read one split, without what the crowd or the mesh network took for no face."""
    kept = load_meshes(meshes)
    faces = (kept.split == split) & (kept.votes.argmax(axis=1) < EXPRESSIONS) & (kept.flags > LOWEST_FLAG)
    rows = np.flatnonzero(faces)
    with np.load(data) as packed:
        webp, offset = packed["webp"], packed["offset"]
    crops = [grey_crop(webp[offset[row] : offset[row + 1]].tobytes(), kept.points[row]) for row in rows]
    votes = shares(kept.votes[rows])
    targets = weak_targets(votes, kept.points[rows], settings)
    return WeakFaces(torch.from_numpy(np.stack(crops)), torch.from_numpy(votes), torch.from_numpy(targets))


def grey_crop(picture: bytes, points: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cut a face as the extractor and the served model do: by its mesh, 96 pixels, halved by areas, grey."""
    square = square_around(points, Mesh(points, 1.0).angle, CROP_SCALE, by_height=True)
    crop = cut_square(Image.open(io.BytesIO(picture)).convert("RGB"), square, CROP_SIZE)
    factor = CROP_SIZE // INPUT_SIZE
    halved = crop.reshape(INPUT_SIZE, factor, INPUT_SIZE, factor, 3).mean(axis=(1, 3))
    return to_grey(halved).round().astype(np.uint8)


def shares(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn votes into distributions over the eight expressions; a single vote counts as a slip."""
    kept = np.where(votes > 1, votes, 0)[:, :EXPRESSIONS].astype(np.float32)
    distributions: NDArray[np.float32] = kept / kept.sum(axis=1, keepdims=True)
    return distributions


def weak_targets(
    votes: NDArray[np.float32], points: NDArray[np.float32], settings: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Expect each unit from the votes, then move its logit by what the mesh shows; N x units."""
    told = tomllib.loads(PUBLISHED.read_text("utf-8"))
    table = np.array([[told["neutral"], *told["units"][unit]] for unit in NETWORK_UNITS])
    expected = np.clip(votes @ table.T, 0.01, 0.99)
    z = measure_meshes(points, read_neutral_face(), read_statistics()).z
    logits = np.log(expected / (1 - expected))
    for place, unit in enumerate(NETWORK_UNITS):
        if unit in told["mesh"]:
            shown = told["mesh"][unit] * (z[:, MEASURES.index(unit)] - settings["sure_from"])
            logits[:, place] += np.clip(shown, -settings["mesh_limit"], settings["mesh_limit"])
    targets: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return targets
