"""Turn results that lie in files into tables."""

from pathlib import Path
from typing import Annotated

import typer

from mien.domain.errors import InvalidRequest
from mien.results.frames import write_csv, write_parquet
from mien.results.reading import read_tables
from mien.results.walking import Row


def import_results(
    files: Annotated[list[Path], typer.Argument(help="predictions.json, callback bodies, or zips of artifacts.")],
    csv: Annotated[Path | None, typer.Option(help="Folder to write a CSV table per model to.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder to write a Parquet table per model to.")] = None,
) -> None:
    """Turn results into one table per model, also old ones of the former hosted service.

    Example: mien import old/predictions.json old/artifacts.zip --csv tables
    """
    if csv is None and parquet is None:
        raise InvalidRequest("--csv or --parquet: say where the tables go")
    tables: dict[str, list[Row]] = {}
    for file in files:
        for model, rows in read_tables(file).items():
            tables.setdefault(model, []).extend(rows)
    written = (write_csv(tables, csv) if csv else []) + (write_parquet(tables, parquet) if parquet else [])
    for path in written:
        print(f"{path}: {len(tables[path.stem])} rows")
