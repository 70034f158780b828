"""Read the rows of one source out of its stored predictions, prediction by prediction, however long it is."""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Final

from mien.domain.errors import MienError
from mien.results.table_files import ROWS_AT_A_TIME, Kinds, TableFile, joined_kinds, kinds_of, open_tables
from mien.results.walking import Row, flat, source_name

OpenElement = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the bytes of one element of the predictions array."""

CHUNK_BYTES: Final = 1024 * 1024
_SPACE: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder()


def write_stored_tables(elements: Sequence[OpenElement], folder: Path) -> list[Path]:
    """Write a Parquet file per model over all elements and return their paths; no element is ever whole in memory.

    Each element is read twice: which columns there are is known only at its end. Raises LibraryMissing.
    """
    kinds: dict[str, Kinds] = {}
    for model, rows in _batches(elements):
        kinds = joined_kinds([kinds, {model: kinds_of(_various(rows))}])
    with open_tables(folder, "parquet", kinds) as files:
        _fill(files, _batches(elements))
    return [folder / f"{model}.parquet" for model in kinds]


def _various(rows: Iterable[Row]) -> Iterable[Row]:
    """Return the first of all rows that have the same columns with cells of the same types."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        found.setdefault((*row, *map(type, row.values())), row)
    return found.values()


def _fill(files: Any, batches: Iterator[tuple[str, list[Row]]]) -> None:
    for model, rows in batches:
        file: TableFile = files[model]
        file.add(rows)


def _batches(elements: Sequence[OpenElement]) -> Iterator[tuple[str, list[Row]]]:
    for open_element in elements:
        with open_element() as stream:
            known = ""
            rows: list[Row] = []
            for model, row in stored_rows(stream):
                if model != known or len(rows) >= ROWS_AT_A_TIME:
                    if rows:
                        yield known, rows
                    known, rows = model, []
                rows.append(row)
            if rows:
                yield known, rows


def stored_rows(stream: BinaryIO) -> Iterator[tuple[str, Row]]:
    """Yield model and flat row of each prediction of an element, in order, as `tables_of` lays them out.

    Raises MienError where the bytes are no element, or end too early.
    """
    text = _Text(stream)
    source: Any = None
    for name in _names(text):
        if name == "source":
            source = text.value()
        elif name == "results":
            for inner in _names(text):
                if inner == "predictions":
                    yield from _files(text, source_name(source))
                else:
                    text.value()
        else:
            text.value()


def _files(text: "_Text", source: str) -> Iterator[tuple[str, Row]]:
    for _ in _places(text):
        file = ""
        for name in _names(text):
            if name == "file":
                file = text.value()
            elif name == "models":
                for model in _names(text):
                    for row in _rows(text, {"source": source, "file": file}):
                        yield model, row
            else:
                text.value()


def _rows(text: "_Text", known: Row) -> Iterator[Row]:
    if text.peek() != "{":
        text.value()
        return
    for name in _names(text):
        if name != "grouped_predictions":
            text.value()
            continue
        for _ in _places(text):
            group = ""
            for inner in _names(text):
                if inner == "id":
                    group = text.value()
                elif inner == "predictions":
                    for _ in _places(text):
                        yield known | {"id": group, **flat(text.value())}
                else:
                    text.value()


def _names(text: "_Text") -> Iterator[str]:
    """Yield the names of an object; whoever asks reads the value of each before asking for the next."""
    text.take("{")
    while text.peek() != "}":
        name = text.value()
        text.take(":")
        yield name
        if text.peek() == ",":
            text.take(",")
    text.take("}")


def _places(text: "_Text") -> Iterator[None]:
    """Stop before each entry of an array; whoever asks reads it before asking for the next."""
    text.take("[")
    while text.peek() != "]":
        yield
        if text.peek() == ",":
            text.take(",")
    text.take("]")


class _Text:
    """Hold a stretch of JSON text, and read on as needed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._held = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next sign that is no space."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in _SPACE:
                    return self._held[self._at]
                self._at += 1
            if not self._more():
                raise MienError("stored predictions end too early")

    def take(self, sign: str) -> None:
        """Go past a sign that must be next."""
        found = self.peek()
        if found != sign:
            raise MienError(f"stored predictions are damaged: {found!r} where {sign!r} was expected")
        self._at += 1

    def value(self) -> Any:
        """Return the whole value that is next."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if self._more():
                    continue
                raise MienError(f"stored predictions are damaged: {error.msg}") from error
            # A number at the end of what is held may go on.
            if end == len(self._held) and self._more():
                continue
            self._at = end
            return value

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = self._stream.read(CHUNK_BYTES)
        self._ended = not chunk
        self._held = self._held[self._at :] + self._decoder.decode(chunk, final=self._ended)
        self._at = 0
        return not self._ended
