"""Keep the meshes of a source's photographs beside its results, in a zip that is made with the first of them."""

from collections.abc import Callable, Sequence
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from mien.domain.source_memory import Note
from mien.pipeline.meshes import MESHES
from mien.wire.meshes import mesh_entry, mesh_json

MOST_FILES: Final = 5000
"""Files of a source whose meshes are kept: at some 3 KB for a face, as many as anybody has time to look at."""


class MeshResults:
    """Write meshes as they come; `opened` makes the zip when there is something to write."""

    def __init__(self, opened: Callable[[], ZipFile]) -> None:
        self._opened = opened
        self._archive: ZipFile | None = None
        self._written: set[str] = set()

    def add(self, file: str, notes: Sequence[Note]) -> None:
        """Write what was noted of one file; of two passes over the same faces the first will do."""
        found = next((note for note in notes if note.about == MESHES), None)
        name = mesh_entry(file)
        if found is None or name in self._written or len(self._written) >= MOST_FILES:
            return
        self._archive = self._archive or self._opened()
        self._written.add(name)
        entry = ZipInfo(name)
        entry.compress_type = ZIP_DEFLATED
        self._archive.writestr(entry, mesh_json(found.told["boxes"], found.arrays["points"]))
