"""Join the pieces of a source: one element of the predictions and one zip, as if it had been measured as a whole."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, BinaryIO
from zipfile import ZipFile

from mien.domain.job import Outcome, PieceOutcome
from mien.domain.media import MediaKind
from mien.domain.result import (
    ItemFailure,
    ItemResult,
    ModelResult,
    Prediction,
    SpeechMetadata,
    TrackedPredictions,
)
from mien.domain.segment import SpeechSegment
from mien.domain.source_memory import Note
from mien.engine.piece_results import FILE, LIST, read_array
from mien.engine.source_results import SourceResults, open_results
from mien.engine.stored_predictions import StoredPart, StoredPredictions
from mien.engine.task_parts import Splitting, Surroundings
from mien.extractors.speaker_stitching import Speakers
from mien.pipeline.stitching import Seam, Stitched, Stitching
from mien.storage.blobs import BlobStore


def join(pieces: Sequence[PieceOutcome], around: Surroundings, splitting: Splitting) -> Outcome:
    """Write the results of a source from those of its pieces, in the order of its files."""
    failed = [one.outcome.reason for one in pieces if not one.outcome.usable and one.outcome.reason]
    stitching = splitting.stitching()
    with open_results(around.task, around.parts.blobs, around.parts.encode_png) as results:
        joining = _Joining(around, stitching, results)
        ordered = sorted(pieces, key=lambda one: (one.piece.first, one.piece.begin_seconds or 0.0))
        for (_first, stretched), members in groupby(ordered, key=_group):
            around.cancellation.check()
            if stretched:
                joining.stretches(list(members))
            else:
                for member in members:
                    joining.files(member)
        outcome = results.outcome()
    unusable = len(failed) == len(pieces)
    seconds = sum(one.outcome.media_seconds for one in pieces)
    reason = failed[0] if unusable and failed else None
    return replace(outcome, usable=not unusable, reason=reason, media_seconds=seconds)


def _group(one: PieceOutcome) -> tuple[int, bool]:
    return one.piece.first, one.piece.begin_seconds is not None


@dataclass(frozen=True)
class _Found:
    """Hold one file, or a stretch of one, as a piece left it."""

    open: Callable[[], AbstractContextManager[ZipFile]]
    place: int
    told: Mapping[str, Any]

    def notes(self) -> list[Note]:
        """Read what the piece noted of it."""
        with self.open() as archive:
            return [
                Note(
                    one["about"],
                    one["told"],
                    {name: read_array(archive, f"{self.place}/note-{count}.{name}.npy") for name in one["arrays"]},
                )
                for count, one in enumerate(self.told["notes"])
            ]

    def part(self, model: Mapping[str, Any], seam: Seam) -> StoredPart:
        """Return where the predictions of a model lie."""
        return StoredPart(self.open, f"{self.place}/{model['model']}", model["batches"], seam)


@dataclass(frozen=True)
class _Joining:
    around: Surroundings
    stitching: Stitching
    results: SourceResults

    def files(self, member: PieceOutcome) -> None:
        """Add the files of one piece."""
        if not member.outcome.usable:
            self._fail(member)
            return
        self.stitching.begin_piece()
        for found in _found(member, self.around.parts.blobs):
            if "failure" in found.told:
                self.results.add(ItemFailure(found.told["file"], found.told["failure"]))
            else:
                self._add([found], self.stitching.whole_file(found.notes()), whole=True)

    def stretches(self, members: Sequence[PieceOutcome]) -> None:
        """Add a recording of which all stretches are given; what made one fail as a file makes the whole fail."""
        found = [one for member in members if member.outcome.usable for one in _found(member, self.around.parts.blobs)]
        failures = [one.told for one in found if "failure" in one.told]
        good = [one for one in found if "failure" not in one.told]
        fatal = [one for one in failures if one["whole"]]
        if fatal or not good:
            for told in fatal[:1] or failures:
                self.results.add(ItemFailure(told["file"], told["failure"]))
            for member in members:
                if not member.outcome.usable and not fatal:
                    self._fail(member)
            return
        file = good[0].told["file"]
        lost = [ItemFailure(file, one["failure"]) for one in failures]
        lost += [ItemFailure(file, one.outcome.reason or "") for one in members if not one.outcome.usable]
        stitched = self.stitching.stretches([one.notes() for one in good], self.around.task.request.transcription)
        self._add(good, stitched, whole=False, lost=lost)

    def _fail(self, member: PieceOutcome) -> None:
        self.results.add(ItemFailure(self.around.task.source.name, member.outcome.reason or "internal error"))

    def _add(self, parts: Sequence[_Found], stitched: Stitched, whole: bool, lost: Sequence[ItemFailure] = ()) -> None:
        first = parts[0].told
        file = first["file"]
        self._crops(parts, stitched.seams)
        models = [name for name in self.around.task.request.models if name not in stitched.without]
        results = (self._model(name, parts, stitched, whole) for name in models)
        own = [ItemFailure(*error) for part in parts for error in part.told["errors"]]
        said = [ItemFailure(file, message) for message in stitched.errors]
        kept = tuple(result for result in results if result is not None)
        notes = parts[0].notes() if whole else []
        self.results.add(ItemResult(file, MediaKind(first["kind"]), kept, (*own, *said, *lost)), notes)

    def _crops(self, parts: Sequence[_Found], seams: Sequence[Seam]) -> None:
        for part, seam in zip(parts, seams, strict=True):
            if not part.told["crops"]:
                continue
            with part.open() as archive:
                for count, (track, frame) in enumerate(part.told["crops"]):
                    picture = archive.read(f"{part.place}/crop-{count}.png")
                    self.results.keep_stored(part.told["file"], seam.names.get(track, track), frame, picture)

    def _model(self, name: str, parts: Sequence[_Found], stitched: Stitched, whole: bool) -> ModelResult | None:
        told = [
            (model, part.part(model, seam))
            for part, seam in zip(parts, stitched.seams, strict=True)
            for model in part.told["models"]
            if model["model"] == name
        ]
        if not told:
            return None
        heads = {head: tuple(labels) for head, labels in told[0][0]["heads"].items()}
        stored = StoredPredictions([] if name in stitched.emptied else [part for _model, part in told])
        predictions: TrackedPredictions = stored
        if stitched.speakers is not None:
            predictions = _SpokenPredictions(stored, stitched.speakers, name in stitched.by_speaker)
        if stitched.silent and _by_the_clock(predictions):
            predictions = StoredPredictions([])
        metadata = stitched.metadata.get(name)
        if whole and told[0][0]["metadata"]:
            metadata = SpeechMetadata(*told[0][0]["metadata"])
        return ModelResult(name, heads, predictions, metadata)


class _SpokenPredictions:
    """Be predictions given to those who talk in the whole; no more than what was given is in memory."""

    def __init__(self, stored: StoredPredictions, speakers: Speakers, by_speaker: bool) -> None:
        self._stored = stored
        self._speakers = speakers
        self._by_speaker = by_speaker
        self._known: list[str] | None = None

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Prediction]:
        return map(self._named, self._stored)

    def tracks(self) -> tuple[str, ...]:
        """Return the tracks in the order they first come."""
        return tuple(dict.fromkeys(self._track_of_each()))

    def of_track(self, track: str) -> Iterator[Prediction]:
        """Yield the predictions of one track, in order."""
        pairs = zip(self._stored, self._track_of_each(), strict=True)
        return (self._named(prediction) for prediction, whose in pairs if whose == track)

    def _named(self, prediction: Prediction) -> Prediction:
        return replace(prediction, segment=self._speakers.named(prediction.segment, self._by_speaker))

    def _track_of_each(self) -> list[str]:
        if self._known is None:
            self._known = [prediction.segment.track for prediction in self]
        return self._known


def _by_the_clock(predictions: TrackedPredictions) -> bool:
    first = next(iter(predictions), None)
    return first is not None and isinstance(first.segment, SpeechSegment) and first.segment.text is None


def _found(member: PieceOutcome, blobs: BlobStore) -> Iterator[_Found]:
    """Yield what a piece says of its files."""
    key = f"{member.outcome.results}/{FILE}"
    with _opened(blobs, key) as archive:
        files = json.loads(archive.read(LIST))["files"]
    for place, told in enumerate(files):
        yield _Found(partial(_opened, blobs, key), place, told)


@contextmanager
def _opened(blobs: BlobStore, key: str) -> Iterator[ZipFile]:
    stream: BinaryIO = blobs.read(key)
    with stream, ZipFile(stream) as archive:
        yield archive
