"""Write the results of one source, file by file: its part of the predictions and its tables and face pictures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from mien.domain.job import Outcome, Task
from mien.domain.result import ItemFailure, ItemResult
from mien.domain.segment import FaceCrop
from mien.domain.source_memory import Note
from mien.engine.mesh_results import MeshResults
from mien.storage.blobs import BlobStore
from mien.wire.artifacts import crop_path, table_path, top_directory
from mien.wire.meshes import MESH_FILE
from mien.wire.predictions import close_source, item_json, open_source
from mien.wire.tables import table

EncodePng = Callable[[NDArray[np.uint8]], bytes]


def results_folder(task: Task) -> str:
    """Return where this attempt's results go; no other attempt writes there."""
    piece = f"p{task.piece.number}-" if task.piece is not None else ""
    return f"results/{task.job_id}/{task.index}/{piece}{task.attempt}-{task.worker}"


@contextmanager
def open_results(task: Task, blobs: BlobStore, encode_png: EncodePng) -> "Iterator[SourceResults]":
    """Open the blobs of an attempt for writing; they appear whole when the block ends without an error."""
    folder = results_folder(task)
    with (
        blobs.write(f"{folder}/predictions.json") as predictions,
        blobs.write(f"{folder}/artifacts.zip") as artifacts,
        ZipFile(artifacts, "w") as archive,
        ExitStack() as stack,
    ):

        def mesh_file() -> ZipFile:
            return stack.enter_context(ZipFile(stack.enter_context(blobs.write(f"{folder}/{MESH_FILE}")), "w"))

        meshes = MeshResults(mesh_file)
        results = SourceResults(task, predictions, archive, encode_png, meshes)
        yield results
        results.close()


class SourceResults:
    """Take the results of a source's files one by one and write each at once, so that none stays in memory."""

    def __init__(
        self, task: Task, predictions: BinaryIO, archive: ZipFile, encode_png: EncodePng, meshes: MeshResults
    ) -> None:
        self._meshes = meshes
        self._folder = results_folder(task)
        self._predictions = predictions
        self._archive = archive
        self._encode_png = encode_png
        self._top = top_directory(task.source, _index_within_kind(task))
        self._names: Counter[str] = Counter()
        self._errors: list[ItemFailure] = []
        self._items = 0
        self._num_predictions = 0
        predictions.write(open_source(task.source))

    def keep(self, file: str) -> Callable[[FaceCrop], None]:
        """Return a function that keeps the picture of each face it is given, as found in this file."""

        def keep_picture(face: FaceCrop) -> None:
            self.keep_stored(file, face.track, face.frame, self._encode_png(face.picture))

        return keep_picture

    def keep_stored(self, file: str, track: str, frame: int, picture: bytes) -> None:
        """Keep the picture of a face that is PNG already."""
        self._add_entry(crop_path(self._top, file, track, frame), [picture], ZIP_STORED)

    def add(self, result: ItemResult | ItemFailure, notes: Sequence[Note] = ()) -> None:
        """Write what one file gave, and of its notes the meshes."""
        if isinstance(result, ItemFailure):
            self._errors.append(result)
            return
        if self._items:
            self._predictions.write(b",")
        self._predictions.writelines(item_json(result))
        for model in result.models:
            self._add_entry(table_path(self._top, result.file, model.model), table(model), ZIP_DEFLATED)
        self._meshes.add(result.file, notes)
        self._items += 1
        self._num_predictions += result.num_predictions
        self._errors.extend(result.errors)

    def outcome(self) -> Outcome:
        """Return the counts so far."""
        return Outcome(self._folder, self._num_predictions, len(self._errors))

    def close(self) -> None:
        """Write the errors, which come last."""
        self._predictions.write(close_source(self._errors))

    def _add_entry(self, path: str, content: Iterable[bytes], compression: int) -> None:
        # The date is fixed: the same file gives the same bytes. Sizes are not known yet and may pass 2 GiB.
        entry = ZipInfo(self._free_name(path))
        entry.compress_type = compression
        entry.external_attr = 0o644 << 16
        with self._archive.open(entry, "w", force_zip64=True) as stream:
            for chunk in content:
                stream.write(chunk)

    def _free_name(self, path: str) -> str:
        """Return the path, or one beside it when it is taken: several unknown faces share a frame."""
        self._names[path] += 1
        taken = self._names[path] - 1
        name = PurePosixPath(path)
        return str(name.with_stem(f"{name.stem}-{taken}")) if taken else path


def _index_within_kind(task: Task) -> int:
    before = task.request.sources()[: task.index]
    return sum(source.type == task.source.type for source in before)
