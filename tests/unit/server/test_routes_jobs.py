from typing import Any
from uuid import UUID

import pytest

from mien.domain.job import Status
from mien.server.parts import Limits
from tests.fakes_server import Door, open_door

URL = "https://media.example.com/clip.mp4"


def start(door: Door, **body: Any) -> str:
    answer = door.client.post("/v0/batch/jobs", json={"urls": [URL], **body})
    assert answer.status_code == 200
    job_id: str = answer.json()["job_id"]
    return job_id


def test_a_job_starts_and_its_id_is_a_uuid() -> None:
    door = open_door()
    answer = door.client.post("/v0/batch/jobs", json={"urls": [URL]})
    assert (answer.status_code, list(answer.json())) == (200, ["job_id"])
    job_id = answer.json()["job_id"]
    assert str(UUID(job_id)) == job_id
    assert door.jobs.kept[job_id].owner == "owner-1"


@pytest.mark.parametrize("path", ["/v0/batch/jobs/", "//v0/batch/jobs"])
def test_a_slash_too_many_does_not_lose_the_body(path: str) -> None:
    door = open_door()
    answer = door.client.post(path if path[1] != "/" else f"http://testserver{path}", json={"urls": [URL]})
    assert answer.status_code == 200
    assert len(door.jobs.kept) == 1


def test_json_is_read_whatever_its_content_type() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert open_door().client.post("/v0/batch/jobs", content=b'{"text": ["x"]}', headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "request: is not valid JSON: unexpected end of data"),
        (b"[" * 5000, "request: is nested more than 64 deep at byte 64"),
        (b'{"urls": ["\\ud800"]}', "request: is not valid JSON: "),
        (b"\xff", "request: is not valid JSON: "),
        (b'"x"', "request: must be a JSON object"),
        (b"", "request: at least one source is needed"),
        (b"{}", "request: at least one source is needed"),
        (b"null", "request: at least one source is needed"),
        (
            b'{"urls": ["https://a.example/x"], "models": {"prosody": {}}}',
            "models.prosody: this model is not installed",
        ),
    ],
)
def test_a_bad_request_is_answered_400_with_what_and_where(body: bytes, message: str) -> None:
    answer = open_door().client.post("/v0/batch/jobs", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["message"].startswith(message)


def chunks(size: int) -> Any:
    yield b'{"text": ["'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"]}'


@pytest.mark.parametrize("content", [b'{"text": ["' + b"x" * 5000 + b'"]}', chunks(5000)])
def test_a_body_over_the_limit_is_refused_with_413(content: Any) -> None:
    door = open_door(Limits(json_bytes=4000))
    answer = door.client.post("/v0/batch/jobs", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_long_text_is_taken() -> None:
    door = open_door()
    assert door.client.post("/v0/batch/jobs", json={"text": ["x" * 3_000_000]}).status_code == 200


def test_a_job_shows_its_request_and_state() -> None:
    door = open_door()
    shown = door.client.get(f"/v0/batch/jobs/{start(door, models={'face': {'facs': {}}})}").json()
    assert (shown["type"], shown["state"]) == ("INFERENCE", {"status": "QUEUED", "created_timestamp_ms": 1})
    assert shown["request"]["models"]["face"]["facs"] == {}
    assert "transcription" not in shown["request"]


def test_explicit_null_transcription_is_echoed() -> None:
    door = open_door()
    assert (
        door.client.get(f"/v0/batch/jobs/{start(door, transcription=None)}").json()["request"]["transcription"] is None
    )


def test_jobs_of_somebody_else_are_not_found() -> None:
    door = open_door()
    job_id = start(door)
    door.keys.owner = "owner-2"
    other = open_door().client
    assert other.get(f"/v0/batch/jobs/{job_id}").status_code == 404


def test_the_list_holds_the_same_objects_newest_first() -> None:
    door = open_door()
    first, second = start(door), start(door)
    listed = door.client.get("/v0/batch/jobs").json()
    assert [job["job_id"] for job in listed] == [second, first]
    assert listed[1] == door.client.get(f"/v0/batch/jobs/{first}").json()


def test_the_list_is_filtered_by_repeated_status() -> None:
    door = open_door()
    done, _ = start(door), start(door)
    door.jobs.finish(done, status=Status.FAILED)
    listed = door.client.get("/v0/batch/jobs?status=COMPLETED&status=FAILED&limit=10").json()
    assert [job["job_id"] for job in listed] == [done]


def test_other_types_of_job_are_never_there() -> None:
    door = open_door()
    start(door)
    assert door.client.get("/v0/batch/jobs?type=TRAINING").json() == []


def test_a_bad_filter_is_answered_400() -> None:
    answer = open_door().client.get("/v0/batch/jobs?limit=many")
    assert (answer.status_code, answer.json()["message"]) == (400, "limit: must be a whole number")
