"""Measure local files without a server."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from mien.api import files_of, open_measurement
from mien.assembly import build_viewer
from mien.cli.analyze_outputs import Summary, plotted, printed, unpacked, write_page, write_tables
from mien.cli.analyze_run import Result, Run, stoppable
from mien.cli.pictures import Showing
from mien.domain.errors import InvalidRequest
from mien.results.kept import PIECES, open_kept
from mien.results.table_files import library
from mien.settings import read_settings

KEPT = ".mien"


@dataclass(frozen=True)
class Outputs:
    """Hold where results go, None for what is not wanted."""

    as_json: bool
    csv: Path | None
    parquet: Path | None
    artifacts: Path | None
    plot: Path | None
    report: Path | None
    keep: Path | None

    @property
    def kept(self) -> Path | None:
        """Return the folder that keeps results between runs: the one named, else one beside what is written."""
        drawn = self.plot if self.plot and not self.plot.suffix else None
        beside = self.parquet or self.csv or self.artifacts or drawn or (self.report.parent if self.report else None)
        return self.keep or (beside / KEPT if beside else None)

    def writes(self, path: Path) -> bool:
        """Say whether a file is what an earlier run wrote, and so nothing to measure."""
        places = [
            place.resolve() for place in (self.csv, self.parquet, self.artifacts, self.plot, self.report) if place
        ]
        return any(place in (path.resolve(), *path.resolve().parents) for place in places)


def analyze(  # noqa: PLR0913  # each option of a command is a parameter
    files: Annotated[list[Path], typer.Argument(help="Files, folders or archives.")],
    models: Annotated[str | None, typer.Option(help="Models to run, separated by commas; default: all.")] = None,
    options: Annotated[str | None, typer.Option(help="Options of the models as JSON, as in a request.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the predictions array.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Folder to write a CSV table per model to.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder to write a Parquet table per model to.")] = None,
    artifacts: Annotated[
        Path | None, typer.Option(help="Folder to unpack the API's artifacts to: tables per file, face pictures.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="PNG file for a photograph's faces, or HTML for a chart; for several files a folder."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file to write a report with charts to.")] = None,
    expressions: Annotated[
        str | None, typer.Option(help="Expressions to draw in charts, separated by commas; default: the strongest.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder of what is measured; default: .mien where tables, artifacts or the report go."),
    ] = None,
) -> None:
    """Measure files, folders or archives in this process, without a server.

    What is measured is kept file by file. Stopped and started again, the command goes on where it was: files measured
    with the same options that have not changed are skipped; those that failed are tried again. Errors come last, with
    exit code 1.

    Subtitles beside a recording (talk.srt or talk.en.vtt beside talk.mp4) are taken for what is said in it.

    Example: mien analyze holiday.zip --models face --options '{"face": {"fps_pred": 1}}' --csv tables
    """
    outputs = Outputs(as_json, csv, parquet, artifacts, plot, report, keep)
    if parquet is not None:
        library("pyarrow")
    local = [file for file in files_of(files) if not outputs.writes(file.path)]
    with (
        stoppable(outputs.kept is not None),
        _folder(outputs.kept) as folder,
        open_measurement(local, _chosen(models, options), pieces=folder / PIECES) as measurement,
        open_kept(folder, measurement.fingerprint) as kept,
    ):
        summary = _write(Run(local, measurement, kept), outputs, _names(expressions))
    if summary.overview.problems:
        raise typer.Exit(1)


def _write(run: Run, outputs: Outputs, expressions: list[str]) -> Summary:
    showing = Showing(build_viewer(read_settings()), expressions)
    summary = Summary()
    for result in _passed_through(run, outputs, showing):
        summary.add(result)
    for ending, folder in (("csv", outputs.csv), ("parquet", outputs.parquet)):
        if folder is not None:
            write_tables(run.again, run.kept, ending, folder)
    if outputs.report is not None:
        write_page(run.again, showing, summary.overview, outputs.report)
    if not outputs.as_json:
        summary.print()
    summary.print_problems()
    return summary


def _passed_through(run: Run, outputs: Outputs, showing: Showing) -> Iterable[Result]:
    """Return the results, each on its way printed, drawn and unpacked as asked for."""
    results: Iterable[Result] = run.results()
    if outputs.plot is not None:
        results = plotted(results, showing, outputs.plot, len(run.files) > 1)
    if outputs.artifacts is not None:
        results = unpacked(results, run.kept, outputs.artifacts)
    return printed(results) if outputs.as_json else results


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with TemporaryDirectory(prefix="mien-kept-") as passing:
        yield Path(passing)


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
