"""FER+ in memory: decoded faces, votes as distributions, and batched augmentation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mien.models.images import INPUT_SIZE, face_input
from training.shared.splits import Split, rows_of

EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
DEFAULT_FOLDER = Path("../shared/data/face")
TEACHER = "teacher.npy"
"""What `teach` leaves in the folder of a run: the probabilities that trained networks give the training faces."""

TEACHER_OF_VALIDATION = "teacher-validation.npy"
"""The same for the validation faces, for `refit`."""


@dataclass(frozen=True)
class Faces:
    """Holds one split: grey crops, what the crowd saw in them, and which have one clear winner."""

    pixels: Tensor  # N x 48 x 48, uint8
    votes: Tensor  # N x 8, float32, each row sums to 1
    labels: Tensor  # N, int64: the expression with most votes
    clear: Tensor  # N, bool: no other class, "unknown" included, has as many votes

    def __len__(self) -> int:
        """Count the faces."""
        return len(self.labels)


def load_faces(folder: Path, split: Split) -> Faces:
    """Read one split of `ferplus.npz`, without the images the crowd took for unknown or no face.

    A single vote for an expression counts as a slip and is dropped, as is customary with FER+.
    """
    with np.load(folder / "ferplus.npz") as packed:
        webp, offset, votes = packed["webp"], packed["offset"], packed["votes"]
        rows = rows_of(split, packed["split"])
    rows = rows[votes[rows].argmax(axis=1) < len(EXPRESSIONS)]
    pixels = np.stack([_decode(webp[offset[row] : offset[row + 1]]) for row in rows])
    return Faces(torch.from_numpy(pixels), *_targets(votes[rows]))


def _decode(webp: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = cv2.imdecode(webp, cv2.IMREAD_GRAYSCALE)
    if image is None or image.shape != (INPUT_SIZE, INPUT_SIZE):
        raise ValueError("ferplus.npz holds an image that is not a 48 x 48 WebP")
    return image.astype(np.uint8)


def _targets(votes: NDArray[np.uint8]) -> tuple[Tensor, Tensor, Tensor]:
    clear = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
    expressions = np.where(votes > 1, votes, 0)[:, : len(EXPRESSIONS)].astype(np.float32)
    shares = expressions / expressions.sum(axis=1, keepdims=True)
    labels = torch.from_numpy(shares.argmax(axis=1))
    return torch.from_numpy(shares), labels, torch.from_numpy(clear)


def taught(faces: Faces, path: Path, share: float) -> Faces:
    """Return training faces whose votes are mixed with `share` of what trained networks see in them."""
    if share <= 0:
        return faces
    seen = torch.from_numpy(np.load(path))
    if seen.shape != faces.votes.shape:
        raise ValueError(f"{path} holds {tuple(seen.shape)} probabilities, not {tuple(faces.votes.shape)}: teach again")
    return replace(faces, votes=torch.lerp(faces.votes, seen, share))


def chosen(faces: Faces, rows: Tensor) -> Faces:
    """Return some of the faces, by number or by mask."""
    return Faces(*(getattr(faces, field.name)[rows] for field in fields(faces)))


def draw_weights(votes: Tensor, balance: float) -> Tensor:
    """Return how often each face should be drawn so that rare expressions are seen more often."""
    return votes @ votes.mean(dim=0).pow(-balance)


def network_input(pixels: Tensor) -> Tensor:
    """Prepare crops, N x 48 x 48 with values 0 to 255, with the very preprocessing that serves them."""
    return torch.from_numpy(face_input(pixels.numpy())).contiguous(memory_format=torch.channels_last)


def augment(pixels: Tensor, settings: Mapping[str, Any], generator: torch.Generator) -> Tensor:
    """Move, turn, mirror, relight, blur and cover crops, N x 48 x 48; return float32 values 0 to 255."""

    def between(low: float, high: float) -> Tensor:
        return torch.rand(len(pixels), 1, 1, 1, generator=generator) * (high - low) + low

    moved = functional.grid_sample(
        pixels.float()[:, None],
        _grid(len(pixels), settings, generator),
        padding_mode="border",
        align_corners=False,
    )
    low, high = (math.log(value) for value in settings["gamma"])
    relit = (moved / 255).clamp(0, 1).pow(between(low, high).exp()) * 255
    blurred = functional.avg_pool2d(functional.pad(relit, (1, 1, 1, 1), mode="replicate"), 3, 1)
    focused = torch.lerp(relit, blurred, between(*settings["focus"]))
    noisy = focused + torch.randn(focused.shape, generator=generator) * between(0.0, settings["noise"])
    covered = _erase(noisy, settings["erase"], generator)
    return covered.clamp(0, 255)[:, 0]


def _grid(count: int, settings: Mapping[str, Any], generator: torch.Generator) -> Tensor:
    def between(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    angle = between(-1, 1) * math.radians(settings["degrees"])
    low, high = (math.log(value) for value in settings["scale"])
    zoom = (-between(low, high)).exp()
    stretch = (between(-1, 1) * settings["stretch"]).exp()
    mirror = torch.where(between(0, 1) < 0.5, -1.0, 1.0)
    shift_x, shift_y = (between(-2, 2) * settings["shift"] for _ in range(2))
    cosine, sine = angle.cos() * zoom, angle.sin() * zoom
    rows = [cosine * mirror * stretch, -sine, shift_x, sine * mirror * stretch, cosine / stretch, shift_y]
    matrix = torch.stack(rows, dim=1).view(count, 2, 3)
    return functional.affine_grid(matrix, [count, 1, INPUT_SIZE, INPUT_SIZE], align_corners=False)


def _erase(pixels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    count = len(pixels)

    def between(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) * (high - low) + low

    places = torch.arange(INPUT_SIZE, dtype=torch.float32)
    half_width, half_height = between(3, 9), between(3, 9)
    inside_x = (places.view(1, 1, 1, -1) - between(0, INPUT_SIZE)).abs() < half_width
    inside_y = (places.view(1, 1, -1, 1) - between(0, INPUT_SIZE)).abs() < half_height
    chosen = between(0, 1) < share
    return torch.where(inside_x & inside_y & chosen, between(0, 255), pixels)


def reframe(pixels: Tensor, zoom: float = 1.0, degrees: float = 0.0, side: int = INPUT_SIZE) -> Tensor:
    """Enlarge and turn crops, N x 48 x 48, and take them from a face of `side` pixels; same shape, float32."""
    angle = torch.tensor(math.radians(degrees))
    cosine, sine, none = angle.cos() / zoom, angle.sin() / zoom, torch.tensor(0.0)
    matrix = torch.stack([cosine, -sine, none, sine, cosine, none]).view(1, 2, 3).expand(len(pixels), 2, 3)
    grid = functional.affine_grid(matrix, [len(pixels), 1, INPUT_SIZE, INPUT_SIZE], align_corners=False)
    moved = functional.grid_sample(pixels.float()[:, None], grid, padding_mode="border", align_corners=False)
    small = functional.interpolate(moved, size=(side, side), mode="area")
    whole = functional.interpolate(small, size=(INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False)
    return whole[:, 0]


def mix(images: Tensor, votes: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blend each face, and its votes, with another of the batch (mixup); alpha 0 changes nothing."""
    if alpha <= 0:
        return images, votes
    rates = torch.full((len(images), 2), alpha)
    gammas = torch._standard_gamma(rates, generator=generator).clamp_min(1e-8)
    share = (gammas / gammas.sum(dim=1, keepdim=True)).amax(dim=1)
    other = torch.randperm(len(images), generator=generator)
    near = share.view(-1, 1, 1, 1)
    mixed = near * images + (1 - near) * images[other]
    return mixed, share[:, None] * votes + (1 - share[:, None]) * votes[other]
