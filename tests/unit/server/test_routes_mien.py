import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from mien.domain.job import Status
from mien.server.parts import Inside
from mien.storage.disk_room import DiskRoom
from mien.storage.jobs import Delivery, DeliveryAttempt, DeliveryLog
from tests.fakes_server import Door, open_door

BODY = {"urls": ["https://media.example.com/clip.mp4"]}
OLD_KEYS = {"type", "job_id", "user_id", "request", "state"}


def start(door: Door, **headers: str) -> str:
    answer = door.client.post("/v0/batch/jobs", json=BODY, headers=headers)
    assert answer.status_code == 200, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def test_tags_come_with_a_header_and_are_filtered_by() -> None:
    door = open_door()
    tagged = start(door, **{"Mien-Tags": "pilot, ward 3 ,pilot"})
    start(door, **{"Mien-Tags": "pilot"})
    start(door)
    found = door.client.get("/v0/mien/jobs", params=[("tag", "pilot"), ("tag", "ward 3")]).json()
    assert [(job["job_id"], job["tags"]) for job in found] == [(tagged, ["pilot", "ward 3"])]
    assert len(door.client.get("/v0/mien/jobs?tag=pilot").json()) == 2


def test_the_objects_of_the_contract_know_nothing_of_tags() -> None:
    door = open_door()
    job_id = start(door, **{"Mien-Tags": "pilot"})
    assert set(door.client.get(f"/v0/batch/jobs/{job_id}").json()) == OLD_KEYS
    assert set(door.client.get("/v0/batch/jobs").json()[0]) == OLD_KEYS


@pytest.mark.parametrize("body", [["a", "b"], {"tags": ["a", "b"]}])
def test_tags_are_replaced(body: Any) -> None:
    door = open_door()
    job_id = start(door, **{"Mien-Tags": "old"})
    assert door.client.put(f"/v0/mien/jobs/{job_id}/tags", json=body).json() == {"job_id": job_id, "tags": ["a", "b"]}
    assert door.jobs.kept[job_id].tags == ("a", "b")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pilot", "must be a list"),
        ({"tags": None}, "must be a list"),
        ([1], "must be a string"),
        (["x" * 65], "at most 64"),
        (["a,b"], "without a comma"),
        ([f"t{n}" for n in range(21)], "at most 20"),
    ],
)
def test_bad_tags_are_refused(body: Any, message: str) -> None:
    door = open_door()
    answer = door.client.put(f"/v0/mien/jobs/{start(door)}/tags", json=body)
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_a_job_shows_how_far_it_is() -> None:
    door = open_door()
    job_id = start(door)
    door.jobs.move(job_id, 0.25)
    shown = door.client.get(f"/v0/mien/jobs/{job_id}").json()
    assert (shown["percent"], shown["seconds_left"], shown["tags"]) == (25.0, 22.5, [])
    told = door.client.get(f"/v0/mien/jobs/{job_id}/progress").json()
    (source,) = told["sources"]
    assert (told["status"], told["percent"]) == ("IN_PROGRESS", 25.0)
    assert (source["name"], source["percent"], source["seconds_left"]) == ("clip.mp4", 25.0, 22.5)


def test_cancel_stops_and_delete_forgets() -> None:
    door = open_door()
    job_id = start(door)
    assert door.client.post(f"/v0/mien/jobs/{job_id}/cancel").json()["state"]["message"] == "job was cancelled"
    assert door.client.delete(f"/v0/mien/jobs/{job_id}").json() == {"job_id": job_id, "deleted": True}
    assert door.client.get(f"/v0/batch/jobs/{job_id}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/progress"),
        ("GET", "/events"),
        ("POST", "/cancel"),
        ("PUT", "/tags"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries"),
    ],
)
def test_jobs_of_others_are_not_found(method: str, path: str) -> None:
    door = open_door()
    job_id = start(door)
    door.keys.owner = "owner-2"
    other = open_door()
    assert other.client.request(method, f"/v0/mien/jobs/{job_id}{path}", json=[]).status_code == 404
    del other.client.headers["X-Hume-Api-Key"]
    assert other.client.request(method, f"/v0/mien/jobs/{job_id}{path}").status_code == 401


def test_every_attempt_to_deliver_is_told_and_it_can_be_sent_again() -> None:
    door = open_door()
    job_id = start(door)
    delivery = Delivery(job_id, "owner-1", "callback", "https://ann.example/done", 2)
    attempts = (DeliveryAttempt(5, 120, "HTTP 500"), DeliveryAttempt(9, None, None))
    door.jobs.log = [DeliveryLog(delivery, "due", 70, attempts)]
    assert door.client.post(f"/v0/mien/jobs/{job_id}/deliveries").json()["code"] == "job_in_progress"
    door.jobs.finish(job_id)
    (told,) = door.client.get(f"/v0/mien/jobs/{job_id}/deliveries").json()
    assert (told["kind"], told["state"], told["due_timestamp_ms"]) == ("callback", "due", 70)
    assert told["attempts"][0] == {"timestamp_ms": 5, "milliseconds": 120, "outcome": "HTTP 500"}
    assert door.client.post(f"/v0/mien/jobs/{job_id}/deliveries").json() == {"job_id": job_id, "due": 1}


