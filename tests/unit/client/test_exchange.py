import httpx
import pytest

from mien.client.answers import ApiError
from mien.client.exchange import Exchange
from tests.fakes_web import website


@pytest.fixture
def site():
    with website() as site:
        yield site


def test_what_may_help_is_tried_again(site):
    asked = []

    def answer(request):
        asked.append(request.path)
        status = 503 if len(asked) < 3 else 200
        request.send_response(status)
        request.send_header("Content-Length", "2")
        request.send_header("Retry-After", "0")
        request.end_headers()
        request.wfile.write(b"{}")

    site.answers["/jobs"] = answer
    assert Exchange(site.url(""), "key", 5).json("GET", "jobs") == {}
    assert len(asked) == 3


def test_a_refusal_is_not_tried_again(site):
    site.serve("/jobs", b'{"message": "no"}', 404)
    with pytest.raises(ApiError, match="HTTP 404: no"):
        Exchange(site.url(""), None, 5).json("GET", "jobs")
    assert len(site.requests) == 1


def test_an_error_that_is_no_json_is_told_as_it_is(site):
    site.serve("/jobs", b"<html>gateway</html>", 400)
    with pytest.raises(ApiError, match="gateway"):
        Exchange(site.url(""), None, 5).json("GET", "jobs")


def test_a_path_in_the_base_address_stays(site):
    site.serve("/prefix/v0/jobs", b"[]")
    assert Exchange(site.url("/prefix/"), None, 5).json("GET", "v0/jobs") == []


def test_a_server_that_is_not_there_is_an_error_in_the_end(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(httpx.ConnectError):
        Exchange("http://127.0.0.1:9", None, 1).json("GET", "jobs")


def test_an_address_without_a_scheme_is_taken_as_https(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(httpx.ConnectError):
        Exchange("127.0.0.1:9", None, 1).json("GET", "jobs")
