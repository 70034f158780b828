"""Keep blobs in a folder, through fsspec."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast
from uuid import uuid4

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from mien.domain.errors import InvalidRequest
from mien.storage.blobs import check_key

PARTIAL = ".part"


class FsspecBlobs:
    """Keep each blob as a file under a root such as `file:///data/blobs`. Raises InvalidRequest for other roots."""

    def __init__(self, root: str) -> None:
        self._files, path = _opened(root)
        self._root = Path(path)
        _make_folders(self._root)

    @contextmanager
    def write(self, key: str) -> Iterator[BinaryIO]:
        """Open a blob for writing; it appears, durable and whole, only when the block ends without an error."""
        path = self._path(key)
        _make_folders(path.parent)
        partial = path.with_name(f".{uuid4().hex}{PARTIAL}")
        try:
            with self._files.open(str(partial), "wb") as stream:
                yield cast(BinaryIO, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def read(self, key: str) -> BinaryIO:
        """Open a blob for reading, seekable. Raises FileNotFoundError."""
        return cast(BinaryIO, self._files.open(str(self._path(key)), "rb"))

    def exists(self, key: str) -> bool:
        """Say whether there is a blob under this key."""
        return bool(self._files.isfile(str(self._path(key))))

    def delete(self, prefix: str) -> None:
        """Forget the blob under this key, or all blobs in this folder; nothing there is fine."""
        with suppress(FileNotFoundError):
            self._files.rm(str(self._path(prefix)), recursive=True)

    def children(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the names directly in this folder, each with when something under it was last written (Unix ms)."""
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self._path(prefix)) as entries:
            for entry in entries:
                if not entry.name.endswith(PARTIAL):
                    yield entry.name, _newest_ms(Path(entry.path))

    def local_path(self, key: str) -> Path | None:
        """Return where the blob lies; None when there is none."""
        path = self._path(key)
        return path if path.is_file() else None

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._root.joinpath(*PurePosixPath(key).parts)


def _opened(root: str) -> tuple[LocalFileSystem, str]:
    try:
        # Others are not even opened: some of them would call the host that is named.
        files, path = url_to_fs(root) if root.startswith("file://") else (None, "")
    except (ImportError, ValueError):
        files, path = None, ""
    if not isinstance(files, LocalFileSystem):
        raise InvalidRequest(f"{root}: the blob store must be file://PATH or s3://BUCKET/PREFIX")
    return files, path


def _newest_ms(path: Path) -> int:
    below = (Path(folder, name) for folder, folders, files in os.walk(path) for name in (*folders, *files))
    return max(_written_ms(each) for each in (path, *below))


def _written_ms(path: Path) -> int:
    with suppress(FileNotFoundError):  # a partial file may be gone, or renamed, by now
        return path.stat().st_mtime_ns // 10**6
    return 0


def _make_folders(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    # A new name is only on disk once its folder is; Windows cannot open folders and does not need it.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
