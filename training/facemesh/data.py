"""FER+ meshes as the served model sees them, with votes as distributions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.models.face_geometry import mesh_shape, read_neutral_face
from training.face_geometry.meshes import load_meshes
from training.shared.splits import Split

EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
LOWEST_FLAG = 0.5
CHUNK = 2000


@dataclass(frozen=True)
class Shapes:
    """Holds one split: face shapes, N x 1407, what the crowd saw in them, and which have one clear winner."""

    shapes: Tensor
    votes: Tensor
    labels: Tensor
    clear: Tensor


def load_shapes(file: Path, split: Split) -> Shapes:
    """Read one split, without what the crowd or the mesh network took for no face.

    A single vote for an expression counts as a slip and is dropped, as is customary with FER+.
    """
    meshes = load_meshes(file)
    faces = (meshes.split == split) & (meshes.votes.argmax(axis=1) < len(EXPRESSIONS)) & (meshes.flags > LOWEST_FLAG)
    points, votes = meshes.points[faces], meshes.votes[faces]
    neutral = read_neutral_face()
    rows = [mesh_shape(points[start : start + CHUNK], neutral) for start in range(0, len(points), CHUNK)]
    shares, labels, clear = _targets(votes)
    return Shapes(torch.from_numpy(np.concatenate(rows)), shares, labels, clear)


def _targets(votes: NDArray[np.uint8]) -> tuple[Tensor, Tensor, Tensor]:
    clear = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
    expressions = np.where(votes > 1, votes, 0)[:, : len(EXPRESSIONS)].astype(np.float32)
    shares = torch.from_numpy(expressions / expressions.sum(axis=1, keepdims=True))
    return shares, shares.argmax(dim=1), torch.from_numpy(clear)
