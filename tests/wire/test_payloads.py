import csv
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from mien.server.parts import MEGABYTE, Limits
from tests.wire.running import Running, running_server

VIDEO = "https://media.example.com/clip.mp4?sig=abc"


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, headers={"X-Hume-Api-Key": running.key}) as client:
        yield client


def start(client: httpx.Client, **body: Any) -> str:
    answer = client.post("/v0/batch/jobs", json=body)
    assert answer.status_code == 200, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def finished(client: httpx.Client, job_id: str) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        job = client.get(f"/v0/batch/jobs/{job_id}").json()
        if job["state"]["status"] in ("COMPLETED", "FAILED"):
            return job
        time.sleep(0.05)
    raise AssertionError(f"still {job['state']}")


def predictions(client: httpx.Client, job_id: str) -> Any:
    finished(client, job_id)
    return client.get(f"/v0/batch/jobs/{job_id}/predictions").json()


def first(models: Any, name: str) -> Any:
    return models[name]["grouped_predictions"][0]["predictions"][0]


def test_a_job_goes_from_queued_to_completed_with_its_times(client: httpx.Client) -> None:
    job_id = start(client, urls=["https://media.example.com/slow.png"], models={"face": {}})
    before = client.get(f"/v0/batch/jobs/{job_id}").json()
    assert before["state"]["status"] in ("QUEUED", "IN_PROGRESS")
    state = finished(client, job_id)["state"]
    assert (state["status"], state["num_predictions"], state["num_errors"]) == ("COMPLETED", 3, 0)
    times = [state[f"{name}_timestamp_ms"] for name in ("created", "started", "ended")]
    assert times == sorted(times)
    assert all(isinstance(moment, int) and moment > 1_700_000_000_000 for moment in times)


def test_results_asked_for_too_early_are_refused(client: httpx.Client) -> None:
    job_id = start(client, urls=["https://media.example.com/slow.png"], models={"face": {}})
    for what in ("predictions", "artifacts"):
        answer = client.get(f"/v0/batch/jobs/{job_id}/{what}")
        assert (answer.status_code, answer.json()["message"]) == (400, "job is in progress")
    finished(client, job_id)


def test_a_video_by_url_gives_every_model_its_own_shape(client: httpx.Client) -> None:
    (element,) = predictions(client, start(client, urls=[VIDEO], models={"face": {}, "prosody": {}, "burst": {}}))
    assert element["source"] == {"type": "url", "url": VIDEO}
    assert element["results"]["errors"] == []
    (entry,) = element["results"]["predictions"]
    assert (entry["file"], entry["file_type"]) == ("clip.mp4", "video")
    assert set(entry["models"]) == {"face", "prosody", "burst"}
    face = first(entry["models"], "face")
    assert (face["frame"], face["facs"], face["descriptions"], len(face["emotions"])) == (0, None, None, 48)
    assert entry["models"]["prosody"]["metadata"] == {"confidence": 0.94, "detected_language": "en"}
    assert len(first(entry["models"], "burst")["descriptions"]) == 67
    assert {group["id"] for group in entry["models"]["face"]["grouped_predictions"]} == {"face_0", "face_1"}


def test_texts_share_one_source_and_are_numbered_from_one(client: httpx.Client) -> None:
    (element,) = predictions(client, start(client, text=["Good morning.", "Again."], models={"language": {}}))
    assert element["source"] == {"type": "text"}
    assert [entry["file"] for entry in element["results"]["predictions"]] == ["1", "2"]
    assert first(element["results"]["predictions"][0]["models"], "language")["position"] == {"begin": 0, "end": 4}


def test_sources_come_back_in_the_order_urls_files_texts(client: httpx.Client) -> None:
    body = {
        "urls": [VIDEO, "https://media.example.com/gone.png"],
        "text": ["x"],
        "models": {"face": {}, "language": {}},
    }
    files = [("file", ("a.png", b"1", "image/png")), ("json", ("upload", json.dumps(body), "application/octet-stream"))]
    answer = client.post("/v0/batch/jobs", files=files)
    elements = predictions(client, answer.json()["job_id"])
    assert [element["source"]["type"] for element in elements] == ["url", "url", "file", "text"]
    assert elements[1] == {
        "source": {"type": "url", "url": "https://media.example.com/gone.png"},
        "error": "could not download: HTTP 404",
    }
    assert elements[2]["source"] == {
        "type": "file",
        "filename": "a.png",
        "content_type": None,
        "md5sum": "c4ca4238a0b923820dcc509a6f75849b",
    }


