"""Walk through the members of a zip."""

import io
import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mien.domain.errors import ArchiveUnreadable, ItemError, UnreadableMedia, UnsafeMember
from mien.intake.limits import MEGA
from mien.intake.members import Member, decode_name

CHUNK_BYTES = 256 * 1024
_DIRECTORY_BYTES = 8 * MEGA
_ENCRYPTED = 0x1
_UTF8 = 0x800


class _CautiousFile(io.BufferedReader):
    """Refuse to read a huge piece at once: a zip's directory is read whole and its size is only a claim."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes, all that is left without it."""
        data = super().read(_DIRECTORY_BYTES + 1 if size is None or size < 0 else min(size, _DIRECTORY_BYTES + 1))
        if len(data) > _DIRECTORY_BYTES:
            raise ArchiveUnreadable("archive could not be read: its list of members is too long")
        return data


def zip_members(path: Path) -> Iterator[Member]:
    """Yield the members in the order of the zip's list. Raises ArchiveUnreadable."""
    with _CautiousFile(io.FileIO(path)) as file, _opened(file) as archive:
        for info in archive.infolist():
            chunks = partial(_chunks, archive, info)
            folder = bool(info.filename) and info.is_dir()
            yield Member(_name(info), chunks, folder, _problem(info), info.compress_size, info.file_size)


def _opened(file: io.BufferedReader) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise ArchiveUnreadable(f"archive could not be read: {error or 'damaged zip'}") from error


def _name(info: zipfile.ZipInfo) -> str:
    # Without the UTF-8 mark Python has read the name as cp437; many programs write UTF-8 and forget the mark.
    if info.flag_bits & _UTF8:
        return info.orig_filename
    return decode_name(info.orig_filename.encode("cp437", "replace"), "cp437")


def _problem(info: zipfile.ZipInfo) -> ItemError | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return UnsafeMember("archive member is a link or device, not a plain file")
    if info.flag_bits & _ENCRYPTED:
        return UnreadableMedia("archive member is encrypted")
    return None


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    try:
        with archive.open(info) as file:
            while chunk := file.read(CHUNK_BYTES):
                size += len(chunk)
                yield chunk
    except NotImplementedError as error:
        raise UnreadableMedia("archive member is packed in a way that is not supported") from error
    except Exception as error:  # damaged data makes zipfile and its decompressors raise anything
        raise UnreadableMedia("archive member is damaged") from error
    if size != info.file_size:
        raise UnreadableMedia("archive member is damaged: it is not as large as it claims")
