import pytest

from mien.domain.errors import InvalidRequest
from mien.server.browsers import is_loopback, origins
from mien.server.parts import Entry
from tests.fakes_server import Door, open_door

HERE = {"Host": "127.0.0.1:8004"}
PAGE = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-hume-api-key, mien-tags"}


def keyless() -> Door:
    door = open_door(entry=Entry(open=True))
    del door.client.headers["X-Hume-Api-Key"]
    return door


@pytest.mark.parametrize("path", ["/healthz", "/v0/batch/jobs", "/v1/nothing", "/openapi.json"])
def test_every_answer_tells_browsers_to_do_nothing_with_it(path: str) -> None:
    headers = open_door().client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_an_unexpected_error_is_named_noted_and_guarded_like_every_answer() -> None:
    door = open_door()
    del door.jobs.kept
    answer = door.client.get("/v0/batch/jobs", headers={"X-Request-Id": "abc"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert (answer.headers["x-request-id"], answer.headers["x-content-type-options"]) == ("abc", "nosniff")


def test_without_a_setting_no_page_may_ask() -> None:
    answer = open_door().client.options("/v0/batch/jobs", headers={"Origin": PAGE} | PREFLIGHT)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_page_that_is_named_may_ask_with_our_headers_and_others_may_not() -> None:
    client = open_door(entry=Entry(origins=(PAGE,))).client
    answer = client.options("/v0/batch/jobs", headers={"Origin": PAGE} | PREFLIGHT)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE)
    assert "mien-tags" in answer.headers["access-control-allow-headers"]
    read = client.get("/v0/batch/jobs", headers={"Origin": PAGE})
    assert read.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in read.headers
    other = client.options("/v0/batch/jobs", headers={"Origin": "https://evil.example"} | PREFLIGHT)
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (400, False)
    assert "access-control-allow-origin" not in client.get("/healthz", headers={"Origin": "null"}).headers


def test_origins_are_read_from_a_setting() -> None:
    assert origins(" https://A.example/, http://localhost:3000 ,") == ("https://a.example", "http://localhost:3000")
    assert origins("") == ()
    for wrong in ("app.example.org", "https://a.example/x", "ftp://a.example", "https://u@a.example", "null"):
        with pytest.raises(InvalidRequest, match="MIEN_CORS_ORIGINS"):
            origins(wrong)


@pytest.mark.parametrize("host", ["127.0.0.1:8004", "localhost:8004", "[::1]:8004", "127.8.9.1", "LOCALHOST"])
@pytest.mark.parametrize("key", [{}, {"X-Hume-Api-Key": "any"}, {"Authorization": "Bearer other"}])
def test_an_open_server_takes_any_key_and_none_for_one_owner(host: str, key: dict[str, str]) -> None:
    door = keyless()
    assert door.client.post("/v0/batch/jobs", json={"text": ["x"]}, headers={"Host": host} | key).status_code == 200
    assert {job.owner for job in door.jobs.kept.values()} == {"open"}
    assert len(door.client.get("/v0/batch/jobs", headers=HERE).json()) == 1
    assert door.keys.asked == 0


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8004", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.0.7", "",
     "user@127.0.0.1", "127.0.0.1#", "127.0.0.1/x", "0.0.0.0", "[::1", "2130706433", "localhost."],
)  # fmt: skip
def test_an_open_server_answers_no_other_name(host: str) -> None:
    answer = keyless().client.get("/v0/batch/jobs", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:8004", "https://127.0.0.1:8004"]
)
def test_an_open_server_does_nothing_for_pages_of_other_hosts(origin: str) -> None:
    door = keyless()
    answer = door.client.post("/v0/batch/jobs", json={"text": ["x"]}, headers=HERE | {"Origin": origin})
    assert (answer.status_code, door.jobs.kept) == (403, {})


def test_an_open_server_answers_its_own_pages_and_no_proxy() -> None:
    client = keyless().client
    assert client.get("/healthz", headers=HERE | {"Origin": "http://127.0.0.1:8004"}).status_code == 200
    assert client.get("/healthz", headers=HERE | {"X-Forwarded-For": "10.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("unix", False)],
)
def test_loopback_is_known(host: str, own: bool) -> None:
    assert is_loopback(host) is own