def test_the_same_submission_starts_one_job_and_keeps_no_second_upload() -> None:
    door = open_door()
    answers = [
        door.client.post("/v0/batch/jobs", files={"file": ("a.png", b"x")}, headers={"Idempotency-Key": "k-1"}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert list(door.blobs.kept) == [f"uploads/{answers[0]['job_id']}/0"]


def test_a_key_of_a_submission_must_be_short_and_plain() -> None:
    answer = open_door().client.post("/v0/batch/jobs", json=BODY, headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["message"]


def test_a_full_disk_refuses_before_anything_is_read() -> None:
    room = DiskRoom({"data": Path("/")}, 1000, lambda _: (5000, 4500, 500))
    door = open_door(inside=Inside(room=room))
    answer = door.client.post("/v0/batch/jobs", files={"file": ("a.png", b"x")})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (507, "disk_full", "60")
    assert "must stay free" in answer.json()["message"]
    assert door.blobs.kept == {}


def events_of(stream: httpx.Response, until: Callable[[str, Any], bool]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
            if until(*found[-1]):
                break
    return found


def look_again(door: Door) -> None:
    """Return when the watch has looked at the job once more."""
    looks, begun = door.jobs.looks, time.monotonic()
    while door.jobs.looks == looks:
        assert time.monotonic() - begun < 30
        time.sleep(0.01)


def test_events_begin_with_the_present_and_end_with_the_job() -> None:
    door = open_door()
    job_id = start(door)
    door.jobs.move(job_id, 0.5)
    told: list[tuple[str, Any]] = []

    def follow() -> None:
        with door.client.stream("GET", f"/v0/mien/jobs/{job_id}/events") as stream:
            told.extend(events_of(stream, lambda *_: False))

    follower = Thread(target=follow)
    follower.start()
    look_again(door)
    door.jobs.move(job_id, 0.75)
    look_again(door)
    door.jobs.finish(job_id)
    follower.join(30)
    assert not follower.is_alive()
    percents = [data["percent"] for name, data in told if name == "progress"]
    states = [data["state"]["status"] for name, data in told if name == "state"]
    # A client too slow for one state of things is told the next.
    assert percents == sorted(percents)
    assert (percents[-1], states[-1], told[-1][0]) == (100.0, "COMPLETED", "end")


def test_events_of_an_ended_job_come_at_once_and_end() -> None:
    door = open_door()
    job_id = start(door)
    door.jobs.finish(job_id)
    stream = door.client.get(f"/v0/mien/jobs/{job_id}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    names = [line for line in stream.text.splitlines() if line.startswith("event: ")]
    assert names == ["event: progress", "event: state", "event: end"]


def test_a_deleted_job_ends_its_events() -> None:
    door = open_door()
    job_id = start(door)
    told: list[str] = []
    follower = Thread(
        target=lambda: told.append(door.client.get(f"/v0/mien/jobs/{job_id}/events").text),
    )
    follower.start()
    look_again(door)
    door.jobs.delete(job_id, "owner-1")
    follower.join(30)
    assert not follower.is_alive()
    assert told[0].endswith(f'event: end\ndata: {{"job_id":"{job_id}"}}\n\n')
    assert "event: deleted" in told[0]
    assert Status.QUEUED.value in told[0]


def test_the_latest_messages_of_all_jobs_are_told_with_their_jobs() -> None:
    door = open_door()
    job_id = start(door)
    for number, owner in enumerate(("owner-1", "somebody", "owner-1")):
        delivery = Delivery(job_id, owner, "callback", f"https://a.example/{number}", 1)
        door.jobs.log.append(DeliveryLog(delivery, "sent", 5, (DeliveryAttempt(1, 2, "delivered"),)))
    told = door.client.get("/v0/mien/deliveries").json()
    assert [(one["job_id"], one["address"]) for one in told] == [
        (job_id, "https://a.example/0"),
        (job_id, "https://a.example/2"),
    ]
    assert told[0]["attempts"] == [{"timestamp_ms": 1, "milliseconds": 2, "outcome": "delivered"}]
    assert len(door.client.get("/v0/mien/deliveries?limit=1").json()) == 1


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1.5", "9" * 40, "٣"])
def test_a_limit_of_messages_is_a_number_up_to_a_thousand(limit: str) -> None:
    answer = open_door().client.get("/v0/mien/deliveries", params={"limit": limit})
    assert (answer.status_code, answer.json()["message"]) == (400, "limit: must be a whole number from 1 to 1000")
