"""Turn a source into items on local disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from mien.domain.cancellation import Cancellation
from mien.domain.errors import SourceError
from mien.domain.source import FileSource, Item, Items, Source, TextSource, UrlSource
from mien.intake.archives import Listed, is_archive, listed, unpack
from mien.intake.connections import Outbound
from mien.intake.download import Downloader
from mien.intake.limits import IntakeLimits
from mien.intake.packing import archive_kind

OpenUpload = Callable[[str], BinaryIO | Path]
"""Return an upload by its key: its bytes to read, or its path where it lies on local disk anyway."""

FindSubtitles = Callable[[Path], Path | None]
"""Return the subtitles that belong to a local recording, or None."""

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Listing:
    """Hold what an archive says of its files, and whether one can be read without those before it.

    `fits` says that they unpack to no more than is allowed, if the archive tells the truth.
    """

    files: tuple[Listed, ...]
    random_access: bool
    fits: bool


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
        outbound: Outbound | None = None,
        find_subtitles: FindSubtitles | None = None,
    ) -> None:
        self._open_upload = open_upload
        self._find_subtitles = find_subtitles or _no_subtitles
        self._limits = limits or IntakeLimits()
        self._downloader = Downloader(self._limits, outbound)

    def acquire(self, source: Source, scratch: Path, cancellation: Cancellation) -> Items:
        """Yield the items of a source. Raises a SourceError when the whole source, or its rest, is unusable."""
        if isinstance(source, TextSource):
            yield from texts(source)
            return
        with TemporaryDirectory(dir=scratch, prefix="source-") as folder:
            path = self.bring(source, Path(folder), cancellation)
            yield from self.items(path, base_name(source.name), Path(folder), cancellation)

    def acquire_path(self, path: Path, scratch: Path, cancellation: Cancellation, name: str | None = None) -> Items:
        """Yield the items of a local file: itself, under its own name or `name`, or the members of an archive."""
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
        with TemporaryDirectory(dir=scratch, prefix="source-") as folder:
            yield from self.items(path, name or path.name, Path(folder), cancellation)

    def bring(self, source: UrlSource | FileSource, folder: Path, cancellation: Cancellation) -> Path:
        """Return where the bytes of a source lie on this machine, in `folder` unless they lie here anyway."""
        target = folder / "whole"
        if isinstance(source, UrlSource):
            self._downloader.download(source.url, target, cancellation)
            return target
        upload = self._open_upload(source.upload)
        if isinstance(upload, Path):
            return upload
        _copy(upload, target, cancellation)
        return target

    def items(
        self, path: Path, name: str, folder: Path, cancellation: Cancellation, wanted: range | None = None
    ) -> Items:
        """Yield the file at `path`, called `name`, or the members of an archive.

        With `wanted` only those of these numbers, counted from 0. What must be unpacked goes to `folder`.
        """
        cancellation.check()
        if is_archive(path):
            yield from unpack(path, folder, self._limits, cancellation, wanted)
        elif wanted is None or 0 in wanted:
            yield Item(name, path, subtitles=self._find_subtitles(path))

    def listing(self, path: Path, folder: Path, cancellation: Cancellation) -> Listing | None:
        """Return what an archive says of its files; None for a file that is no archive.

        Raises ArchiveUnreadable or SourceTooLarge.
        """
        kind = archive_kind(path)
        if kind is None:
            return None
        files = listed(path, folder, self._limits, cancellation)
        stated = sum(file.stated_bytes for file in files)
        return Listing(files, random_access=kind == "zip", fits=stated <= self._limits.archive_bytes)

    def close(self) -> None:
        """Close all connections."""
        self._downloader.close()


def _no_subtitles(_: Path) -> Path | None:
    return None


def texts(source: TextSource, wanted: range | None = None) -> Items:
    """Yield the texts of a source, or those of these numbers, counted from 0."""
    for number, text in enumerate(source.texts):
        if wanted is None or number in wanted:
            yield Item(str(number + 1), None, text)


def base_name(name: str) -> str:
    """Return the last part of the name of a source: what its one file is called."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or "file"


def _copy(upload: BinaryIO, target: Path, cancellation: Cancellation) -> None:
    with upload, target.open("wb") as file:
        while chunk := upload.read(_CHUNK_BYTES):
            cancellation.check()
            file.write(chunk)
