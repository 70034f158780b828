"""Turn a source into items on local disk."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from mien.domain.cancellation import Cancellation
from mien.domain.errors import SourceError
from mien.domain.source import FileSource, Item, Items, Source, TextSource, UrlSource
from mien.intake.addresses import Reach
from mien.intake.archives import is_archive, unpack
from mien.intake.download import Downloader
from mien.intake.limits import IntakeLimits

OpenUpload = Callable[[str], BinaryIO | Path]
"""Return an upload by its key: its bytes to read, or its path where it lies on local disk anyway."""

FindSubtitles = Callable[[Path], Path | None]
"""Return the subtitles that belong to a local recording, or None."""

_CHUNK_BYTES = 1024 * 1024


class Acquirer:
    """Bring sources to disk. Keep one and close it when done.

    Items come one by one, each readable until the next is asked for. What the sources need on disk lies under the
    scratch folder handed in and is gone when the iterator ends or is closed. `find_subtitles` is asked for those of an
    upload that lies on local disk.
    """

    def __init__(
        self,
        open_upload: OpenUpload,
        limits: IntakeLimits | None = None,
        reach: Reach | None = None,
        find_subtitles: FindSubtitles | None = None,
        proxy: str | None = None,
    ) -> None:
        self._open_upload = open_upload
        self._find_subtitles = find_subtitles or _no_subtitles
        self._limits = limits or IntakeLimits()
        self._downloader = Downloader(self._limits, reach, proxy)

    def acquire(self, source: Source, scratch: Path, cancellation: Cancellation) -> Items:
        """Yield the items of a source. Raises a SourceError when the whole source, or its rest, is unusable."""
        if isinstance(source, TextSource):
            yield from _texts(source)
            return
        with TemporaryDirectory(dir=scratch, prefix="source-") as folder:
            path = self._fetch(source, Path(folder), cancellation)
            yield from self._open(path, _base_name(source.name), Path(folder), cancellation)

    def acquire_path(self, path: Path, scratch: Path, cancellation: Cancellation, name: str | None = None) -> Items:
        """Yield the items of a local file: itself, under its own name or `name`, or the members of an archive."""
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
        with TemporaryDirectory(dir=scratch, prefix="source-") as folder:
            yield from self._open(path, name or path.name, Path(folder), cancellation)

    def close(self) -> None:
        """Close all connections."""
        self._downloader.close()

    def _fetch(self, source: UrlSource | FileSource, folder: Path, cancellation: Cancellation) -> Path:
        target = folder / "whole"
        if isinstance(source, UrlSource):
            self._downloader.download(source.url, target, cancellation)
            return target
        upload = self._open_upload(source.upload)
        if isinstance(upload, Path):
            return upload
        _copy(upload, target, cancellation)
        return target

    def _open(self, path: Path, name: str, folder: Path, cancellation: Cancellation) -> Items:
        cancellation.check()
        if is_archive(path):
            yield from unpack(path, folder, self._limits, cancellation)
            return
        yield Item(name, path, subtitles=self._find_subtitles(path))


def _no_subtitles(_: Path) -> Path | None:
    return None


def _texts(source: TextSource) -> Items:
    for number, text in enumerate(source.texts, start=1):
        yield Item(str(number), None, text)


def _base_name(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or "file"


def _copy(upload: BinaryIO, target: Path, cancellation: Cancellation) -> None:
    with upload, target.open("wb") as file:
        while chunk := upload.read(_CHUNK_BYTES):
            cancellation.check()
            file.write(chunk)
