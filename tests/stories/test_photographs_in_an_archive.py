import csv
import io
import math

import numpy as np
import pytest
from PIL import Image

from mien.domain.labels import EMOTIONS_48
from tests.fakes_files import make_zip
from tests.fakes_heif import heif_bytes

TELEPHONE = "photographs/telephone.heic"
FACES = ["photographs/astronaut.png", "photographs/grace_hopper.jpg", TELEPHONE]


@pytest.fixture(scope="module")
def job(server, photographs, tmp_path_factory):
    lying = np.rot90(np.asarray(Image.open(io.BytesIO(photographs["astronaut.png"])).convert("RGB")), -1)
    members = {f"photographs/{name}": content for name, content in photographs.items()} | {
        TELEPHONE: heif_bytes(lying, quarter_turns=1),
        "photographs/cut.jpg": photographs["grace_hopper.jpg"][:3000],
        "photographs/empty.jpg": b"",
        "photographs/letter.jpg": b"Dear reader, this is no picture at all.\n",
        "photographs/.hidden.jpg": photographs["grace_hopper.jpg"],
        "__MACOSX/photographs/._astronaut.png": b"\x00\x05\x16\x07",
    }
    archive = make_zip(tmp_path_factory.mktemp("zip") / "faces.zip", members).read_bytes()
    request = {"models": {"face": {"save_faces": True}, "facemesh": {}}}
    job_id = server.submit(request, ("faces.zip", archive))
    return job_id, server.wait(job_id), server.predictions(job_id)


@pytest.fixture(scope="module")
def faces(job):
    """Prediction per file and model, of the files with a face."""
    (element,) = job[2]
    found = {}
    for item in element["results"]["predictions"]:
        for model, result in item["models"].items():
            for group in result["grouped_predictions"]:
                (found[item["file"], model],) = group["predictions"]
    return found


def test_the_job_completes_and_counts_faces_and_errors(job):
    _, state, _ = job
    assert (state["status"], state["num_predictions"], state["num_errors"]) == ("COMPLETED", 6, 3)
    assert state["created_timestamp_ms"] <= state["started_timestamp_ms"] <= state["ended_timestamp_ms"]


def test_each_photograph_gives_its_one_face(faces):
    assert sorted(faces) == sorted((file, model) for file in FACES for model in ("face", "facemesh"))


def test_a_clear_face_passes_the_default_threshold_and_its_box_holds_the_face(faces):
    face = faces["photographs/astronaut.png", "face"]
    box = face["box"]
    assert 0.99 <= face["prob"] <= 1
    assert (face["frame"], face["time"]) == (0, 0.0)
    # Eileen Collins's nose in this photograph is at about (225, 125); her head is some 100 to 180 pixels high.
    assert box["x"] < 225 < box["x"] + box["w"]
    assert box["y"] < 125 < box["y"] + box["h"]
    assert 90 < box["h"] < 200


def test_all_48_expressions_come_in_their_order_and_are_no_constants(faces):
    scores = {key: [one["score"] for one in face["emotions"]] for key, face in faces.items()}
    for face in faces.values():
        assert tuple(one["name"] for one in face["emotions"]) == EMOTIONS_48
        assert all(math.isfinite(one["score"]) and -0.1 <= one["score"] <= 1.2 for one in face["emotions"])
    assert scores[FACES[0], "face"] != scores[FACES[1], "face"]
    assert scores[FACES[0], "face"] != scores[FACES[0], "facemesh"]


def test_a_broad_smile_is_joyful(faces):
    scores = {one["name"]: one["score"] for one in faces["photographs/astronaut.png", "face"]["emotions"]}
    assert scores["Joy"] > 0.3
    assert scores["Joy"] > 3 * max(scores["Sadness"], scores["Anger"], scores["Fear"], scores["Disgust"])


def test_a_photograph_of_a_telephone_is_turned_upright_and_read_like_any_other(faces):
    one, same = (
        {score["name"]: score["score"] for score in faces[name, "face"]["emotions"]} for name in (FACES[0], TELEPHONE)
    )
    assert max(abs(same[name] - one[name]) for name in one) < 0.1


def test_outputs_not_asked_for_are_null_and_facemesh_has_no_place(faces):
    assert faces[FACES[0], "face"]["facs"] is None
    assert faces[FACES[0], "face"]["descriptions"] is None
    assert list(faces[FACES[0], "facemesh"]) == ["emotions"]


def test_a_photograph_without_a_face_gives_no_groups(job):
    items = {item["file"]: item for item in job[2][0]["results"]["predictions"]}
    assert items["photographs/coffee.png"]["file_type"] == "image"
    assert items["photographs/coffee.png"]["models"]["face"] == {"metadata": None, "grouped_predictions": []}


def test_what_cannot_be_measured_is_named_with_its_reason(job):
    errors = {error["file"]: error["message"] for error in job[2][0]["results"]["errors"]}
    assert set(errors) == {f"photographs/{name}.jpg" for name in ("cut", "empty", "letter")}
    assert "empty" in errors["photographs/empty.jpg"]
    assert "text" in errors["photographs/letter.jpg"]


def test_files_come_in_the_archive_s_order_and_hidden_ones_are_passed_over(job, photographs):
    names = [item["file"] for item in job[2][0]["results"]["predictions"]]
    assert names == [*(f"photographs/{name}" for name in photographs), TELEPHONE]


def test_the_artifacts_hold_a_table_per_file_and_model_and_the_faces(server, job, faces):
    archive = server.artifacts(job[0])
    names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"file-0-faces.zip"}
    assert "file-0-faces.zip/faces/photographs/astronaut.png/unknown/frame=0.png" in names
    table = archive.read("file-0-faces.zip/csv/photographs/astronaut.png/face.csv").decode()
    (row,) = csv.DictReader(io.StringIO(table))
    assert list(row)[:8] == ["Id", "Frame", "Time", "Probability", "FaceX0", "FaceY0", "FaceWidth", "FaceHeight"]
    assert list(row)[8 + 11 : 8 + 13] == ["Contemplation", "Confusion"]
    assert "Hand over Mouth" in row
    assert "Beaming" in row
    assert row["Beaming"] == ""
    joy = next(one["score"] for one in faces["photographs/astronaut.png", "face"]["emotions"] if one["name"] == "Joy")
    assert float(row["Joy"]) == pytest.approx(joy, abs=1e-6)
