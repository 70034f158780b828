"""Keep what one piece of a source gave until all pieces are joined: one zip, of which every file is read by itself.

`piece.json` says `files`, in order, each an object: `number` in the source, `file` and `kind`; `stretch`, whether it is
one of several of that file; `models`, each with its `model`, `heads`, `metadata` and `batches`; `errors` beside the
results; `crops`, the track and frame of each face picture; `notes` for the joining, each with what it is `about`, what
is `told` and the names of its `arrays`. A file that gave nothing has a `failure` instead, and `whole`, which says that
the same would have happened to the file as a whole. A batch has its `count` and its `tracks`. Beside it lie, for the
file at place n: `n/model/m.json`, the `kind` of the segments of batch m, the `heads` that were scored, the `fields` and
a row of values for each segment; `n/model/m.head.npy`, the scores, float32; `n/crop-c.png`; `n/note-k.array.npy`.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
from numpy.typing import NDArray

from mien.domain.job import Outcome, Task
from mien.domain.result import ItemFailure, ItemResult, ModelResult, Prediction
from mien.domain.segment import FaceCrop, Segment
from mien.domain.source_memory import Note
from mien.engine.source_results import EncodePng, results_folder
from mien.storage.blobs import BlobStore

FILE: Final = "piece.zip"
LIST: Final = "piece.json"
BATCH: Final = 512
_LEVEL: Final = 1


@contextmanager
def open_piece_results(task: Task, blobs: BlobStore, encode_png: EncodePng) -> "Iterator[PieceResults]":
    """Open the zip of a piece for writing; it appears whole when the block ends without an error."""
    folder = results_folder(task)
    with blobs.write(f"{folder}/{FILE}") as stream, ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        results = PieceResults(folder, archive, encode_png)
        yield results
        results.close()


class PieceResults:
    """Take the results of a piece's files one by one and write each at once."""

    def __init__(self, folder: str, archive: ZipFile, encode_png: EncodePng) -> None:
        self._folder = folder
        self._archive = archive
        self._encode_png = encode_png
        self._files: list[dict[str, Any]] = []
        self._crops: list[tuple[str, int]] = []
        self._num_predictions = 0
        self._num_errors = 0

    def keep(self, _file: str) -> Callable[[FaceCrop], None]:
        """Return a function that keeps the picture of each face it is given."""

        def keep_picture(face: FaceCrop) -> None:
            name = f"{len(self._files)}/crop-{len(self._crops)}.png"
            self._archive.writestr(name, self._encode_png(face.picture), ZIP_STORED)
            self._crops.append((face.track, face.frame))

        return keep_picture

    def fail(self, number: int, failure: ItemFailure, whole: bool) -> None:
        """Write why a file gave nothing, and whether the same would have happened to the file as a whole."""
        told = {"number": number, "file": failure.file, "failure": failure.message, "whole": whole}
        self._files.append(told)
        self._crops = []
        self._num_errors += 1

    def add(self, number: int, result: ItemResult, notes: Sequence[Note], stretch: bool) -> None:
        """Write what one file, or a stretch of one, gave."""
        place = len(self._files)
        self._files.append(
            {
                "number": number,
                "file": result.file,
                "kind": result.kind.value,
                "stretch": stretch,
                "models": [self._model(place, one) for one in result.models],
                "errors": [[error.file, error.message] for error in result.errors],
                "crops": self._crops,
                "notes": [self._note(place, count, note) for count, note in enumerate(notes)],
            }
        )
        self._crops = []
        self._num_predictions += result.num_predictions
        self._num_errors += len(result.errors)

    def outcome(self, media_seconds: float) -> Outcome:
        """Return the counts so far."""
        return Outcome(self._folder, self._num_predictions, self._num_errors, media_seconds=media_seconds)

    def close(self) -> None:
        """Write the list of all files, which comes last."""
        self._archive.writestr(LIST, json.dumps({"files": self._files}))

    def _model(self, place: int, result: ModelResult) -> dict[str, Any]:
        batches: list[dict[str, Any]] = []
        predictions = iter(result.predictions)
        while batch := list(islice(predictions, BATCH)):
            self._batch(f"{place}/{result.model}/{len(batches)}", batch)
            tracks = list(dict.fromkeys(one.segment.track for one in batch))
            batches.append({"count": len(batch), "tracks": tracks})
        metadata = result.metadata
        return {
            "model": result.model,
            "heads": {head: list(labels) for head, labels in result.heads.items()},
            "metadata": [metadata.confidence, metadata.detected_language] if metadata else None,
            "batches": batches,
        }

    def _batch(self, name: str, batch: Sequence[Prediction]) -> None:
        kind = type(batch[0].segment)
        names = [one.name for one in fields(kind) if not isinstance(getattr(batch[0].segment, one.name), np.ndarray)]
        rows = [[_plain(getattr(one.segment, name)) for name in names] for one in batch]
        heads = list(batch[0].scores)
        told = {"kind": f"{kind.__module__}:{kind.__qualname__}", "heads": heads, "fields": names, "rows": rows}
        self._archive.writestr(f"{name}.json", json.dumps(told))
        for head in heads:
            self._array(f"{name}.{head}.npy", np.stack([one.scores[head] for one in batch]))

    def _note(self, place: int, count: int, note: Note) -> dict[str, Any]:
        for name, values in note.arrays.items():
            self._array(f"{place}/note-{count}.{name}.npy", values)
        return {"about": note.about, "told": dict(note.told), "arrays": list(note.arrays)}

    def _array(self, name: str, values: NDArray[Any]) -> None:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        self._archive.writestr(name, buffer.getvalue(), ZIP_STORED)


def _plain(value: Any) -> Any:
    """Return a value of a segment as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, np.floating):
        return float(str(value))  # as many digits as it has, no more
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def read_array(archive: ZipFile, name: str) -> NDArray[Any]:
    """Return an array of a piece."""
    values: NDArray[Any] = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    return values


def kind_called(name: str) -> type[Segment]:
    """Return the kind of segment of this name, `module:class`; raises KeyError for one that is not installed."""
    kinds: dict[str, type[Segment]] = {}
    waiting: list[type[Segment]] = [Segment]
    while waiting:
        kind = waiting.pop()
        kinds[f"{kind.__module__}:{kind.__qualname__}"] = kind
        waiting += kind.__subclasses__()
    return kinds[name]
