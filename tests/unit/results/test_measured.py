import json

import pytest

from mien.domain.errors import InvalidRequest
from mien.results.measured import Measured
from mien.results.walking import Problem
from tests.unit.results.test_walking import FACE, GONE, WORD, an_element


@pytest.fixture
def measured():
    later = FACE | {"time": 0.5, "emotions": [{"name": "Joy", "score": 0.9}]}
    return Measured([an_element(face=[FACE, later], language=[WORD]), GONE])


def test_it_is_still_the_array(measured):
    assert measured[0]["source"]["filename"] == "clip.mp4" and len(measured) == 2
    assert json.loads(measured.to_json()) == measured


def test_it_turns_into_a_data_frame(measured):
    frame = measured.to_pandas("face")
    assert list(frame["Joy"]) == [0.5, 0.9]
    assert list(frame.columns[:6]) == ["source", "file", "id", "frame", "time", "prob"]


def test_it_turns_into_an_arrow_table(measured):
    table = measured.to_arrow("face")
    assert table.column("Joy").to_pylist() == [0.5, 0.9]


def test_a_model_may_be_left_out_only_when_there_is_one(measured):
    with pytest.raises(InvalidRequest, match="face, language"):
        measured.to_pandas()
    assert len(Measured([an_element(face=[FACE])]).to_pandas()) == 1
    assert len(Measured([GONE]).to_pandas()) == 0


def test_it_is_written_as_csv_and_parquet(measured, tmp_path):
    csv, parquet = measured.to_csv(tmp_path / "csv"), measured.to_parquet(tmp_path / "parquet")
    assert [path.name for path in (*csv, *parquet)] == ["face.csv", "language.csv", "face.parquet", "language.parquet"]
    lines = csv[0].read_text().splitlines()
    assert lines[0].startswith("source,file,id,frame,time,prob,box_x") and len(lines) == 3


def test_it_says_what_could_not_be_measured(measured):
    assert measured.problems == [Problem("http://a.example/x", "HTTP 404")]
    assert measured.models == ["face", "language"]


def test_it_draws_expressions_over_time(measured):
    figure = measured.plot("face")
    assert [(line.name, list(line.x), list(line.y)) for line in figure.data] == [("Joy", [0.1, 0.5], [0.5, 0.9])]


def test_words_without_a_time_are_drawn_as_bars_or_a_heat_map(measured):
    assert Measured([an_element(language=[WORD | {"time": None}])]).plot().data[0].type == "bar"
    assert Measured([an_element(language=[WORD | {"time": None}] * 2)]).plot().data[0].type == "heatmap"


def test_files_are_told_apart_when_there_are_several():
    other = an_element(face=[FACE])
    other["results"]["predictions"][0]["file"] = "other.mp4"
    figure = Measured([an_element(face=[FACE]), other]).plot()
    assert list(figure.layout.yaxis.ticktext) == ["clip.mp4 a", "other.mp4 a"]


def test_where_nothing_was_found_there_is_nothing_to_draw():
    with pytest.raises(InvalidRequest, match="nothing to draw"):
        Measured([GONE]).plot()


def test_it_sums_up_what_each_model_found(measured):
    face, language = measured.overview()
    assert (face.model, face.files, face.predictions, face.strongest) == ("face", 1, 2, [("Joy", 0.7)])
    assert language.model == "language"


def test_it_writes_a_report(measured, tmp_path):
    page = measured.report(tmp_path / "report.html").read_text()
    assert (
        "clip.mp4" in page and "HTTP 404" in page and "All files" in page and "do not say what a person feels" in page
    )


def test_old_results_are_read_from_a_file(measured, tmp_path):
    measured.to_json(tmp_path / "predictions.json")
    assert Measured.read(tmp_path / "predictions.json") == measured
