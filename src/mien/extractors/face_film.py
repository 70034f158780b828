"""Find the faces of a film frame by frame: follow those that are there, and search where something changed.

Searching costs several times what following costs. A region of the frame is searched when the film is cut, when a
face in it is lost, when something changed in it beside the faces, and once a second anyway. A face that is followed
keeps the probability it was found with, so that one weak frame does not make it flicker; it is dropped when the mesh
network sees no face any more, or when the detector has not found it again for two seconds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.network import Network
from mien.domain.segment import Box
from mien.extractors.face_alignment import hull, overlap, shared_part, square_around
from mien.extractors.face_detection import Detection, FaceDetector
from mien.extractors.face_mesh import SURROUNDINGS, Mesh, lay_mesh, mesh_in

BLOCKS: Final = (32, 18)
"""Blocks across and down in which frames are compared."""

SAMPLES: Final = 4
"""Points along a side of a block that stand for it."""

CHANGED: Final = 12.0
"""Grey levels by which a block changes when something moves in it."""

CUT: Final = 30.0
"""Mean change of all blocks from which on the film is cut."""

CUT_SHARE: Final = 0.7
"""Share of blocks that change at once from which on it is cut as well."""

TILES_AT_ONCE: Final = 3
"""Where something moves, one in so many tiles is searched per frame, beside the whole frame; the oldest first."""

SEARCH_SECONDS: Final = 0.2
"""Time between two searches of a region in which something moves all the time."""

SEARCH_ANYWAY_SECONDS: Final = 1.0
FOLLOW_SECONDS: Final = 0.5
"""Time between frames over which a face can be followed."""

UNCONFIRMED_SECONDS: Final = 2.0
LEAST_FLAG: Final = 0.5
SAME_FACE: Final = 0.5
MOVED: Final = 0.85
"""Overlap with the place before under which a mesh is laid a second time."""

JUMPED: Final = 0.25
STILL: Final = 0.004
MOVING: Final = 0.02
"""Movement between frames, in sides of the face, up to which it is noise, and from which on it is movement."""

FASTEST: Final = 24
"""How many of the 468 points must move so far that the face does."""

STEADIED: Final = 0.3
"""Share of a new frame in a mesh that does not move."""


@dataclass(frozen=True)
class FaceNetworks:
    """Hold who finds faces and who lays meshes on them."""

    detector: FaceDetector
    mesh: Network


@dataclass(frozen=True)
class FoundFace:
    """Hold a face: its mesh, its probability, and when the detector saw it last."""

    mesh: Mesh
    prob: float
    confirmed: float

    @cached_property
    def box(self) -> Box:
        """Return the smallest upright box around the mesh."""
        return hull(self.mesh.points)

    @property
    def sure(self) -> float:
        """Return the probability, lowered when the mesh network rather sees no face."""
        return self.prob * min(1.0, 2 * self.mesh.flag)


@dataclass
class _Searched:
    """Hold when a region was searched last and what the frame looked like then."""

    time: float
    blocks: NDArray[np.float32]


@dataclass
class FilmFaces:
    """Find the faces of one film; frames come in order."""

    networks: FaceNetworks
    smallest: float
    threshold: float
    cut: bool = False
    _faces: list[FoundFace] = field(default_factory=list)
    _blocks: NDArray[np.float32] | None = None
    _time: float = 0.0
    _size: tuple[int, int] = (0, 0)
    _searched: dict[int, _Searched] = field(default_factory=dict)

    def faces_in(self, picture: Image.Image, time: float) -> list[FoundFace]:
        """Return the faces of the next frame; `cut` then says whether it follows on the one before."""
        blocks = _blocks_of(picture)
        self.cut = self._blocks is None or picture.size != self._size or _is_cut(self._blocks, blocks)
        if self.cut:
            self._faces, self._searched = [], {}
        followed, lost = self._followed(picture, time)
        regions = self.networks.detector.regions(picture, self.smallest, still=False)
        due = self._due(regions, blocks, time, [*followed, *lost], lost)
        found = self.networks.detector.find(picture, [regions[number] for number in due])
        self._searched |= {number: _Searched(time, blocks) for number in due}
        known = _confirmed(followed, found, time)
        fresh = [self._new(picture, one, time) for one in found if one.prob >= self.threshold and _is_new(one, known)]
        sure = [face for face in (*known, *fresh) if face.sure >= self.threshold]
        self._faces = without_twins([face for face in sure if time - face.confirmed <= UNCONFIRMED_SECONDS])
        self._blocks, self._time, self._size = blocks, time, picture.size
        return self._faces

    def _followed(self, picture: Image.Image, time: float) -> tuple[list[FoundFace], list[FoundFace]]:
        """Return the faces of the frame before, their meshes laid anew, and those that are lost."""
        step = time - self._time
        followed: list[FoundFace] = []
        lost: list[FoundFace] = []
        for face in self._faces:
            mesh = follow(self.networks.mesh, picture, face.mesh) if step <= FOLLOW_SECONDS else None
            if mesh is None:
                lost.append(face)
                continue
            followed.append(replace(face, mesh=mesh))
        return followed, lost

    def _due(
        self,
        regions: Sequence[Box],
        blocks: NDArray[np.float32],
        time: float,
        around: Sequence[FoundFace],
        lost: Sequence[FoundFace],
    ) -> list[int]:
        """Return the numbers of the regions to search now."""
        hidden = _covered([_with_surroundings(face.box) for face in around], self._size)
        due, moved = [], []
        for number, region in enumerate(regions):
            last = self._searched.get(number)
            if last is None or time - last.time >= SEARCH_ANYWAY_SECONDS or any(_meets(one, region) for one in lost):
                due.append(number)
            elif time - last.time >= SEARCH_SECONDS:
                changed = (np.abs(blocks - last.blocks) > CHANGED) & ~hidden & _covered([region], self._size)
                moved += [number] if changed.any() else []
        tiles = sorted((number for number in moved if number), key=lambda number: self._searched[number].time)
        some = max(0, math.ceil((len(regions) - 1) / TILES_AT_ONCE) - sum(1 for number in due if number))
        return sorted({*due, *(number for number in moved if not number), *tiles[:some]})

    def _new(self, picture: Image.Image, found: Detection, time: float) -> FoundFace:
        return FoundFace(lay_mesh(self.networks.mesh, picture, found), found.prob, time)


def follow(network: Network, picture: Image.Image, before: Mesh) -> Mesh | None:
    """Return the mesh of a face in the next frame, or None when it is not there any more."""
    now = mesh_in(network, picture, square_around(before.points, before.angle, SURROUNDINGS))
    shared = overlap(hull(before.points), hull(now.points))
    if now.flag < LEAST_FLAG or shared < JUMPED:
        return None
    if shared < MOVED:
        now = mesh_in(network, picture, square_around(now.points, now.angle, SURROUNDINGS))
    return steadied(before, now)


def steadied(before: Mesh, now: Mesh) -> Mesh:
    """Return the mesh with most of the noise of a face that keeps still taken out; one that moves stays as it is.

    The faster it moves, or a twentieth of its points do, the less of the frame before is in it.
    """
    box = hull(before.points)
    moves = np.linalg.norm((now.points - before.points)[:, :2], axis=1) / max(box.w, box.h, 1.0)
    fast = float(np.partition(moves, -FASTEST)[-FASTEST])
    share = np.float32(np.interp(fast, (STILL, MOVING), (STEADIED, 1.0)))
    return replace(now, points=(before.points + share * (now.points - before.points)).astype(np.float32))


def without_twins(faces: Sequence[FoundFace]) -> list[FoundFace]:
    """Keep the surer of two meshes that lie on the same face, also where one took a part of it for a face."""
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda one: -one.sure):
        if all(shared_part(face.box, other.box) < 0.6 for other in kept):
            kept.append(face)
    return kept


def _confirmed(followed: Sequence[FoundFace], found: Sequence[Detection], time: float) -> list[FoundFace]:
    """Return the followed faces, those the detector likes now with the better of both probabilities."""
    known = []
    for face in followed:
        prob = max((one.prob for one in found if shared_part(one.box, face.box) >= SAME_FACE), default=0.0)
        known.append(replace(face, prob=max(prob, face.prob), confirmed=time) if prob >= 0.5 else face)
    return known


def _is_new(found: Detection, known: Sequence[FoundFace]) -> bool:
    return all(shared_part(found.box, face.box) < SAME_FACE for face in known)


def _is_cut(before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
    change = np.abs(now - before)
    return float(change.mean()) > CUT or float((change > CHANGED).mean()) > CUT_SHARE


def _blocks_of(picture: Image.Image) -> NDArray[np.float32]:
    across, down = BLOCKS
    points = picture.resize((across * SAMPLES, down * SAMPLES), Image.Resampling.NEAREST)
    grouped = np.asarray(points, np.float32).reshape(down, SAMPLES, across, SAMPLES * 3)
    return np.asarray(grouped.mean(axis=(1, 3)), np.float32)


def _with_surroundings(box: Box) -> Box:
    """Return the box twice as large: hair and shoulders move with a face and are no reason to search."""
    return Box(box.x - box.w / 2, box.y - box.h / 2, 2 * box.w, 2 * box.h)


def _covered(boxes: Sequence[Box], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which blocks of a frame the boxes touch."""
    covered = np.zeros(BLOCKS[::-1], bool)
    across, down = max(size[0], 1) / BLOCKS[0], max(size[1], 1) / BLOCKS[1]
    for box in boxes:
        left, top = max(0, int(box.x / across)), max(0, int(box.y / down))
        covered[top : int((box.y + box.h) / down) + 1, left : int((box.x + box.w) / across) + 1] = True
    return covered


def _meets(face: FoundFace, region: Box) -> bool:
    return shared_part(face.box, region) > 0
