"""Note the meshes of a photograph's faces: the wire has no place for them, and they are wanted when it is shown."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mien.domain.segment import FaceCrop, Segment
from mien.domain.source_memory import Note, SourceMemory

MESHES: Final = "meshes"
MOST_FACES: Final = 100
"""Faces of one batch whose meshes are kept: those of a crowd are too small to be drawn."""


def note_meshes(batch: Sequence[Segment], memory: SourceMemory) -> None:
    """Keep the boxes of the faces in a batch, and under `points` their meshes, faces x 468 x 2 in pixels."""
    faces = [segment for segment in batch if isinstance(segment, FaceCrop)][:MOST_FACES]
    if not faces:
        return
    boxes = [[float(side) for side in (face.box.x, face.box.y, face.box.w, face.box.h)] for face in faces]
    points = np.stack([face.mesh[:, :2] for face in faces]).astype(np.float32)
    memory.keep(Note(MESHES, {"boxes": boxes}, {"points": points}))
