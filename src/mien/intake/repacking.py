"""Repack an archive that can only be read through into one in which every file is found at once.

The repacked archive is a zip: `files.json` lists the files in their order, each with its `file` name and either the
`error` that says why it could not be brought or nothing; the bytes of file number n lie under `n`, its subtitles under
`n.subtitles`.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ItemError
from mien.domain.source import BadItem, Item, Items

LIST: Final = "files.json"
_LEVEL: Final = 1
_CHUNK_BYTES: Final = 1024 * 1024


def repack(items: Items, target: BinaryIO, packed: bool) -> list[int]:
    """Write the items to `target` and return how many bytes each has; `packed` keeps small what was small."""
    told: list[dict[str, str]] = []
    sizes: list[int] = []
    with ZipFile(target, "w", ZIP_DEFLATED if packed else ZIP_STORED, compresslevel=_LEVEL) as archive:
        for number, item in enumerate(items):
            if isinstance(item, BadItem):
                told.append({"file": item.file, "error": item.error.message})
                sizes.append(0)
                continue
            told.append({"file": item.file})
            sizes.append(_add(archive, str(number), item.path))
            if item.subtitles is not None:
                _add(archive, f"{number}.subtitles", item.subtitles)
        archive.writestr(LIST, json.dumps(told))
    return sizes


def repacked_items(source: BinaryIO, folder: Path, cancellation: Cancellation, wanted: range) -> Items:
    """Yield the items of these numbers out of a repacked archive, each on disk until the next is asked for."""
    with ZipFile(source) as archive:
        told: list[dict[str, Any]] = json.loads(archive.read(LIST))
        names = set(archive.namelist())
        for number in wanted:
            if number >= len(told):
                return
            cancellation.check()
            file = told[number]["file"]
            if "error" in told[number]:
                yield BadItem(file, ItemError(told[number]["error"]))
                continue
            yield from _brought(archive, number, file, folder / f"member-{number}", names)


def _brought(archive: ZipFile, number: int, file: str, target: Path, names: set[str]) -> Iterator[Item]:
    beside = target.with_name(f"{target.name}.subtitles")
    try:
        _take(archive, str(number), target)
        subtitled = f"{number}.subtitles" in names
        if subtitled:
            _take(archive, f"{number}.subtitles", beside)
        yield Item(file, target, subtitles=beside if subtitled else None)
    finally:
        target.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


def _add(archive: ZipFile, name: str, path: Path | None) -> int:
    assert path is not None
    entry = ZipInfo(name)
    entry.compress_type = archive.compression
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as stream:
        shutil.copyfileobj(file, stream, _CHUNK_BYTES)
        return file.tell()


def _take(archive: ZipFile, name: str, target: Path) -> None:
    with archive.open(name) as stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file, _CHUNK_BYTES)
