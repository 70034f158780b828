"""Turn rows into what people compute with: pandas and Arrow tables, CSV and Parquet files."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mien.results.table_files import Kinds, TableFile, kinds_of, library, open_csv, open_parquet
from mien.results.walking import Row

Tables = Mapping[str, Sequence[Row]]


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of all columns, in the order they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def data_frame(rows: Sequence[Row]) -> Any:
    """Return rows as a pandas DataFrame. Raises LibraryMissing."""
    return library("pandas").DataFrame(list(rows), columns=columns_of(rows))


def arrow_table(rows: Sequence[Row]) -> Any:
    """Return rows as an Arrow table. Raises LibraryMissing."""
    return library("pyarrow").table({name: [row.get(name) for row in rows] for name in columns_of(rows)})


def write_csv(tables: Tables, folder: Path) -> list[Path]:
    """Write a CSV file per model, UTF-8 with a header, and return their paths; what is not known is an empty cell."""
    return _written(tables, folder, "csv", open_csv)


def write_parquet(tables: Tables, folder: Path) -> list[Path]:
    """Write a Parquet file per model and return their paths. Raises LibraryMissing."""
    return _written(tables, folder, "parquet", open_parquet)


def _written(
    tables: Tables, folder: Path, ending: str, opened: Callable[[Path, Kinds], AbstractContextManager[TableFile]]
) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for model, rows in tables.items():
        paths.append(folder / f"{model}.{ending}")
        with opened(paths[-1], kinds_of(rows)) as file:
            file.add(rows)
    return paths
