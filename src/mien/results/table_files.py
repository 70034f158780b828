"""Write tables of any length to CSV and Parquet files, a few rows at a time."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from mien.domain.errors import LibraryMissing
from mien.results.walking import Row

Kinds = dict[str, str | None]
"""Column → what its cells are: `text`, `number`, `whole`, `flag`; None where every cell seen so far is empty."""

ROWS_AT_A_TIME: Final = 5_000
_KINDS: Final = ((bool, "flag"), (int, "whole"), (float, "number"))


class TableFile(Protocol):
    """Take rows of one table."""

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows; cells whose column is missing stay empty."""


def library(name: str) -> Any:
    """Return an installed library that mien does not insist on. Raises LibraryMissing."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise LibraryMissing(f"{package} is needed for this: pip install 'mien[tables]'") from error


def kinds_of(rows: Iterable[Row]) -> Kinds:
    """Return the columns of rows in the order they first appear, and what their cells are."""
    kinds: Kinds = {}
    for row in rows:
        for name, value in row.items():
            kinds[name] = _joined(kinds.get(name), _kind(value))
    return kinds


def joined_kinds(several: Iterable[Mapping[str, Kinds]]) -> dict[str, Kinds]:
    """Return the columns of tables, by model, that can take the rows of all."""
    joined: dict[str, Kinds] = {}
    for tables in several:
        for model, kinds in tables.items():
            known = joined.setdefault(model, {})
            for name, kind in kinds.items():
                known[name] = _joined(known.get(name), kind)
    return joined


@contextmanager
def open_csv(path: Path, kinds: Kinds) -> Iterator[TableFile]:
    """Offer a CSV file, UTF-8 with a header; it appears under its name when all is written."""
    with _replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(kinds), restval="", lineterminator="\n")
        writer.writeheader()
        yield _CsvFile(writer)


@contextmanager
def open_parquet(path: Path, kinds: Kinds) -> Iterator[TableFile]:
    """Offer a Parquet file with a row group per few thousand rows. Raises LibraryMissing."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    types = {"flag": arrow.bool_(), "whole": arrow.int64(), "number": arrow.float64()}
    schema = arrow.schema([(name, types.get(kind or "", arrow.string())) for name, kind in kinds.items()])
    with _replacing(path) as partial, parquet.ParquetWriter(partial, schema) as writer:
        file = _ParquetFile(writer, lambda rows: arrow.Table.from_pylist(_fitting(rows, kinds), schema=schema))
        yield file
        file.flush()


@contextmanager
def open_tables(folder: Path, ending: str, kinds: Mapping[str, Kinds]) -> Iterator[Mapping[str, TableFile]]:
    """Offer a file per model in a folder; `ending` is `csv` or `parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_csv if ending == "csv" else open_parquet
    with ExitStack() as stack:
        yield {model: stack.enter_context(opened(folder / f"{model}.{ending}", kinds[model])) for model in kinds}


class _CsvFile:
    def __init__(self, writer: "csv.DictWriter[str]") -> None:
        self._writer = writer

    def add(self, rows: Sequence[Row]) -> None:
        self._writer.writerows(rows)


class _ParquetFile:
    def __init__(self, writer: Any, as_table: Any) -> None:
        self._writer = writer
        self._as_table = as_table
        self._waiting: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._waiting.append(row)
            if len(self._waiting) >= ROWS_AT_A_TIME:
                self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._writer.write_table(self._as_table(self._waiting))
        self._waiting = []


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _fitting(rows: Iterable[Row], kinds: Kinds) -> list[Row]:
    """Return rows whose cells are of their column's kind: words where a column has words and numbers."""
    worded = [name for name, kind in kinds.items() if kind == "text"]
    return [row | {name: str(row[name]) for name in worded if row.get(name) is not None} for row in rows]


def _kind(value: Any) -> str | None:
    if value is None:
        return None
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "text")


def _joined(known: str | None, other: str | None) -> str | None:
    if known is None or other is None or known == other:
        return known or other
    return "number" if {known, other} == {"whole", "number"} else "text"
