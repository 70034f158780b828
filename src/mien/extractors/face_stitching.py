"""Tell who is who over pieces that were measured apart: what was seen in each is written down, and gone through again.

A piece gives every track of faces a number of its own and records what the tracks look like. Joining the pieces goes
through these records in order, with one memory of people for the whole source, as if all had been seen one after the
other. A track that goes on over the border of two stretches of a film is known by its place there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from mien.domain.network import Floats
from mien.domain.segment import Box, FaceCrop
from mien.domain.source_memory import Note, SourceMemory
from mien.extractors.face_alignment import overlap
from mien.extractors.face_identity import People
from mien.extractors.face_tracks import SAME_PLACE

PEOPLE: Final = "people"
_PREFIX: Final = "face_"
_SIZE: Final = 128
_Border = dict[str, Any]


class RecordedPeople(People):
    """Know people as `People` does, give each sighting a number of its own, and record what was asked.

    Events are `["somebody", number]`, `["remember", number, row]` and `["recognise", [numbers], [elsewhere], row]`, the
    rows being those of the faces' 128 numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known = People()
        self._people: list[int] = []
        self._events: list[list[Any]] = []
        self._looks: list[Floats] = []

    def somebody(self) -> int:
        """Return the number of a sighting of whom nothing is known."""
        self._people.append(self._known.somebody())
        self._events.append(["somebody", len(self._people) - 1])
        return len(self._people) - 1

    def distance(self, person: int, face: Floats) -> float:
        """Return how far a face is from the nearest known one of who was sighted."""
        return self._known.distance(self._people[person], face)

    def remember(self, person: int, face: Floats) -> None:
        """Keep a face of who was sighted."""
        self._known.remember(self._people[person], face)
        self._events.append(["remember", person, len(self._looks)])
        self._looks.append(face)

    def recognise(self, faces: Sequence[Floats], elsewhere: set[int]) -> list[int]:
        """Return a new number for each of the faces of one frame."""
        there = {self._people[number] for number in elsewhere}
        numbers = list(range(len(self._people), len(self._people) + len(faces)))
        self._people += self._known.recognise(faces, there)
        self._events.append(["recognise", numbers, sorted(elsewhere), len(self._looks)])
        self._looks += faces
        return numbers

    def recorded(self, faces: Iterable[FaceCrop], begin: float, memory: SourceMemory) -> Iterator[FaceCrop]:
        """Yield the faces from `begin` on, and note at the end what was seen of them."""
        used: set[int] = set()
        before: _Border = {}
        last: _Border = {}
        for face in faces:
            number = int(face.track.removeprefix(_PREFIX))
            if face.time < begin:
                before = _with(before, face, number)
                continue
            last = _with(last, face, number)
            used.add(number)
            yield face
        looks = np.array(self._looks, np.float32).reshape(-1, _SIZE)
        told = {"events": self._events, "used": sorted(used), "before": before, "last": last or before}
        self._events, self._looks = [], []
        memory.note(Note(PEOPLE, told, {"looks": looks}))


def _with(border: _Border, face: FaceCrop, number: int) -> _Border:
    """Return the faces of the frame that `face` is in, as far as they are known."""
    place = [number, face.box.x, face.box.y, face.box.w, face.box.h]
    if border.get("frame") == face.frame:
        border["faces"].append(place)
        return border
    return {"frame": face.frame, "faces": [place]}


@dataclass
class PeopleStitching:
    """Give the sightings of pieces, asked for in order, the names of people of the source."""

    people: People = field(default_factory=People)
    _numbers: dict[int, int] = field(default_factory=dict)
    _last: tuple[_Border, dict[int, int]] = field(default_factory=lambda: ({}, {}))

    def begin_piece(self) -> None:
        """Forget the numbers of the piece before: every piece counts its own."""
        self._numbers = {}

    def begin_file(self) -> None:
        """Forget the faces of the stretch before: another file follows."""
        self._last = ({}, {})

    def names(self, note: Note) -> dict[str, str]:
        """Return the names of the tracks that were recorded in a note."""
        told, looks = note.told, note.arrays["looks"]
        used = set(told["used"])
        self._numbers |= _linked(self._last, told["before"], used)
        for event in told["events"]:
            self._again(event, used, looks)
        self._last = (told["last"], dict(self._numbers))
        return {f"{_PREFIX}{number}": f"{_PREFIX}{self._numbers[number]}" for number in used if number in self._numbers}

    def _again(self, event: Sequence[Any], used: set[int], looks: Floats) -> None:
        kind, sighted = event[0], event[1]
        if kind == "somebody":
            if sighted in used and sighted not in self._numbers:
                self._numbers[sighted] = self.people.somebody()
        elif kind == "remember":
            if sighted in used and sighted in self._numbers:
                self.people.remember(self._numbers[sighted], looks[event[2]])
        else:
            self._recognise(event, used, looks)

    def _recognise(self, event: Sequence[Any], used: set[int], looks: Floats) -> None:
        _kind, sighted, elsewhere, row = event
        fresh = [place for place, one in enumerate(sighted) if one in used and one not in self._numbers]
        there = {self._numbers[one] for one in (*elsewhere, *sighted) if one in self._numbers}
        if fresh:
            people = self.people.recognise([looks[row + place] for place in fresh], there)
            self._numbers |= {sighted[place]: person for place, person in zip(fresh, people, strict=True)}


def _linked(last: tuple[_Border, Mapping[int, int]], before: _Border, used: set[int]) -> dict[int, int]:
    """Return who the tracks are that come over a border, the largest overlaps first."""
    border, known = last
    if not border or not before or border["frame"] != before["frame"]:
        return {}
    pairs = sorted(
        (
            (overlap(_box(one), _box(other)), one[0], other[0])
            for one in before["faces"]
            for other in border["faces"]
            if one[0] in used and other[0] in known
        ),
        reverse=True,
    )
    linked: dict[int, int] = {}
    for shared, number, other in pairs:
        if shared >= SAME_PLACE and number not in linked and known[other] not in linked.values():
            linked[number] = known[other]
    return linked


def _box(place: Sequence[float]) -> Box:
    return Box(*place[1:])
