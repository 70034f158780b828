"""Print and write what was measured, file after file, so that thousands need no more memory than one."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZipFile

from rich.table import Table

from mien.cli.analyze_run import Result
from mien.cli.pictures import Showing, plot_place
from mien.cli.readable import expressions, where, wide_console
from mien.pictures.report import write_report
from mien.results.kept import KeptFolder
from mien.results.overview import Overview
from mien.results.table_files import joined_kinds, open_tables
from mien.results.walking import problems_of, tables_of, walk
from mien.wire.artifacts import safe_path

Results = Callable[[], Iterable[Result]]
MOST_ROWS: Final = 60
"""Up to so many predictions are printed one by one; of more there is a summary."""

MOST_REPORTED: Final = 100
MOST_PROBLEMS: Final = 200


@dataclass
class Summary:
    """Gather what is said of all files: each prediction as long as there are few, and an overview."""

    overview: Overview = field(default_factory=Overview)
    _rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Take in one file."""
        self.overview.add(result.element)
        if len(self._rows) > MOST_ROWS:
            return
        before = len(self._rows)
        for file, model, group, prediction in walk(result.element):
            self._rows.append((file, model, group, where(prediction), expressions(prediction)))
            if len(self._rows) > MOST_ROWS:
                return
        if len(self._rows) == before and not problems_of(result.element):
            self._rows.append((result.file.name, "", "", "nothing found", ""))

    def print(self) -> None:
        """Print it: a line per prediction, or of many predictions a line per model."""
        wide_console().print(self._lines() if len(self._rows) <= MOST_ROWS else self._totals())

    def print_problems(self) -> None:
        """Print what could not be measured to standard error, a line each."""
        for problem in self.overview.problems[:MOST_PROBLEMS]:
            named = problem.message.startswith(f"{problem.file}: ")
            print(f"error: {problem.message if named else f'{problem.file}: {problem.message}'}", file=sys.stderr)
        if (more := len(self.overview.problems) - MOST_PROBLEMS) > 0:
            print(f"error: and {more} more; --json has all of them", file=sys.stderr)

    def _lines(self) -> Table:
        table = Table("file", "model", "id", "where", "strongest expressions", box=None)
        for row in self._rows:
            table.add_row(*row)
        return table

    def _totals(self) -> Table:
        table = Table("model", "files", "predictions", "strongest expressions, mean over all predictions", box=None)
        for one in self.overview.models():
            strongest = ", ".join(f"{name} {score:.2f}" for name, score in one.strongest)
            table.add_row(one.model, str(one.files), str(one.predictions), strongest)
        return table


def printed(results: Iterable[Result]) -> Iterator[Result]:
    """Print the predictions array element by element, and pass the results through."""
    print("[", end="")
    for number, result in enumerate(results):
        print("," if number else "", end="\n")
        print(result.content.decode(), end="", flush=True)
        yield result
    print("\n]")


def plotted(results: Iterable[Result], showing: Showing, plot: Path, several: bool) -> Iterator[Result]:
    """Draw each result that is new or not drawn yet, and pass the results through."""
    for result in results:
        place = plot_place(plot, result.file, several, result.element)
        if result.fresh or not several or not place.exists():
            showing.plot(result.file, result.element, place, plot / "plotly.min.js" if several else None)
        yield result


def unpacked(results: Iterable[Result], kept: KeptFolder, folder: Path) -> Iterator[Result]:
    """Unpack each result's artifacts into a folder named after the file, and pass the results through."""
    taken: set[str] = set()
    for result in results:
        top = _free(safe_path(result.file.name), taken)
        with kept.artifacts(result.subject) as archive:
            if archive is not None:
                _unpack(archive, folder / top)
        yield result


def write_tables(results: Results, kept: KeptFolder, ending: str, folder: Path) -> list[Path]:
    """Write a table per model of all results; `ending` is `csv` or `parquet`. Return the paths."""
    kinds = joined_kinds(kept.kinds(result.subject) for result in results())
    with open_tables(folder, ending, kinds) as files:
        for result in results():
            for model, rows in tables_of([result.element]).items():
                files[model].add(rows)
    return [folder / f"{model}.{ending}" for model in kinds]


def write_page(results: Results, showing: Showing, overview: Overview, path: Path) -> None:
    """Write the report: an overview of several files, then the first hundred of them with charts and pictures."""
    shown = (result for number, result in enumerate(results()) if number < MOST_REPORTED)
    sources = (showing.reported(result.file, json.loads(result.content)) for result in shown)
    totals = overview.models() if overview.sources > 1 else ()
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as out:
        out.writelines(write_report(sources, showing.expressions, totals, max(0, overview.sources - MOST_REPORTED)))
    partial.replace(path)


def _unpack(archive: ZipFile, folder: Path) -> None:
    """Unpack all below its first step, which says in which place of a request the file was."""
    for entry in archive.infolist():
        steps: Sequence[str] = PurePosixPath(entry.filename).parts[1:]
        place = folder.joinpath(*steps)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(archive.read(entry))


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number, free = number + 1, f"{name}-{number + 1}"
    taken.add(free)
    return free
