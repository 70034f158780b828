"""Read results that lie in files: a predictions array, the body of a callback, or a zip of artifacts."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from mien.domain.errors import InvalidRequest
from mien.results.walking import Json, Row, tables_of

MAX_TABLE_BYTES = 4 * 1024**3
# The columns of old tables, under the names that ours have.
NAMES = {
    "Id": "id",
    "Frame": "frame",
    "Time": "time",
    "Probability": "prob",
    "FaceX0": "box_x",
    "FaceY0": "box_y",
    "FaceWidth": "box_w",
    "FaceHeight": "box_h",
    "Text": "text",
    "BeginTime": "begin",
    "EndTime": "end",
    "BeginPosition": "position_begin",
    "EndPosition": "position_end",
    "Confidence": "confidence",
    "SpeakerConfidence": "speaker_confidence",
    "Entity": "entity",
    "EntityConfidence": "entity_confidence",
    "Support": "support",
    "Uri": "uri",
    "LinkWord": "link_word",
}
_WORDS = frozenset({"id", "text", "entity", "uri", "link_word"})


def read_tables(path: Path) -> dict[str, list[Row]]:
    """Return a table per model from results in a file, also from those the former hosted service gave.

    Takes a predictions array or a callback's body (JSON), or a zip of artifacts. Raises InvalidRequest naming the file
    for anything else.
    """
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such file")
    if is_zipfile(path):
        return _from_zip(path)
    return tables_of(read_predictions(path))


def read_predictions(path: Path) -> list[Json]:
    """Return the predictions array in a JSON file. Raises InvalidRequest naming the file."""
    try:
        told = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidRequest(f"{path}: is neither JSON nor a zip of artifacts: {error}") from error
    elements = told.get("predictions") if isinstance(told, dict) else told
    if not isinstance(elements, list) or not all(_is_element(one) for one in elements):
        raise InvalidRequest(
            f"{path}: is JSON, but no predictions array: elements need a source and results or an error"
        )
    return elements


def _is_element(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("source"), dict) and ("results" in one or "error" in one)


def _from_zip(path: Path) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    try:
        with ZipFile(path) as archive:
            for entry in archive.infolist():
                place = PurePosixPath(entry.filename)
                if place.suffix != ".csv" or "csv" not in place.parts[:-2]:
                    continue
                if entry.file_size > MAX_TABLE_BYTES:
                    raise InvalidRequest(f"{path}: {entry.filename} is over the limit of 4 GB")
                with archive.open(entry) as table:
                    tables.setdefault(place.stem, []).extend(_rows(io.TextIOWrapper(table, "utf-8"), place))
    except (BadZipFile, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{path}: is a damaged zip of artifacts: {error}") from error
    if not tables:
        raise InvalidRequest(f"{path}: is a zip without tables (SOURCE/csv/FILE/MODEL.csv)")
    return tables


def _rows(lines: io.TextIOWrapper, place: PurePosixPath) -> Iterator[Row]:
    folder = place.parts.index("csv")
    known = {"source": "/".join(place.parts[:folder]), "file": "/".join(place.parts[folder + 1 : -1])}
    for cells in csv.DictReader(lines):
        yield known | {NAMES.get(name, name): _value(NAMES.get(name, name), cell) for name, cell in cells.items()}


def _value(name: str, cell: str | None) -> Any:
    if cell is None or cell == "":
        return None
    if name in _WORDS:
        return cell
    try:
        return int(cell) if cell.isdecimal() else float(cell)
    except ValueError:
        return cell
