from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from mien.runtime.manifest import Manifest
from mien.runtime.weights import WeightsState, WeightsStatus
from mien.server.parts import Inside
from mien.storage.disk_room import DiskRoom
from mien.storage.jobs import QueueFigures, WorkerReport
from mien.storage.keys import USER_SCOPES
from tests.fakes_server import Door, open_door

WORKER = WorkerReport("w-1", "box", 12, 500, "cpu", 2, 7, "ann.mp4")
MISSING = WeightsStatus(Manifest("face", "1", "m.onnx", "", 10, "MIT"), WeightsState.MISSING, packaged=False)


def a_door(free: int = 900, **inside: object) -> Door:
    room = DiskRoom({"data": Path("/")}, 100, lambda _: (1000, 0, free))
    door = open_door(inside=Inside(room=room, **inside))  # type: ignore[arg-type]
    door.jobs.seen = [WORKER]
    return door


def test_health_shows_the_device_workers_really_use() -> None:
    told = a_door().client.get("/health").json()
    assert (told["status"], told["workers"], told["devices"]) == ("ok", 1, ["cpu"])
    assert told["disk"]["data"]["free_bytes"] == 900


def test_health_needs_no_key_and_names_no_machine_or_file() -> None:
    client = a_door().client
    del client.headers["X-Hume-Api-Key"]
    answer = client.get("/health")
    assert answer.status_code == 200
    assert not {"box", "ann.mp4", "w-1"} & set(answer.text.replace('"', " ").split())


def test_without_workers_or_networks_health_is_degraded() -> None:
    door = a_door(weights=lambda: (MISSING,))
    assert door.client.get("/health").json()["weights_missing"] == ["face-1"]
    door.jobs.seen = []
    assert door.client.get("/health").json()["status"] == "degraded"


def test_a_full_disk_or_a_store_that_is_gone_is_answered_503() -> None:
    assert a_door(free=50).client.get("/health").status_code == 503
    door = a_door()
    del door.jobs.told
    answer = door.client.get("/health")
    assert (answer.status_code, answer.json()["store"]["reachable"]) == (503, False)


def test_the_system_page_shows_workers_queue_and_licences_and_not_what_is_measured() -> None:
    door = a_door(weights=lambda: (MISSING,))
    told = door.client.get("/v0/mien/system").json()
    (worker,) = told["workers"]
    assert (worker["name"], worker["busy"], worker["tasks_done"]) == ("w-1", True, 7)
    assert "ann.mp4" not in str(told)
    assert told["weights"][0]["licence"] == "MIT"
    del door.client.headers["X-Hume-Api-Key"]
    assert door.client.get("/v0/mien/system").status_code == 401


def test_the_system_page_wants_the_scope_admin() -> None:
    answer = open_door(scopes=USER_SCOPES).client.get("/v0/mien/system")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def local(door: Door, host: str = "127.0.0.1", **headers: str) -> TestClient:
    return TestClient(door.client.app, client=(host, 1234), headers=headers)


def test_metrics_are_read_by_prometheus() -> None:
    door = a_door()
    door.jobs.told = QueueFigures(
        3, 9, 1, 4.5, 2, 1, 1, 0, 0, task_seconds_sum=6.0, task_seconds={1.0: 1, 5.0: 2, float("inf"): 3}
    )
    door.client.get("/v0/batch/jobs/3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b?apikey=secret")
    text = local(door).get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["mien_jobs_queued",] == 3
    assert found["mien_oldest_wait_seconds",] == 4.5
    assert found["mien_quarantines_total",] == 1
    assert found["mien_task_seconds_bucket", "5.0"] == 2
    assert found["mien_task_seconds_count",] == 3
    assert found["mien_worker_memory_bytes", "w-1"] == 500
    assert found["mien_disk_free_bytes", "data"] == 900
    assert found["mien_http_requests_total", "/v0/batch/jobs/{job_id}", "404", "GET"] == 1
    assert "secret" not in text


def test_metrics_answer_this_machine_or_those_with_the_token() -> None:
    door = a_door()
    assert local(door).get("/metrics").status_code == 200
    assert local(door, "10.0.0.7").get("/metrics").status_code == 401
    guarded = a_door(metrics_token="hush")
    assert local(guarded).get("/metrics").status_code == 401
    assert local(guarded, "10.0.0.7", Authorization="Bearer hush").get("/metrics").status_code == 200
    assert local(guarded, "10.0.0.7", Authorization="Bearer no").get("/metrics").status_code == 401


def test_a_card_is_given_to_any_key_as_markdown() -> None:
    door = a_door(card=lambda weights: f"# {weights}")
    answer = door.client.get("/v0/mien/weights/face-1/card")
    assert (answer.text, answer.headers["content-type"]) == ("# face-1", "text/markdown; charset=utf-8")
    assert door.client.get("/v0/mien/weights/face-1/card", headers={"X-Hume-Api-Key": "bad"}).status_code == 401


def test_a_network_without_a_card_is_not_found() -> None:
    answer = a_door().client.get("/v0/mien/weights/nobody-1/card")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
