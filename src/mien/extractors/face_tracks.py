"""Say who is who: faces of neighbouring frames become tracks, and tracks become people.

A track is a face that stays about where it was from one frame to the next. Who it is, is looked at once, on a frame
that shows it well, and again when it may have changed: after faces overlapped, when it suddenly looks different, and
twice later. Faces wait for that, a few frames, and leave in the order of the frames.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from mien.domain.network import Floats, Network
from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_alignment import Pixels, overlap
from mien.extractors.face_identity import People, cut_chip, embed, frontality

SAME_PLACE: Final = 0.3
MEMORY_SECONDS: Final = 2.0
"""How long a place is remembered where people cannot be recognised."""

CROSSING: Final = 0.1
"""Overlap from which on two faces may be taken for each other."""

GOOD: Final = 0.6
"""How well a face must be seen to be recognised at once."""

ENOUGH_PIXELS: Final = 60.0
PATIENCE_FRAMES: Final = 5
"""Frames a track waits to be seen well."""

MOST_WAITING: Final = 12
"""Frames that wait at most, whatever they wait for."""

LOOK_AGAIN_SECONDS: Final = (2.0, 10.0)
"""How long after the last look a track is looked at a second and a third time."""

ALIKE: Final = 0.8
"""Correlation of a face with itself one frame before under which it may be another one."""

GLANCE: Final = 12
"""Side of the small picture of a face that is compared."""

SOMEBODY_ELSE: Final = 0.65
"""Distance from which on a track shows another person than before."""


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """Hold the faces of one frame, from left to right; `cut` says that it has nothing to do with the one before."""

    picture: Image.Image
    time: float
    faces: Sequence[FaceCrop]
    cut: bool = False


@dataclass(eq=False)
class _Track:
    """Hold one face over time: where it was last, who it is, and the best look at it so far."""

    box: Box
    time: float
    frame: int
    person: int | None = None
    frames: int = 0
    quality: float = -1.0
    chip: Pixels | None = None
    looks: int = 0
    looked: float = 0.0
    crossed: bool = False
    glance: Floats | None = None
    ended: bool = False


_Waiting = list[tuple[FaceCrop, _Track]]


class FaceTracks:
    """Give the faces of one file the names of people; without a network for that, the names of places."""

    def __init__(self, people: People, network: Network | None = None) -> None:
        self._people = people
        self._network = network
        self._open: list[_Track] = []
        self._waiting: deque[_Waiting] = deque()
        self._frame = 0

    def named(self, frames: Iterable[SeenFrame]) -> Iterator[FaceCrop]:
        """Yield the faces with their tracks, `face_0` onwards, in the order given."""
        for frame in frames:
            self._see(frame)
            self._recognise(self._due())
            yield from self._released()
        self._recognise({track for faces in self._waiting for _face, track in faces if track.person is None})
        yield from self._released()

    def _see(self, frame: SeenFrame) -> None:
        self._frame += 1
        if frame.cut:
            self._end(self._open)
        linked = self._linked(frame)
        now: _Waiting = []
        for place, face in enumerate(frame.faces):
            track = linked.get(place) or _Track(face.box, face.time, self._frame)
            track.box, track.time, track.frame = face.box, face.time, self._frame
            now.append((face, track))
        if self._network is None:
            self._name_by_place(now)
        else:
            now = [(face, self._looked_at(face, track, frame.picture, now)) for face, track in now]
        self._keep_open([track for _face, track in now], frame.time)
        if now:
            self._waiting.append(now)

    def _linked(self, frame: SeenFrame) -> dict[int, _Track]:
        """Return which faces of a frame continue which track, the largest overlaps first."""
        pairs = sorted(
            (
                (overlap(face.box, track.box), place, number)
                for place, face in enumerate(frame.faces)
                for number, track in enumerate(self._open)
            ),
            reverse=True,
        )
        linked: dict[int, _Track] = {}
        for shared, place, number in pairs:
            track = self._open[number]
            if shared >= SAME_PLACE and place not in linked and track not in linked.values():
                linked[place] = track
        return linked

    def _name_by_place(self, now: _Waiting) -> None:
        for _face, track in now:
            if track.person is None:
                track.person = self._people.somebody()

    def _looked_at(self, face: FaceCrop, track: _Track, picture: Image.Image, now: _Waiting) -> _Track:
        """Return the track of a face, or a new one where it may be somebody else's face by now."""
        assert self._network is not None
        crossing = any(other is not track and overlap(face.box, other.box) > CROSSING for _face, other in now)
        if track.crossed and not crossing:
            track = self._anew(face, track)
        track.crossed = crossing
        track.frames += 1
        quality = _quality(face)
        glance, before = _glance(face), track.glance
        track.glance = glance
        if track.person is None:
            if quality > track.quality:
                track.quality, track.chip = quality, cut_chip(picture, face.mesh)
            return track
        changed = before is not None and glance is not None and float(before @ glance) < ALIKE
        if crossing or not (changed or (quality >= GOOD and _look_again(track, face.time))):
            return track
        (seen,) = embed(self._network, [cut_chip(picture, face.mesh)])
        if self._people.distance(track.person, seen) > SOMEBODY_ELSE:
            fresh = self._anew(face, track)
            fresh.frames, fresh.quality, fresh.chip = 1, quality, cut_chip(picture, face.mesh)
            fresh.glance = glance
            return fresh
        if quality >= GOOD:
            self._people.remember(track.person, seen)
            track.looks, track.looked = track.looks + 1, face.time
        return track

    def _anew(self, face: FaceCrop, track: _Track) -> _Track:
        self._end([track])
        return _Track(face.box, face.time, self._frame)

    def _keep_open(self, now: list[_Track], time: float) -> None:
        """Forget the places that are too old; where people are recognised, a face that was away is looked at again."""
        patience = MEMORY_SECONDS if self._network is None else 0.0
        gone = [track for track in self._open if track not in now and time - track.time >= patience]
        self._end(gone)
        self._open = now + [track for track in self._open if track not in now and not track.ended]

    def _end(self, tracks: list[_Track]) -> None:
        for track in tracks:
            track.ended = True
        self._open = [track for track in self._open if not track.ended]

    def _due(self) -> set[_Track]:
        """Return the tracks that wait to be recognised and need not or may not wait longer."""
        hurried = len(self._waiting) >= MOST_WAITING
        pending = {track for faces in self._waiting for _face, track in faces if track.person is None}
        return {
            track
            for track in pending
            if hurried or track.ended or track.quality >= GOOD or track.frames >= PATIENCE_FRAMES
        }

    def _recognise(self, due: set[_Track]) -> None:
        """Say who the tracks are, those of one frame together: nobody is in a frame twice."""
        for faces in list(self._waiting):
            together = [track for _face, track in faces if track in due and track.person is None]
            if together:
                people = self._people.recognise(self._embedded(together), self._beside(together))
                for track, person in zip(together, people, strict=True):
                    track.person, track.looks, track.looked = person, 1, track.time

    def _embedded(self, tracks: list[_Track]) -> list[Floats]:
        assert self._network is not None
        return list(embed(self._network, [track.chip for track in tracks if track.chip is not None]))

    def _beside(self, tracks: list[_Track]) -> set[int]:
        """Return the people who share a frame with one of the tracks."""
        shared = [faces for faces in self._waiting if any(track in tracks for _face, track in faces)]
        return {track.person for faces in shared for _face, track in faces if track.person is not None}

    def _released(self) -> Iterator[FaceCrop]:
        while self._waiting and all(track.person is not None for _face, track in self._waiting[0]):
            for face, track in self._waiting.popleft():
                yield replace(face, track=f"face_{track.person}")


def _quality(face: FaceCrop) -> float:
    return frontality(face.mesh) * min(1.0, min(face.box.w, face.box.h) / ENOUGH_PIXELS)


def _glance(face: FaceCrop) -> Floats | None:
    """Return a face as a small standardised picture: the product of two is their correlation; None for a flat one."""
    step = max(1, len(face.crop) // GLANCE)
    grey = face.crop[step // 2 :: step, step // 2 :: step].mean(axis=2, dtype=np.float32)
    centred = np.asarray(grey - grey.mean(), np.float32).ravel()
    length = float(np.linalg.norm(centred))
    return centred / np.float32(length) if length > centred.size else None


def _look_again(track: _Track, time: float) -> bool:
    again = track.looks - 1
    return 0 <= again < len(LOOK_AGAIN_SECONDS) and time - track.looked >= LOOK_AGAIN_SECONDS[again]
