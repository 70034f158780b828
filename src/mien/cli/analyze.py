"""Measure local files without a server."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any
from zipfile import ZipFile

import typer
from rich.console import Console
from rich.progress import Progress, TimeRemainingColumn
from rich.table import Table

from mien.api import MeasuredFile, files_of, open_measurement
from mien.assembly import build_viewer
from mien.cli.pictures import Showing
from mien.cli.readable import expressions, problems, where, wide_console
from mien.domain.errors import InvalidRequest
from mien.results.frames import write_parquet
from mien.results.walking import Row, tables_of, walk
from mien.settings import read_settings


def analyze(  # noqa: PLR0913  # each option of a command is a parameter
    files: Annotated[list[Path], typer.Argument(help="Files, folders or archives.")],
    models: Annotated[str | None, typer.Option(help="Models to run, separated by commas; default: all.")] = None,
    options: Annotated[str | None, typer.Option(help="Options of the models as JSON, as in a request.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the predictions array.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Folder to write the CSV tables to.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder to write a Parquet table per model to.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="PNG file to draw a photograph's faces on; for several photographs a folder.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file to write a report with timelines to.")] = None,
    expressions: Annotated[
        str | None, typer.Option(help="Expressions to draw in the report, separated by commas; default: the strongest.")
    ] = None,
) -> None:
    """Measure files, folders or archives in this process, without a server.

    Subtitles beside a recording (talk.srt or talk.en.vtt beside talk.mp4) are taken for what is said in it.
    Exit code 1 when something could not be measured.

    Example: mien analyze holiday.zip --models face --options '{"face": {"fps_pred": 1}}' --csv tables
    """
    chosen = _chosen(models, options)
    local = files_of(files)
    failed = 0
    with open_measurement(local, chosen) as measurement:
        watched = _with_parquet(_with_tables(_with_progress(measurement, len(local)), csv), parquet)
        if plot or report:
            watched = Showing(build_viewer(read_settings()), local, plot, report, _names(expressions)).show(watched)
        failed = _print_json(watched) if as_json else _print_table(watched)
    if failed:
        raise typer.Exit(1)


def _chosen(models: str | None, options: str | None) -> dict[str, dict[str, Any]] | None:
    try:
        told = json.loads(options) if options else {}
    except ValueError as error:
        raise InvalidRequest(f"--options is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise InvalidRequest('--options must be an object of models, like {"face": {}}')
    named = _names(models) if models else list(told)
    return {name: told.get(name) or {} for name in named} or None


def _names(told: str | None) -> list[str]:
    return [name.strip() for name in told.split(",") if name.strip()] if told else []


def _with_progress(measurement: Iterable[MeasuredFile], total: int) -> Iterator[MeasuredFile]:
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("measuring", total=total)
        for measured in measurement:
            progress.update(bar, advance=1, description=measured.file[-40:])
            yield measured


def _with_tables(measurement: Iterable[MeasuredFile], folder: Path | None) -> Iterator[MeasuredFile]:
    for measured in measurement:
        if folder is not None and measured.artifacts is not None:
            with ZipFile(measured.artifacts) as archive:
                archive.extractall(folder)
        yield measured


def _with_parquet(measurement: Iterable[MeasuredFile], folder: Path | None) -> Iterator[MeasuredFile]:
    if folder is None:
        yield from measurement
        return
    tables: dict[str, list[Row]] = {}
    for measured in measurement:
        for model, rows in tables_of([json.loads(measured.element)]).items():
            tables.setdefault(model, []).extend(rows)
        yield measured
    write_parquet(tables, folder)


def _print_json(measurement: Iterable[MeasuredFile]) -> int:
    """Print the array element by element, so that thousands of files need no memory; return how many had problems."""
    failed = 0
    print("[", end="")
    for number, measured in enumerate(measurement):
        print("," if number else "", end="\n")
        print(measured.element.decode(), end="")
        failed += bool(problems(json.loads(measured.element)))
    print("\n]")
    return failed


def _print_table(measurement: Iterable[MeasuredFile]) -> int:
    table = Table("file", "model", "id", "where", "strongest expressions", box=None)
    troubles: list[str] = []
    for measured in measurement:
        element = json.loads(measured.element)
        found = list(walk(element))
        for file, model, group, prediction in found:
            table.add_row(file, model, group, where(prediction), expressions(prediction))
        troubles += problems(element)
        if not found and not problems(element):
            table.add_row(measured.file, "", "", "nothing found", "")
    wide_console().print(table)
    for line in troubles:
        print(f"error: {line}", file=sys.stderr)
    return len(troubles)
