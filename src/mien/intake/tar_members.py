"""Walk through the members of a tar, packed or not, reading forward only."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mien.domain.errors import ArchiveUnreadable, ItemError, MienError, UnsafeMember
from mien.intake.members import Allowance, Member, decode_name
from mien.intake.packing import ReadBytes, unpacked

CHUNK_BYTES = 64 * 1024
_PIECE_BYTES = 256 * 1024
_BROKEN = "archive could not be read: it is damaged or cut off"


class _ForwardFile:
    """Be as much of a file as tarfile needs, on a stream that cannot go back.

    A piece larger than `_PIECE_BYTES` is refused: tarfile reads long headers whole and their size is only a claim.
    """

    def __init__(self, read: ReadBytes, allowance: Allowance) -> None:
        self._read = read
        self._allowance = allowance
        self._position = 0
        self.last = b""

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._position

    def seek(self, position: int) -> int:
        """Skip forward to a position."""
        if position < self._position:
            raise ArchiveUnreadable("archive could not be read: its members are out of order")
        while self._position < position and self.read(min(CHUNK_BYTES, position - self._position)):
            pass
        return self._position

    def read(self, count: int) -> bytes:
        """Return `count` bytes, fewer at the end."""
        if not 0 <= count <= _PIECE_BYTES:
            raise ArchiveUnreadable("archive could not be read: a header is too long")
        pieces = []
        while count and (piece := self._read(count)):
            pieces.append(piece)
            count -= len(piece)
        self.last = b"".join(pieces)
        self._position += len(self.last)
        self._allowance.spend(len(self.last))
        return self.last


def tar_members(path: Path, allowance: Allowance) -> Iterator[Member]:
    """Yield the members as they come. Raises ArchiveUnreadable where the tar breaks off, after what came before."""
    with path.open("rb") as file:
        forward = _ForwardFile(unpacked(file), allowance)
        with _reported(), tarfile.open(mode="r:", fileobj=forward) as archive:  # type: ignore[call-overload]  # only reads
            yield from _walk(archive)
        # tarfile ends quietly at a header it cannot read; a tar that is whole ends in zeros, or just ends.
        if forward.last.strip(b"\0"):
            raise ArchiveUnreadable(_BROKEN)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except MienError:
        raise
    except Exception as error:  # damaged headers make tarfile raise anything
        raise ArchiveUnreadable(_BROKEN) from error


def _walk(archive: tarfile.TarFile) -> Iterator[Member]:
    while (info := archive.next()) is not None:
        yield Member(_name(info), partial(_chunks, archive, info), info.isdir(), _problem(info), stated_bytes=info.size)
        archive.members.clear()  # type: ignore[attr-defined]  # tarfile remembers every header


def _name(info: tarfile.TarInfo) -> str:
    return decode_name(info.name.encode("utf-8", "surrogateescape"), "latin-1")


def _problem(info: tarfile.TarInfo) -> ItemError | None:
    if info.isreg() or info.isdir():
        return None
    return UnsafeMember("archive member is a link or device, not a plain file")


def _chunks(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    with _reported():
        file = archive.extractfile(info)
        while file and (chunk := file.read(CHUNK_BYTES)):
            yield chunk
