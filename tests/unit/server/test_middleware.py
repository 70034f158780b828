import logging

import pytest

from tests.fakes_server import open_door


def test_every_answer_carries_the_name_of_its_request() -> None:
    client = open_door().client
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert len(client.get("/healthz").headers["x-request-id"]) == 32


@pytest.mark.parametrize("name", ["x" * 65, "a b", "a\tb", "<script>"])
def test_a_name_that_could_forge_a_log_is_replaced(name: str) -> None:
    assert open_door().client.get("/healthz", headers={"X-Request-Id": name}).headers["x-request-id"] != name


def test_the_log_names_path_and_status_and_no_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mien.server.middleware")
    open_door().client.get("/v0/batch/jobs?apikey=secret&status=NONE")
    assert "GET /v0/batch/jobs " in caplog.text
    assert "secret" not in caplog.text


def test_a_head_that_is_too_long_is_refused() -> None:
    client = open_door().client
    for long in ({"X": "y" * 70_000}, {f"X-{number}": "y" * 100 for number in range(700)}):
        answer = client.get(f"/healthz?{'x' * 1000}", headers=long)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
        assert "x-request-id" in answer.headers
