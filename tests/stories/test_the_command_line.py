import csv
import json
import re

import pytest

import mien
from mien.api import LocalFile, open_measurement
from mien.domain.errors import InvalidRequest
from tests.stories.serving import run


@pytest.fixture(scope="module")
def folder(photographs, tmp_path_factory):
    place = tmp_path_factory.mktemp("pictures")
    for name, content in photographs.items():
        (place / name).write_bytes(content)
    return place


def test_analyze_prints_the_predictions_array(folder):
    done = run("analyze", str(folder / "astronaut.png"), "--models", "face,facemesh", "--json")
    (element,) = json.loads(done.stdout)
    (item,) = element["results"]["predictions"]
    assert element["source"]["filename"] == "astronaut.png"
    assert list(item["models"]) == ["face", "facemesh"]


def test_analyze_shows_a_table_and_writes_csv_files(folder, tmp_path):
    done = run("analyze", str(folder), "--models", "face", "--csv", str(tmp_path), "--artifacts", str(tmp_path / "api"))
    assert re.search(r"astronaut\.png\s+face\s+unknown\s+box .*Joy 0\.\d\d", done.stdout)
    rows = list(csv.DictReader((tmp_path / "face.csv").open(encoding="utf-8")))
    assert sum(float(row["prob"]) > 0.99 for row in rows) == 2
    assert {row["source"] for row in rows} == {f"{folder.name}/astronaut.png", f"{folder.name}/grace_hopper.jpg"}
    tables = sorted((tmp_path / "api").rglob("face.csv"))
    assert len(tables) == 3
    old = [row for table in tables for row in csv.DictReader(table.open(encoding="utf-8"))]
    assert [row["Joy"] for row in old] == [row["Joy"] for row in rows]


def test_analyze_names_what_it_could_not_measure_and_ends_with_code_1(folder, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    done = run("analyze", str(broken), str(folder / "astronaut.png"), "--models", "face", expect=1)
    assert "astronaut.png" in done.stdout
    assert "broken.jpg: " in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["/no/such/file.jpg"], "/no/such/file.jpg"),
        (["--models", "prosody"], "none of the requested models (prosody) applies to image files"),
        (["--models", "face", "--options", '{"face": {"prob_threshold": 2}}'], "models.face.prob_threshold"),
        (["--options", "{"], "--options"),
    ],
)
def test_analyze_says_what_is_wrong_in_one_line(folder, arguments, said):
    files = [] if "/no/such/file.jpg" in arguments else [str(folder / "astronaut.png")]
    done = run("analyze", *files, *arguments, expect=1)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_library_measures_like_the_command(folder):
    done = run("analyze", str(folder / "astronaut.png"), "--models", "face", "--json")
    assert mien.analyze(folder / "astronaut.png", face={}) == json.loads(done.stdout)


def test_the_library_measures_texts():
    result = mien.analyze(texts=["I love it!", "", "Nobody answered."], language={"granularity": "passage"})
    assert sorted({row["file"] for row in result.rows("language")}) == ["1", "3"]
    with pytest.raises(InvalidRequest, match="list of texts"):
        mien.analyze(texts="I love it!")


def test_a_file_that_is_gone_when_its_turn_comes_is_an_error_of_its_own(tmp_path):
    files = [LocalFile(tmp_path / "gone.txt", "gone.txt"), LocalFile(tmp_path / "here.txt", "here.txt")]
    (tmp_path / "here.txt").write_text("I am so glad.")
    with open_measurement(files, {"language": {}}) as measurement:
        gone, here = [json.loads(measured.element) for measured in measurement]
    assert gone["error"] == "gone.txt: No such file or directory"
    assert here["results"]["predictions"][0]["file"] == "here.txt"


def test_analyze_draws_whatever_there_is(folder, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "words.txt").write_text("What a day! I am so glad.")
    (tmp_path / "in" / "astronaut.png").write_bytes((folder / "astronaut.png").read_bytes())
    drawn = tmp_path / "drawn"
    run("analyze", str(tmp_path / "in"), "--models", "face,language", "--plot", str(drawn), expect=0)
    assert (drawn / "in" / "astronaut.png.png").read_bytes().startswith(b"\x89PNG")
    assert '<script charset="utf-8" src="../plotly.min.js">' in (drawn / "in" / "words.txt.html").read_text()
    assert (drawn / "plotly.min.js").exists()


def test_the_library_refuses_options_out_of_range(folder):
    with pytest.raises(InvalidRequest, match=r"models\.prosody\.window\.length"):
        mien.analyze(folder / "astronaut.png", prosody={"window": {"length": 0.1}})


def test_keys_create_prints_the_key_and_nothing_else(tmp_path):
    done = run("keys", "create", "--data", str(tmp_path), "--owner", "ana")
    assert re.fullmatch(r"mien_[\w-]+\n", done.stdout)


def test_jobs_lists_shows_and_fetches(server, folder, tmp_path):
    job_id = server.submit({"models": {"face": {}}}, ("a.png", (folder / "astronaut.png").read_bytes()))
    server.wait(job_id)
    asking = {"MIEN_SERVER": server.url, "MIEN_KEY": server.key}
    assert job_id in run("jobs", "list", **asking).stdout
    assert json.loads(run("jobs", "show", job_id, **asking).stdout)["state"]["status"] == "COMPLETED"
    run("jobs", "get", job_id, "--into", str(tmp_path), **asking)
    assert json.loads((tmp_path / "predictions.json").read_text()) == server.predictions(job_id)
    assert (tmp_path / "artifacts.zip").read_bytes()[:2] == b"PK"


def test_jobs_says_what_the_server_answered(server):
    done = run("jobs", "show", "no-such-job", expect=1, MIEN_SERVER=server.url, MIEN_KEY=server.key)
    assert "404: job not found" in done.stderr


def test_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path):
    assert "everything is in place" in run("doctor").stdout
    done = run("doctor", expect=1, MIEN_WEIGHTS=str(tmp_path))
    assert "face-detection-1 is missing: run `mien weights pull`" in done.stderr


def test_without_its_networks_a_file_says_so_and_no_face_is_made_up(folder, tmp_path):
    done = run("analyze", str(folder / "astronaut.png"), "--json", expect=1, MIEN_WEIGHTS=str(tmp_path))
    (element,) = json.loads(done.stdout)
    assert element["results"]["predictions"] == []
    assert "mien weights pull" in element["results"]["errors"][0]["message"]


def test_weights_are_listed_and_verified():
    assert "face-expression-3" in run("weights", "list").stdout
    assert "face-mesh-1: present" in run("weights", "verify").stdout
