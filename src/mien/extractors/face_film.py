"""Find the faces of a film frame by frame: follow those that are there, and search where something changed.

Searching costs several times what following costs. A region of the frame is searched when the film is cut, when a
face in it is lost, when something changed in it beside the faces, and anyway once a second, a tile once in two. What
moves where nothing moved before makes it be searched at once; what moves all the time, every third frame, a tile every
sixth. A face that is followed keeps the probability it was found with, so that one weak frame does not make it flicker;
it is dropped when the mesh network sees no face any more, or when the detector has not found it again for two seconds.
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
from mien.extractors.frame_changes import Blocks, blocks_of, changed, covered, is_cut, widened

TILES_AT_ONCE: Final = 3
"""Where something moves, one in so many tiles is searched per frame, beside the whole frame; the oldest first."""

SEARCH_SECONDS: Final = 0.2
"""Time between two searches of a region in which something moves all the time."""

RESTLESS_FRAMES: Final = (3, 6)
"""Frames between two such searches, of the whole frame and of a tile, as long as only that moves which moved before."""

SEARCH_ANYWAY_SECONDS: Final = (1.0, 2.0)
"""Time after which the whole frame and a tile are searched whatever happens."""

CONFIRM_SECONDS: Final = 1.2
"""Time after which a tile is searched for a face in it that was not found again in the whole frame."""

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
    speed: tuple[float, float] = (0.0, 0.0)
    """Pixels a second to the right and down."""

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
    """Hold when a region was searched last, what the frame looked like then, and what had moved since the time before.

    What moved before either of its last two searches is `restless`.
    """

    time: float
    frame: int
    blocks: Blocks
    moved: NDArray[np.bool_]
    restless: NDArray[np.bool_]


@dataclass
class FilmFaces:
    """Find the faces of one film; frames come in order."""

    networks: FaceNetworks
    smallest: float
    threshold: float
    cut: bool = False
    _faces: list[FoundFace] = field(default_factory=list)
    _blocks: Blocks | None = None
    _time: float = 0.0
    _frame: int = 0
    _size: tuple[int, int] = (0, 0)
    _searched: dict[int, _Searched] = field(default_factory=dict)

    def faces_in(self, picture: Image.Image, time: float) -> list[FoundFace]:
        """Return the faces of the next frame; `cut` then says whether it follows on the one before."""
        blocks = blocks_of(picture)
        self._frame += 1
        self.cut = self._blocks is None or picture.size != self._size or is_cut(self._blocks, blocks)
        if self.cut:
            self._faces, self._searched = [], {}
        followed, lost = self._followed(picture, time)
        regions = self.networks.detector.regions(picture, self.smallest, still=False)
        due = self._due(regions, blocks, time, [*followed, *lost], lost)
        found = self.networks.detector.find(picture, [regions[number] for number in due])
        self._searched |= {number: self._looked(number, blocks, time) for number in due}
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
            way = face.speed[0] * step, face.speed[1] * step
            mesh = follow(self.networks.mesh, picture, face.mesh, way) if step <= FOLLOW_SECONDS else None
            if mesh is None:
                lost.append(face)
                continue
            followed.append(replace(face, mesh=mesh, speed=_speed(face.mesh, mesh, step)))
        return followed, lost

    def _looked(self, number: int, blocks: Blocks, time: float) -> _Searched:
        last = self._searched.get(number)
        if last is None:
            nothing = np.zeros(blocks.shape, bool)
            return _Searched(time, self._frame, blocks, nothing, nothing)
        moved = widened(changed(last.blocks, blocks))
        return _Searched(time, self._frame, blocks, moved, moved | last.moved)

    def _due(
        self,
        regions: Sequence[Box],
        blocks: Blocks,
        time: float,
        around: Sequence[FoundFace],
        lost: Sequence[FoundFace],
    ) -> list[int]:
        """Return the numbers of the regions to search now."""
        shown = ~covered([_with_surroundings(face.box) for face in around], self._size)
        doubtful = [*lost, *(face for face in around if time - face.confirmed >= CONFIRM_SECONDS)]
        due, moved = [], []
        for number, region in enumerate(regions):
            last, kind = self._searched.get(number), 1 if number else 0
            waited = math.inf if last is None else time - last.time
            if last is None or waited >= SEARCH_ANYWAY_SECONDS[kind] or any(_meets(one, region) for one in doubtful):
                due.append(number)
            elif waited >= SEARCH_SECONDS:
                moves = changed(last.blocks, blocks) & shown & covered([region], self._size)
                restless = self._frame - last.frame >= RESTLESS_FRAMES[kind]
                moved += [number] if (moves if restless else moves & ~last.restless).any() else []
        tiles = sorted((number for number in moved if number), key=lambda number: self._searched[number].time)
        some = max(0, math.ceil((len(regions) - 1) / TILES_AT_ONCE) - sum(1 for number in due if number))
        return sorted({*due, *(number for number in moved if not number), *tiles[:some]})

    def _new(self, picture: Image.Image, found: Detection, time: float) -> FoundFace:
        return FoundFace(lay_mesh(self.networks.mesh, picture, found), found.prob, time)


def follow(network: Network, picture: Image.Image, before: Mesh, way: tuple[float, float] = (0, 0)) -> Mesh | None:
    """Return the mesh of a face in the next frame, or None when it is not there any more.

    It is looked for where it is if it goes on as it went: `way` pixels to the right and down.
    """
    expected = before.points + np.array((*way, 0), np.float32)
    now = mesh_in(network, picture, square_around(expected, before.angle, SURROUNDINGS))
    if any(way) and (now.flag < LEAST_FLAG or overlap(hull(expected), hull(now.points)) < JUMPED):
        return follow(network, picture, before)
    if now.flag < LEAST_FLAG or overlap(hull(before.points), hull(now.points)) < JUMPED:
        return None
    if overlap(hull(expected), hull(now.points)) < MOVED:
        now = mesh_in(network, picture, square_around(now.points, now.angle, SURROUNDINGS))
    return steadied(before, now)


def _speed(before: Mesh, now: Mesh, seconds: float) -> tuple[float, float]:
    x, y = (now.points - before.points)[:, :2].mean(axis=0) / max(seconds, 1e-3)
    return float(x), float(y)


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


def _with_surroundings(box: Box) -> Box:
    """Return the box twice as large: hair and shoulders move with a face and are no reason to search."""
    return Box(box.x - box.w / 2, box.y - box.h / 2, 2 * box.w, 2 * box.h)


def _meets(face: FoundFace, region: Box) -> bool:
    return shared_part(face.box, region) > 0
