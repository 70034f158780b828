import json
import zipfile

import pytest

from mien.domain.errors import InvalidRequest
from mien.results.reading import read_predictions, read_tables
from tests.unit.results.test_walking import FACE, WORD, an_element


def test_an_array_and_a_callbacks_body_read_alike(tmp_path):
    array, body = tmp_path / "predictions.json", tmp_path / "callback.json"
    elements = [an_element(face=[FACE], language=[WORD])]
    array.write_text(json.dumps(elements))
    body.write_text(json.dumps({"job_id": "x", "status": "COMPLETED", "predictions": elements}))
    assert read_predictions(array) == read_predictions(body) == elements
    assert read_tables(array)["face"][0]["Joy"] == 0.5


def test_a_zip_of_artifacts_reads_under_our_names(tmp_path):
    path = tmp_path / "artifacts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("url-0-a.zip/csv/day/clip.mp4/face.csv", "Id,Frame,Time,FaceX0,Joy\nface_0,3,0.1,12.5,0.25\n")
        archive.writestr("text-0/csv/1/language.csv", 'Id,Text,BeginPosition,BeginTime,Joy\nunknown,"1984",0,,0.5\n')
        archive.writestr("url-0-a.zip/faces/day/clip.mp4/face_0/frame=3.png", b"png")
    assert read_tables(path) == {
        "face": [
            {
                "source": "url-0-a.zip",
                "file": "day/clip.mp4",
                "id": "face_0",
                "frame": 3,
                "time": 0.1,
                "box_x": 12.5,
                "Joy": 0.25,
            }
        ],
        "language": [
            {
                "source": "text-0",
                "file": "1",
                "id": "unknown",
                "text": "1984",
                "position_begin": 0,
                "begin": None,
                "Joy": 0.5,
            }
        ],
    }


@pytest.mark.parametrize(
    "content", [b"", b"{", b"42", b"[1]", b'[{"source": {}}]', b'{"message": "job is in progress"}']
)
def test_what_is_no_result_is_refused_by_name(tmp_path, content):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(InvalidRequest, match=r"odd\.json"):
        read_tables(path)


def test_a_zip_without_tables_is_refused(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a")
    with pytest.raises(InvalidRequest, match="without tables"):
        read_tables(path)


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file-0-a/csv/a/face.csv", "Id,Frame\n" + "face_0,3\n" * 100)
    content = bytearray(path.read_bytes())
    content[60:80] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(InvalidRequest, match="damaged"):
        read_tables(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="no such file"):
        read_tables(tmp_path / "missing.json")


def test_numbers_in_words_stay_words(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("text-0/csv/1/ner.csv", "w") as out:
        out.write(b"Id,Entity,Support\nunknown,007,12\n")
    assert read_tables(path)["ner"][0]["entity"] == "007"
