import logging
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.server import auth
from mien.storage.keys import Scope
from tests.fakes_server import open_door


def anonymous() -> TestClient:
    client = open_door().client
    del client.headers["X-Hume-Api-Key"]
    return client


@pytest.mark.parametrize(
    "way",
    [
        {"headers": {"X-Hume-Api-Key": "good-key"}},
        {"headers": {"x-hume-api-key": "good-key"}},
        {"headers": {"Authorization": "Bearer good-key"}},
        {"headers": {"authorization": "bearer good-key"}},
        {"params": {"apikey": "good-key"}},
        {"params": {"apiKey": "good-key"}},
        {"params": {"api_key": "good-key"}},
        {"params": {"APIKEY": "good-key", "limit": "3"}},
    ],
)
def test_the_key_may_come_in_any_of_four_ways(way: dict[str, Any]) -> None:
    assert anonymous().get("/v0/batch/jobs", **way).status_code == 200


PATHS = ["/v0/batch/jobs", "/v0/batch/jobs/x", "/v0/batch/jobs/x/predictions", "/v0/batch/jobs/x/artifacts"]


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_key_is_refused_in_the_words_old_clients_know(path: str) -> None:
    answer = anonymous().get(path, headers={"X-Hume-Api-Key": "bad-key"})
    assert answer.status_code == 401
    assert answer.json() == {
        "message": "Invalid ApiKey",
        "code": "invalid_key",
        "fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}},
    }


@pytest.mark.parametrize("path", PATHS)
def test_no_key_at_all_is_told_apart_from_a_wrong_one(path: str) -> None:
    answer = anonymous().get(path)
    assert answer.status_code == 401
    assert answer.json()["fault"]["detail"]["errorcode"] == "steps.oauth.v2.FailedToResolveAPIKey"
    assert "X-Hume-Api-Key" in answer.json()["fault"]["faultstring"]


def test_starting_a_job_needs_a_key_too() -> None:
    door = open_door()
    answer = door.client.post("/v0/batch/jobs", json={"text": ["x"]}, headers={"X-Hume-Api-Key": "bad-key"})
    assert (answer.status_code, door.jobs.kept) == (401, {})


def test_a_good_key_is_looked_up_once_and_a_bad_one_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # A good key is remembered for half a second, which three requests can take on a busy machine.
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: 0.0))
    door = open_door()
    for _ in range(3):
        door.client.get("/v0/batch/jobs")
    assert door.keys.asked == 1
    for _ in range(3):
        door.client.get("/v0/batch/jobs", headers={"X-Hume-Api-Key": "bad-key"})
    assert door.keys.asked == 4


def test_the_log_names_the_path_and_never_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="mien"):
        anonymous().get("/v0/batch/jobs", params={"apikey": "good-key"})
    assert "GET /v0/batch/jobs 200" in caplog.text
    assert "good-key" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("mien"))


READING, WRITING, RUNNING = Scope.READ, Scope.WRITE, Scope.ADMIN


@pytest.mark.parametrize(
    ("scope", "listed", "started"), [(READING, 200, 403), (WRITING, 403, 200), (RUNNING, 403, 403)]
)
def test_a_key_does_only_what_its_scopes_allow(scope: Scope, listed: int, started: int) -> None:
    door = open_door(scopes=frozenset({scope}))
    assert door.client.get("/v0/batch/jobs").status_code == listed
    answer = door.client.post("/v0/batch/jobs", json={"text": ["x"]})
    assert answer.status_code == started
    if started == 403:
        assert answer.json() == {"message": "this key may not do this: it lacks the scope write", "code": "not_allowed"}


def test_the_audit_log_names_key_and_path_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mien.audit"):
        open_door().client.get("/v0/batch/jobs", params={"status": "FAILED", "apikey": "good-key"})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "mien.audit"]
    assert line.endswith(" GET /v0/batch/jobs") and "good-key" not in line and "FAILED" not in line