def test_a_broken_upload_is_an_error_and_its_job_completes(client: httpx.Client) -> None:
    job_id = client.post("/v0/batch/jobs", files={"file": ("broken.png", b"broken")}).json()["job_id"]
    state = finished(client, job_id)["state"]
    assert (state["status"], state["num_predictions"], state["num_errors"]) == ("COMPLETED", 0, 1)
    (element,) = predictions(client, job_id)
    assert element["results"]["predictions"] == []
    assert element["results"]["errors"][0]["file"] == "broken.png"
    zipped = client.get(f"/v0/batch/jobs/{job_id}/artifacts").content
    assert ZipFile(io.BytesIO(zipped)).namelist() == []


def test_a_job_without_one_usable_source_fails_and_says_why(client: httpx.Client) -> None:
    job_id = start(client, urls=["https://media.example.com/gone.png"])
    state = finished(client, job_id)["state"]
    assert (state["status"], "HTTP 404" in state["message"]) == ("FAILED", True)
    assert {"created_timestamp_ms", "started_timestamp_ms", "ended_timestamp_ms"} < set(state)
    answer = client.get(f"/v0/batch/jobs/{job_id}/predictions")
    assert (answer.status_code, answer.json()["message"]) == (400, state["message"])


def test_artifacts_are_laid_out_per_source_file_and_model(client: httpx.Client) -> None:
    body = {"urls": [VIDEO], "models": {"face": {}, "prosody": {}}}
    files = {"json": (None, json.dumps(body)), "file": ("webcam.png", b"1")}
    job_id = client.post("/v0/batch/jobs", files=files).json()["job_id"]
    finished(client, job_id)
    archive = ZipFile(io.BytesIO(client.get(f"/v0/batch/jobs/{job_id}/artifacts").content))
    assert sorted(archive.namelist()) == [
        "file-0-webcam.png/csv/webcam.png/face.csv",
        "url-0-clip.mp4/csv/clip.mp4/face.csv",
        "url-0-clip.mp4/csv/clip.mp4/prosody.csv",
    ]
    lines = list(csv.DictReader(io.StringIO(archive.read("file-0-webcam.png/csv/webcam.png/face.csv").decode())))
    assert [line["Id"] for line in lines] == ["face_0", "face_0", "face_1"]
    assert (lines[0]["Admiration"], lines[0]["AU1 Inner Brow Raise"]) == ("0.0", "")


def test_jobs_are_listed_by_time_and_status(client: httpx.Client) -> None:
    ids = [start(client, text=[str(number)]) for number in range(3)]
    ended = [finished(client, job_id)["state"]["ended_timestamp_ms"] for job_id in ids]
    listed = client.get("/v0/batch/jobs", params={"limit": 3, "sort_by": "ended", "direction": "desc"}).json()
    assert {job["job_id"] for job in listed} == set(ids)
    assert [job["state"]["ended_timestamp_ms"] for job in listed] == sorted(ended, reverse=True)
    query = {"when": "created_after", "timestamp_ms": int(time.time() * 1000) + 60_000}
    assert client.get("/v0/batch/jobs", params=query).json() == []


def test_many_clients_at_once_are_all_served(client: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda number: start(client, text=[str(number)], models={"language": {}}), range(80)))
    assert len({*ids}) == 80
    assert {finished(client, job_id)["state"]["status"] for job_id in ids} == {"COMPLETED"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = Limits(json_bytes=MEGABYTE, file_bytes=MEGABYTE)
    with running_server(tmp_path_factory.mktemp("small"), limits) as server:
        yield server


@pytest.mark.parametrize("key", [True, False], ids=["good key", "bad key"])
@pytest.mark.parametrize("form", [True, False], ids=["form", "json"])
def test_a_refused_upload_reads_its_refusal_and_no_broken_connection(small: Running, form: bool, key: bool) -> None:
    long = b"x" * (24 * MEGABYTE)
    headers = {"X-Hume-Api-Key": small.key if key else "bad"}
    body: dict[str, Any] = {"files": {"file": ("big.png", long)}} if form else {"content": b'{"text":["%s"]}' % long}
    answer = httpx.post(f"{small.url}/v0/batch/jobs", headers=headers, timeout=30, **body)
    assert (answer.status_code, answer.json()["code"]) == ((413, "body_too_large") if key else (401, "invalid_key"))


def test_nothing_of_a_refused_upload_stays_on_disk(tmp_path: Path) -> None:
    with running_server(tmp_path, Limits(file_bytes=1000)) as server:
        files = [("file", ("small.png", b"x")), ("file", ("big.png", b"x" * 2000))]
        answer = httpx.post(f"{server.url}/v0/batch/jobs", headers={"X-Hume-Api-Key": server.key}, files=files)
    assert answer.status_code == 413
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
