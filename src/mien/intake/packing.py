"""Tell archives from other files by their first bytes, and read packed streams in small pieces."""

import bz2
import lzma
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from mien.domain.errors import ArchiveUnreadable
from mien.intake.limits import MEGA

ArchiveKind = Literal["zip", "tar"]
ReadBytes = Callable[[int], bytes]

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_INPUT_BYTES = 64 * 1024
_LZMA_MEMORY = 256 * MEGA


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """Give zlib the manners of the other decompressors."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _unxz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)


_PACKINGS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": _Gunzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": _unxz,
}
_LONGEST_START = 8


class Unpacker:
    """Decompress a stream, never more at once than asked for."""

    def __init__(self, packed: BinaryIO, decompressor: Callable[[], _Decompressor]) -> None:
        self._packed = packed
        self._new = decompressor
        self._current = decompressor()
        self._ahead = b""

    def read(self, count: int) -> bytes:
        """Return 1 to `count` bytes, or none at the end. Raises ArchiveUnreadable for a stream that is damaged."""
        try:
            return self._produce(count)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            raise ArchiveUnreadable("archive could not be read: its compressed data is damaged") from error

    def _produce(self, count: int) -> bytes:
        while True:
            if self._current.eof and not self._start_next():
                return b""
            hungry = self._current.needs_input
            data = (self._ahead or self._packed.read(_INPUT_BYTES)) if hungry else b""
            self._ahead = b"" if hungry else self._ahead
            produced = self._current.decompress(data, count)
            if produced:
                return produced
            if hungry and not data and not self._current.eof:
                raise ArchiveUnreadable("archive could not be read: it is cut off")

    def _start_next(self) -> bool:
        """Go on with the next stream: several may follow each other in one file."""
        self._ahead = self._current.unused_data or self._packed.read(_INPUT_BYTES)
        if _packing(self._ahead) is not self._new:
            return False
        self._current = self._new()
        return True


def _packing(start: bytes) -> Callable[[], _Decompressor] | None:
    return next((new for magic, new in _PACKINGS.items() if start.startswith(magic)), None)


def unpacked(file: BinaryIO) -> ReadBytes:
    """Return a function that reads the file from its start, unpacked where it is gzip, bzip2 or xz."""
    start = file.read(_LONGEST_START)
    file.seek(0)
    decompressor = _packing(start)
    return Unpacker(file, decompressor).read if decompressor else file.read


def archive_kind(path: Path) -> ArchiveKind | None:
    """Return what kind of archive a file is, going by its bytes alone; None for anything else."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_START)
        file.seek(0)
        if start.startswith(_ZIP_STARTS):
            return "zip"
        return "tar" if _starts_as_tar(unpacked(file), packed=_packing(start) is not None) else None


def _starts_as_tar(read: ReadBytes, packed: bool) -> bool:
    try:
        block = _first_block(read)
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # public by use, missing in the stubs
        return packed  # an empty tar is all zeros; only its packing tells it from any file of zeros
    except (tarfile.HeaderError, ArchiveUnreadable):
        return False
    return True


def _first_block(read: ReadBytes) -> bytes:
    block = b""
    while len(block) < tarfile.BLOCKSIZE:
        piece = read(tarfile.BLOCKSIZE - len(block))
        if not piece:
            break
        block += piece
    return block
