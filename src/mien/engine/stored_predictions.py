"""Read the predictions of one model on one file back from the pieces that made them, batch by batch."""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints
from zipfile import ZipFile

import numpy as np

from mien.domain.network import Floats
from mien.domain.result import Prediction
from mien.domain.segment import Position, Segment
from mien.engine.piece_results import kind_called, read_array
from mien.pipeline.stitching import Seam

OpenPiece = Callable[[], AbstractContextManager[ZipFile]]
_NOTHING: Floats = np.empty(0, np.float32)


@dataclass(frozen=True)
class StoredPart:
    """Hold where the predictions of one stretch of a file lie: the zip, the folder in it, what it says of each batch.

    `seam` says how they go into the whole.
    """

    open: OpenPiece
    folder: str
    batches: Sequence[Mapping[str, Any]]
    seam: Seam

    def named(self, track: str) -> str:
        """Return what a track is called in the whole."""
        return self.seam.names.get(track, track)


class StoredPredictions:
    """Be the predictions of one model on one file, in order; never more than a batch is in memory."""

    def __init__(self, parts: Sequence[StoredPart]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(batch["count"] for part in self._parts for batch in part.batches)

    def __iter__(self) -> Iterator[Prediction]:
        return self._read(None)

    def tracks(self) -> tuple[str, ...]:
        """Return the tracks in the order they first come."""
        found = (part.named(track) for part in self._parts for batch in part.batches for track in batch["tracks"])
        return tuple(dict.fromkeys(found))

    def of_track(self, track: str) -> Iterator[Prediction]:
        """Yield the predictions of one track, in order."""
        return (one for one in self._read(track) if one.segment.track == track)

    def _read(self, track: str | None) -> Iterator[Prediction]:
        for part in self._parts:
            wanted = [
                number
                for number, batch in enumerate(part.batches)
                if track is None or track in [part.named(one) for one in batch["tracks"]]
            ]
            if not wanted:
                continue
            with part.open() as archive:
                for number in wanted:
                    yield from _batch(archive, f"{part.folder}/{number}", part.seam)


def _batch(archive: ZipFile, name: str, seam: Seam) -> Iterator[Prediction]:
    told = json.loads(archive.read(f"{name}.json"))
    kind = kind_called(told["kind"])
    scores = {head: read_array(archive, f"{name}.{head}.npy") for head in told["heads"]}
    for index, row in enumerate(told["rows"]):
        segment = _segment(kind, dict(zip(told["fields"], row, strict=True)))
        yield Prediction(_placed(segment, seam), {head: rows[index] for head, rows in scores.items()})


def _placed(segment: Segment, seam: Seam) -> Segment:
    changed: dict[str, Any] = {}
    if segment.track in seam.names:
        changed["track"] = seam.names[segment.track]
    place = getattr(segment, "position", None)
    if seam.characters and isinstance(place, Position):
        changed["position"] = Position(place.begin + seam.characters, place.end + seam.characters)
    return replace(segment, **changed) if changed else segment


def _segment(kind: type[Segment], values: dict[str, Any]) -> Segment:
    hints = _hints(cast(Hashable, kind))
    given = {name: _restored(hints[name], value) for name, value in values.items()}
    lacking: dict[str, Any] = {one.name: _NOTHING for one in fields(kind) if one.name not in given}
    return kind(**given, **lacking)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _restored(hint: Any, value: Any) -> Any:
    """Return a value as its field has it, from JSON."""
    inner = _without_none(hint)
    if isinstance(value, dict) and is_dataclass(inner):
        hints = _hints(inner)  # type: ignore[arg-type]  # a dataclass is a type here
        return inner(**{name: _restored(hints[name], one) for name, one in value.items()})  # type: ignore[operator]  # as above
    if isinstance(value, list) and get_origin(inner) is tuple:
        kinds = get_args(inner)
        return tuple(_restored(kinds[0] if kinds else Any, one) for one in value)
    return value


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, UnionType):
        return hint
    others = [one for one in get_args(hint) if one is not NoneType]
    return others[0] if len(others) == 1 else hint
