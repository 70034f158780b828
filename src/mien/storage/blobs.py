"""Say what a blob store does: keep uploads, predictions and artifacts under slash-separated keys."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class BlobStore(Protocol):
    """Keep bytes under relative slash-separated keys; a malformed key raises ValueError."""

    def write(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a blob for writing; it appears, durable and whole, only when the block ends without an error."""

    def read(self, key: str) -> BinaryIO:
        """Open a blob for reading, seekable. Raises FileNotFoundError."""

    def exists(self, key: str) -> bool:
        """Say whether there is a blob under this key."""

    def delete(self, prefix: str) -> None:
        """Forget the blob under this key, or all blobs in this folder; nothing there is fine."""

    def local_path(self, key: str) -> Path | None:
        """Return where the blob lies on this machine's disk, or None when it does not."""
