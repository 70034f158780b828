"""Printing and writing what was measured."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest

from mien.api import LocalFile
from mien.cli.analyze_outputs import MOST_ROWS, Summary, printed, unpacked, write_tables
from mien.cli.analyze_run import Result
from mien.results.kept import KeptFolder, Subject, open_kept
from tests.unit.results.test_walking import FACE, WORD, an_element

Make = Callable[..., Result]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptFolder]:
    with open_kept(tmp_path / "kept", "options") as folder:
        yield folder


@pytest.fixture
def result(kept: KeptFolder, tmp_path: Path) -> Make:
    """Make the kept result of a file."""

    def make(name: str, element: dict[str, Any], artifacts: dict[str, str] | None = None) -> Result:
        path = tmp_path / "in" / f"{len(list(kept.folder.iterdir()))}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        kept.keep(Subject(path), json.dumps(element).encode(), _zip(artifacts) if artifacts else None)
        return Result(LocalFile(path, name), Subject(path), kept, fresh=True)

    return make


def _zip(entries: dict[str, str]) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, text in entries.items():
            written.writestr(name, text)
    content.seek(0)
    return content


def test_the_array_is_printed_element_by_element(result: Make, capsys: pytest.CaptureFixture[str]) -> None:
    elements = [an_element(face=[FACE]), an_element(language=[WORD])]

    passed = list(printed(result("a", element) for element in elements))

    assert json.loads(capsys.readouterr().out) == elements
    assert len(passed) == 2


def test_few_predictions_are_printed_one_by_one(result: Make, capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary()
    summary.add(result("a", an_element(face=[FACE])))
    summary.add(result("empty.png", an_element()))
    summary.print()

    said = capsys.readouterr().out
    assert "clip.mp4" in said and "Joy 0.50" in said
    assert "empty.png" in said and "nothing found" in said


def test_many_predictions_are_summed_up(result: Make, capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary()
    for _ in range(3):
        summary.add(result("a", an_element(face=[FACE] * MOST_ROWS)))
    summary.print()

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].split() == ["face", "3", str(3 * MOST_ROWS), "Joy", "0.50"]


def test_problems_are_printed_once_each_with_their_file(result: Make, capsys: pytest.CaptureFixture[str]) -> None:
    broken = {"source": {"type": "file", "filename": "b.png"}, "error": "b.png: could not be read"}
    member = an_element()
    member["results"]["errors"] = [{"file": "c.png", "message": "file is empty"}]
    summary = Summary()
    summary.add(result("b.png", broken))
    summary.add(result("c.zip", member))
    summary.print_problems()

    assert capsys.readouterr().err == "error: b.png: could not be read\nerror: c.png: file is empty\n"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_all_files_share_a_table_per_model(result: Make, kept: KeptFolder, tmp_path: Path, ending: str) -> None:
    written = WORD | {"time": None}
    results = [result("a", an_element(face=[FACE])), result("b", an_element(language=[written, WORD], face=[FACE]))]

    paths = write_tables(lambda: results, kept, ending, tmp_path / "tables")

    read = pandas.read_csv if ending == "csv" else pandas.read_parquet
    assert [path.name for path in paths] == [f"face.{ending}", f"language.{ending}"]
    assert len(read(paths[0])) == 2
    assert read(paths[1])["begin"].isna().tolist() == [True, False]


def test_artifacts_are_unpacked_under_the_name_of_their_file(result: Make, kept: KeptFolder, tmp_path: Path) -> None:
    tables = {"file-7-a.png/csv/a.png/face.csv": "Id\n"}
    results = [result("a.png", an_element(face=[FACE]), tables), result("a.png", an_element(face=[FACE]), tables)]
    results.append(result("nothing.png", an_element()))

    list(unpacked(results, kept, tmp_path / "out"))

    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.csv"))
    assert found == ["a.png-2/csv/a.png/face.csv", "a.png/csv/a.png/face.csv"]
