"""Turn rows into what people compute with: pandas and Arrow tables, CSV and Parquet files."""

import csv
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from mien.domain.errors import MienError
from mien.results.walking import Row

Tables = Mapping[str, Sequence[Row]]


class LibraryMissing(MienError):
    """A library that is not among mien's own is needed."""


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of all columns, in the order they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def data_frame(rows: Sequence[Row]) -> Any:
    """Return rows as a pandas DataFrame. Raises LibraryMissing."""
    return _library("pandas").DataFrame(list(rows), columns=columns_of(rows))


def arrow_table(rows: Sequence[Row]) -> Any:
    """Return rows as an Arrow table. Raises LibraryMissing."""
    return _library("pyarrow").table({name: [row.get(name) for row in rows] for name in columns_of(rows)})


def write_csv(tables: Tables, folder: Path) -> list[Path]:
    """Write a CSV file per model, UTF-8 with a header, and return their paths; what is not known is an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_csv(rows, folder / f"{model}.csv") for model, rows in tables.items()]


def write_parquet(tables: Tables, folder: Path) -> list[Path]:
    """Write a Parquet file per model and return their paths. Raises LibraryMissing."""
    parquet = _library("pyarrow.parquet")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for model, rows in tables.items():
        written.append(folder / f"{model}.parquet")
        parquet.write_table(arrow_table(rows), written[-1])
    return written


def _write_csv(rows: Sequence[Row], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns_of(rows), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise LibraryMissing(f"{package} is needed for this: pip install 'mien[tables]'") from error
