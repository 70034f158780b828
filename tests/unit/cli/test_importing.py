"""Turning old results into tables."""

import json
import zipfile
from pathlib import Path

import pandas
import pytest
from typer.testing import CliRunner

from mien.cli.main import app
from tests.unit.results.test_walking import FACE, WORD, an_element


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "later").mkdir(parents=True)
    written = [an_element(face=[FACE, FACE], language=[WORD | {"time": None}])]
    (folder / "predictions.json").write_text(json.dumps(written))
    with zipfile.ZipFile(folder / "later" / "artifacts.zip", "w") as archive:
        archive.writestr("file-0-a/csv/a.mp4/face.csv", "Id,Frame,Time,FaceX0,Joy\nface_0,3,0.1,12.5,0.25\n")
    (folder / "notes.txt").write_text("not a result")
    return folder


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_of_results_becomes_a_table_per_model(old: Path, tmp_path: Path, ending: str) -> None:
    done = CliRunner().invoke(app, ["import", str(old), f"--{ending}", str(tmp_path / "tables")])

    assert done.exit_code == 0, done.output
    assert f"face.{ending}: 3 rows" in done.output
    read = pandas.read_csv if ending == "csv" else pandas.read_parquet
    faces = read(tmp_path / "tables" / f"face.{ending}")
    assert faces["box_x"].tolist() == [12.5, 1.0, 1.0]
    assert faces["prob"].isna().tolist() == [True, False, False]
    assert len(read(tmp_path / "tables" / f"language.{ending}")) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["missing.json", "--csv", "out"], "missing.json: no such file"), (["x.json"], "--csv or --parquet")],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["import", *arguments])

    assert done.exit_code == 1
    assert said in done.stderr


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["import", str(tmp_path), "--csv", str(tmp_path / "out")])

    assert done.exit_code == 1
    assert "holds no .json and no .zip" in done.stderr
