"""Say what a blob store does: keep uploads, predictions and artifacts under slash-separated keys."""

from collections.abc import Iterator
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

    def children(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the names directly in this folder, each with when something under it was last written (Unix ms)."""

    def local_path(self, key: str) -> Path | None:
        """Return where the blob lies on this machine's disk, or None when it does not."""


def check_key(key: str) -> None:
    """Raise ValueError unless the key is names joined by slashes that stay in their folder."""
    parts = key.split("/")
    if "\\" in key or "\0" in key or any(part in ("", ".", "..") or ":" in part for part in parts):
        raise ValueError(f"{key!r} is not a key: it must be names joined by slashes")
