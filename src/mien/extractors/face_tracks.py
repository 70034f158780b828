"""Number the faces of a video: a face that overlaps one seen shortly before keeps its number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_alignment import overlap

SAME_PLACE: Final = 0.3
MEMORY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class _Seen:
    """Hold where and when a numbered face was seen last."""

    number: int
    box: Box
    time: float


class FaceTracks:
    """Give faces numbers by place alone; a face that comes back elsewhere or later gets a new one."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []
        self._next = 0

    def name(self, faces: Sequence[FaceCrop]) -> list[FaceCrop]:
        """Return the faces of one frame with their tracks, `face_0` onwards, in the order given."""
        numbers = self._continued(faces)
        named = []
        for place, face in enumerate(faces):
            number = numbers.get(place)
            if number is None:
                number, self._next = self._next, self._next + 1
            self._remember(_Seen(number, face.box, face.time))
            named.append(replace(face, track=f"face_{number}"))
        return named

    def _continued(self, faces: Sequence[FaceCrop]) -> dict[int, int]:
        pairs = sorted(
            (
                (overlap(face.box, seen.box), place, seen.number)
                for place, face in enumerate(faces)
                for seen in self._seen
                if face.time - seen.time <= MEMORY_SECONDS
            ),
            reverse=True,
        )
        numbers: dict[int, int] = {}
        for shared, place, number in pairs:
            if shared >= SAME_PLACE and place not in numbers and number not in numbers.values():
                numbers[place] = number
        return numbers

    def _remember(self, seen: _Seen) -> None:
        self._seen = [old for old in self._seen if old.number != seen.number]
        self._seen = [old for old in self._seen if seen.time - old.time <= MEMORY_SECONDS] + [seen]
