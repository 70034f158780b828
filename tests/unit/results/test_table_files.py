"""Writing long tables."""

import csv
from pathlib import Path

import pandas
import pyarrow.parquet
import pytest

from mien.results.table_files import ROWS_AT_A_TIME, joined_kinds, kinds_of, open_tables
from mien.results.walking import Row

TEXT: list[Row] = [{"id": "a", "text": "Fine", "begin": None, "Joy": 0.25}]
SPEECH: list[Row] = [{"id": "b", "text": "Well", "begin": 1, "sure": True}, {"id": "b", "begin": 1.5}]


def test_columns_of_all_parts_are_joined_in_order_of_appearance() -> None:
    kinds = joined_kinds([{"language": kinds_of(TEXT)}, {"language": kinds_of(SPEECH)}])

    assert kinds == {"language": {"id": "text", "text": "text", "begin": "number", "Joy": "number", "sure": "flag"}}


def test_words_among_numbers_make_a_column_of_words() -> None:
    assert kinds_of([{"support": 3}, {"support": "many"}]) == {"support": "text"}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_parts_with_different_columns_become_one_table(tmp_path: Path, ending: str) -> None:
    kinds = joined_kinds([{"language": kinds_of(TEXT)}, {"language": kinds_of(SPEECH)}])

    with open_tables(tmp_path, ending, kinds) as files:
        files["language"].add(TEXT)
        files["language"].add(SPEECH)

    read = pandas.read_csv if ending == "csv" else pandas.read_parquet
    frame = read(tmp_path / f"language.{ending}")
    assert list(frame["id"]) == ["a", "b", "b"]
    assert frame["begin"].tolist()[1:] == [1.0, 1.5]
    assert frame["Joy"].isna().tolist() == [False, True, True]


def test_parquet_is_written_a_few_thousand_rows_at_a_time(tmp_path: Path) -> None:
    rows: list[Row] = [{"id": "a", "frame": number} for number in range(ROWS_AT_A_TIME + 1)]

    with open_tables(tmp_path, "parquet", {"face": kinds_of(rows)}) as files:
        files["face"].add(rows)

    file = pyarrow.parquet.ParquetFile(tmp_path / "face.parquet")
    assert (file.num_row_groups, file.metadata.num_rows) == (2, len(rows))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_that_was_not_finished_does_not_replace_the_one_before(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"face.{ending}").write_text("before")

    with pytest.raises(RuntimeError), open_tables(tmp_path, ending, {"face": {"id": "text"}}) as files:
        files["face"].add([{"id": "a"}])
        raise RuntimeError

    assert [path.name for path in tmp_path.iterdir()] == [f"face.{ending}"]
    assert (tmp_path / f"face.{ending}").read_text() == "before"


def test_words_among_numbers_are_written(tmp_path: Path) -> None:
    rows: list[Row] = [{"support": 3}, {"support": "many"}]

    with open_tables(tmp_path, "parquet", {"ner": kinds_of(rows)}) as files:
        files["ner"].add(rows)

    assert pandas.read_parquet(tmp_path / "ner.parquet")["support"].tolist() == ["3", "many"]


def test_commas_quotes_and_lines_in_texts_survive(tmp_path: Path) -> None:
    rows: list[Row] = [{"text": 'He said "no",\nthen left'}]

    with open_tables(tmp_path, "csv", {"language": kinds_of(rows)}) as files:
        files["language"].add(rows)

    with (tmp_path / "language.csv").open(newline="", encoding="utf-8") as written:
        assert list(csv.DictReader(written)) == rows
