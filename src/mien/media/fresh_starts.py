"""Find, without decoding, the key pictures of H.264 and HEVC films at which everything before is forgotten.

Not every key picture is one: after that of an open group come frames which are shown before it and are built on what
came before. Units and their types: Rec. ITU-T H.264, table 7-1, and H.265, table 7-1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

_VERSION: Final = 1
"""First byte of a description whose packets hold units with their lengths before them."""


@dataclass(frozen=True)
class _Units:
    """Say of a codec where its description tells how long lengths are, and of its units which type each is."""

    length_place: int
    shift: int
    mask: int
    pictures: range
    fresh: frozenset[int]
    parameters: frozenset[int]
    forgets_unshown: int
    """Bit of the third byte of a fresh picture that lets frames decoded before it go unshown; 0 where none does."""


_UNITS: Final = {
    "h264": _Units(4, 0, 0x1F, range(1, 6), frozenset({5}), frozenset({7, 8, 13, 15}), 0),
    "hevc": _Units(21, 1, 0x3F, range(32), frozenset({19, 20}), frozenset({32, 33, 34}), 0x40),
}


class FreshStarts:
    """Look for fresh starts in the packets of one track; a codec or description it does not know has none."""

    def __init__(self, codec: Any) -> None:
        described = bytes(codec.extradata or b"")
        units = _UNITS.get(codec.name)
        known = units is not None and len(described) > units.length_place and described[0] == _VERSION
        self._units = units if known else None
        self._length_bytes = (described[units.length_place] & 3) + 1 if units is not None and known else 0

    def between(self, before: Sequence[Any], packet: Any) -> bool:
        """Say whether a packet can be decoded as if these before it, in the order of decoding, were not there."""
        return bool(packet.is_keyframe) and self._is_fresh(packet) and not any(map(self._changes_parameters, before))

    def _is_fresh(self, packet: Any) -> bool:
        if self._units is None:
            return False
        for kind, unit in self._parts(packet, self._units):
            if kind in self._units.pictures:
                return kind in self._units.fresh and len(unit) > 2 and not unit[2] & self._units.forgets_unshown
        return False

    def _changes_parameters(self, packet: Any) -> bool:
        """Say whether a packet tells how later ones are to be read."""
        assert self._units is not None
        told = any(kind in self._units.parameters for kind, _unit in self._parts(packet, self._units))
        return told or bool(packet.has_sidedata("new_extradata"))

    def _parts(self, packet: Any, units: _Units) -> Iterator[tuple[int, memoryview]]:
        data, place = memoryview(packet), 0
        while place + self._length_bytes < len(data):
            begin = place + self._length_bytes
            place = begin + int.from_bytes(data[place:begin], "big")
            yield data[begin] >> units.shift & units.mask, data[begin:place]
