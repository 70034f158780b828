"""Lay out the artifacts zip: its paths, and one zip made of several."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from zipstream import ZipStream

from mien.domain.source import Source

MAX_SEGMENT_BYTES = 200
"""How long one step of a path may be; file systems take 255."""

CHUNK_BYTES = 64 * 1024


def top_directory(source: Source, index: int) -> str:
    """Return the directory of a source; `index` counts from 0 within its kind: `url-0-clip.mp4`, `text-0`."""
    return safe_path(f"{source.type}-{index}-{source.name.replace('/', '_')}" if source.name else f"text-{index}")


def table_path(top: str, file: str, model: str) -> str:
    """Return where the CSV table of one model on one file goes."""
    return f"{top}/csv/{safe_path(file)}/{safe_path(model)}.csv"


def crop_path(top: str, file: str, track: str, frame: int) -> str:
    """Return where the picture of one face in one frame goes."""
    return f"{top}/faces/{safe_path(file)}/{safe_path(track)}/frame={frame}.png"


def safe_path(name: str) -> str:
    """Return a relative path with forward slashes that stays inside any directory it is unpacked in.

    Empty steps and `.` are dropped, `..`, backslashes and control characters replaced, overlong steps shortened and
    told apart by a few digits of their checksum.
    """
    steps = [_safe_step(step) for step in name.split("/") if step not in ("", ".")]
    return "/".join(steps) or "file"


def _safe_step(step: str) -> str:
    if not step.strip(". "):
        return "_" * len(step)
    clean = "".join("_" if _is_unsafe(character) else character for character in step)
    encoded = clean.encode()
    if len(encoded) <= MAX_SEGMENT_BYTES:
        return clean
    digits = sha256(encoded).hexdigest()[:8]
    stem, dot, ending = clean.rpartition(".")
    ending = dot + ending if stem and len(ending.encode()) < 16 else ""
    room = MAX_SEGMENT_BYTES - len(digits) - len(ending.encode()) - 1
    return f"{encoded[:room].decode('utf-8', 'ignore')}-{digits}{ending}"


def _is_unsafe(character: str) -> bool:
    return character == "\\" or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def merge(zips: Sequence[Callable[[], BinaryIO]]) -> Iterator[bytes]:
    """Yield one zip with the entries of all, in order; a single zip passes as it is, none gives an empty zip.

    Each is opened (seekable) when its turn comes and closed before the next.
    """
    return _copy(zips[0]) if len(zips) == 1 else _merged(zips)


def _copy(opener: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with opener() as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _merged(zips: Sequence[Callable[[], BinaryIO]]) -> Iterator[bytes]:
    out = ZipStream()
    for opener in zips:
        with opener() as file, ZipFile(file) as one:
            for info in one.infolist():
                out.add(_entry(one, info), info.filename, compress_type=info.compress_type)
                yield from out.all_files()
    yield from out.finalize()


def _entry(archive: ZipFile, info: ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as member:
        while chunk := member.read(CHUNK_BYTES):
            yield chunk
