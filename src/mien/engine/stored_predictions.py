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
    """Hold where the predictions of a model on a stretch of a file lie: the zip, the file's place in it, the batches.

    `seam` says how they go into the whole.
    """

    open: OpenPiece
    place: int
    model: str
    batches: Sequence[Mapping[str, Any]]
    seam: Seam

    def name(self, number: int) -> str:
        """Return what the files of a batch are called, up to the first point."""
        return f"{self.place}/{self.model}/{number}"

    def placed(self, segment: Segment) -> Segment:
        """Return a segment of the stretch as it is in the whole."""
        changed: dict[str, Any] = {}
        if segment.track in self.seam.names:
            changed["track"] = self.seam.names[segment.track]
        place = getattr(segment, "position", None)
        if self.seam.characters and isinstance(place, Position):
            changed["position"] = Position(place.begin + self.seam.characters, place.end + self.seam.characters)
        segment = replace(segment, **changed) if changed else segment
        if self.seam.speakers is None:
            return segment
        return self.seam.speakers.named(segment, self.model in self.seam.by_speaker)

    def tracks(self) -> Iterator[tuple[str, ...]]:
        """Yield of each batch the tracks it has in the whole; where speakers are told apart its segments are read."""
        if self.seam.speakers is None:
            yield from (tuple(self.seam.names.get(track, track) for track in one["tracks"]) for one in self.batches)
            return
        with self.open() as archive:
            for number in range(len(self.batches)):
                segments = _segments(json.loads(archive.read(f"{self.name(number)}.json")))
                yield tuple(dict.fromkeys(self.placed(segment).track for segment in segments))


class StoredPredictions:
    """Be the predictions of one model on one file, in order; never more than a batch is in memory."""

    def __init__(self, parts: Sequence[StoredPart]) -> None:
        self._parts = parts
        self._known: list[list[tuple[str, ...]]] | None = None

    def __len__(self) -> int:
        return sum(batch["count"] for part in self._parts for batch in part.batches)

    def __iter__(self) -> Iterator[Prediction]:
        return self._read(None)

    def tracks(self) -> tuple[str, ...]:
        """Return the tracks in the order they first come."""
        return tuple(dict.fromkeys(track for part in self._in_batches() for batch in part for track in batch))

    def of_track(self, track: str) -> Iterator[Prediction]:
        """Yield the predictions of one track, in order."""
        return (one for one in self._read(track) if one.segment.track == track)

    def _in_batches(self) -> list[list[tuple[str, ...]]]:
        if self._known is None:
            self._known = [list(part.tracks()) for part in self._parts]
        return self._known

    def _read(self, track: str | None) -> Iterator[Prediction]:
        known = None if track is None else self._in_batches()
        for place, part in enumerate(self._parts):
            batches = range(len(part.batches))
            wanted = [number for number in batches if known is None or track in known[place][number]]
            if not wanted:
                continue
            with part.open() as archive:
                for number in wanted:
                    yield from _batch(archive, part, number)


def _batch(archive: ZipFile, part: StoredPart, number: int) -> Iterator[Prediction]:
    name = part.name(number)
    told = json.loads(archive.read(f"{name}.json"))
    scores = {head: read_array(archive, f"{name}.{head}.npy") for head in told["heads"]}
    for index, segment in enumerate(_segments(told)):
        yield Prediction(part.placed(segment), {head: rows[index] for head, rows in scores.items()})


def _segments(told: Mapping[str, Any]) -> Iterator[Segment]:
    kind = kind_called(told["kind"])
    return (_segment(kind, dict(zip(told["fields"], row, strict=True))) for row in told["rows"])


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
