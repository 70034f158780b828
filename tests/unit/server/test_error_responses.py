import pytest

from mien.domain.errors import WeightsMissing
from tests.fakes_server import open_door

UNKNOWN_ID = "3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b"


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, "nonsense", "%00", "a%20b"])
@pytest.mark.parametrize("what", ["", "/predictions", "/artifacts"])
def test_an_unknown_job_is_not_found_in_the_words_old_clients_know(job_id: str, what: str) -> None:
    answer = open_door().client.get(f"/v0/batch/jobs/{job_id}{what}")
    assert answer.status_code == 404
    assert answer.json() == {"message": "job not found", "code": "not_found"}


def test_an_unknown_path_is_not_found() -> None:
    answer = open_door().client.get("/v1/nothing")
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "there is nothing at /v1/nothing", "code": "not_found"},
    )


@pytest.mark.parametrize("path", ["/v0/batch/jobs/tl_inference", "/v0/batch/jobs/training", "/v0/registry/models/7"])
def test_custom_models_are_not_offered_and_said_so(path: str) -> None:
    for answer in (open_door().client.post(path, json={}), open_door().client.get(path)):
        assert answer.status_code == 404
        assert "not offered by this server" in answer.json()["message"]


def test_a_method_that_is_not_allowed_is_answered_in_our_shape() -> None:
    answer = open_door().client.delete("/v0/batch/jobs")
    assert answer.status_code == 405
    assert answer.json() == {"message": "DELETE is not allowed here", "code": "method_not_allowed"}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v0/batch/jobs", {"GET", "POST"}), ("/v0/mien/jobs/x", {"GET", "DELETE"}), ("/healthz", {"GET"})],
)
def test_a_method_that_is_not_allowed_learns_which_are(path: str, methods: set[str]) -> None:
    answer = open_door().client.patch(path)
    assert (answer.status_code, {*answer.headers["allow"].split(", ")}) == (405, methods)


def test_a_full_queue_asks_to_come_back_later() -> None:
    door = open_door(queue_limit=1)
    door.client.post("/v0/batch/jobs", json={"text": ["x"]})
    answer = door.client.post("/v0/batch/jobs", json={"text": ["x"]})
    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("error", [RuntimeError("secret"), WeightsMissing("secret")])
def test_what_nobody_expected_stays_inside(error: Exception) -> None:
    door = open_door()

    def fail(*_: object) -> None:
        raise error

    door.jobs.get = fail  # type: ignore[assignment,method-assign]
    answer = door.client.get(f"/v0/batch/jobs/{UNKNOWN_ID}")
    assert (answer.status_code, answer.json()) == (500, {"message": "internal error", "code": "internal"})
