"""Turn results that lie in files into tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from mien.domain.errors import InvalidRequest
from mien.results.reading import read_tables
from mien.results.table_files import joined_kinds, kinds_of, open_tables

RESULTS: Final = (".json", ".zip")


def import_results(
    files: Annotated[
        list[Path],
        typer.Argument(help="predictions.json, callback bodies, or zips of artifacts; a folder stands for all in it."),
    ],
    csv: Annotated[Path | None, typer.Option(help="Folder to write a CSV table per model to.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder to write a Parquet table per model to.")] = None,
) -> None:
    """Turn results into one table per model, also old ones of the former hosted service.

    Example: mien import old/predictions.json old/artifacts.zip --csv tables
    """
    if csv is None and parquet is None:
        raise InvalidRequest("--csv or --parquet: say where the tables go")
    found = [file for path in files for file in _results_in(path)]
    # Read twice, file after file: the columns of all must be known before the first row is written.
    kinds = joined_kinds({model: kinds_of(rows) for model, rows in read_tables(file).items()} for file in found)
    for ending, folder in (("csv", csv), ("parquet", parquet)):
        if folder is None:
            continue
        rows_of = dict.fromkeys(kinds, 0)
        with open_tables(folder, ending, kinds) as tables:
            for file in found:
                for model, rows in read_tables(file).items():
                    tables[model].add(rows)
                    rows_of[model] += len(rows)
        for model, count in rows_of.items():
            print(f"{folder / model}.{ending}: {count} rows")


def _results_in(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in RESULTS and file.is_file()]
    if not found:
        raise InvalidRequest(f"{path}: the folder holds no .json and no .zip")
    return found
