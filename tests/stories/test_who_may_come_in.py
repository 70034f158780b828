"""Who may use a server from outside: the first key, no key, slow clients."""

import os
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.stories.serving import MIEN, Serving, serving


def served(data: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected not to start."""
    command = [*MIEN, "serve", "--data", str(data), "--port", "0", "--workers", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | environment)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("entry")
    server = Serving(folder / "data", workers=0, log=folder / "log", key="none", environment={"MIEN_HEAD_SECONDS": "2"})
    server.start()
    server.key = (folder / "log").read_text().partition("shown only now: ")[2].split()[0]
    yield server
    server.stop()


def test_the_first_key_may_do_everything(started: Serving) -> None:
    with started.client() as client:
        assert client.get("/v0/mien/system").status_code == 200
        job_id = client.post("/v0/batch/jobs", json={"text": ["x"], "models": {"language": {}}}).json()["job_id"]
        assert client.delete(f"/v0/mien/jobs/{job_id}").status_code == 200


def test_the_first_start_prints_a_link_to_the_console_that_takes_the_key_along(started: Serving) -> None:
    told = (started.log or Path()).read_text()
    assert f"console: {started.url}/#key={started.key}\n" in told


def test_a_later_start_says_where_the_console_is_and_shows_no_key(tmp_path: Path) -> None:
    server = Serving(tmp_path / "data", workers=0, log=tmp_path / "log")
    for _ in range(2):
        server.start()
        server.stop()
    second = (tmp_path / "log").read_text().rpartition("console: ")[2]
    assert second.splitlines()[0] == f"{server.url}/"
    assert "key" not in second


def test_half_requests_are_given_up_while_others_are_served(started: Serving) -> None:
    place = (httpx.URL(started.url).host, httpx.URL(started.url).port)
    halves = [socket.create_connection(place, timeout=20) for _ in range(200)]
    for half in halves:
        half.sendall(b"POST /v0/batch/jobs HTTP/1.1\r\nHost: a\r\nX-Half:")
    begun = time.monotonic()
    while time.monotonic() - begun < 2:
        assert httpx.get(f"{started.url}/healthz").status_code == 200
    assert {half.recv(12) for half in halves} == {b"HTTP/1.1 408"}
    for half in halves:
        half.close()


BAD_HTTP = [
    b"\x16\x03\x01\x02\x00",
    b"GET",
    b"GET / HTTP/1.1",
    b"GET / HTTP/1.1\r\nHost: a\r\nX y: b",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip",
]


def test_bad_http_is_refused_and_the_server_goes_on(started: Serving) -> None:
    place = (httpx.URL(started.url).host, httpx.URL(started.url).port)
    for bad in BAD_HTTP:
        with socket.create_connection(place, timeout=20) as connection:
            connection.sendall(bad + b"\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 400", bad
    assert httpx.get(f"{started.url}/healthz").status_code == 200


def test_an_open_server_asks_for_no_key_and_answers_no_page_from_elsewhere(tmp_path: Path) -> None:
    with serving(tmp_path / "data", workers=0, MIEN_OPEN="true") as server:
        job = {"text": ["x"], "models": {"language": {}}}
        assert httpx.post(f"{server.url}/v0/batch/jobs", json=job).status_code == 200
        assert len(httpx.get(f"{server.url}/v0/batch/jobs").json()) == 1
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            assert httpx.post(f"{server.url}/v0/batch/jobs", json=job, headers=headers).status_code == 403
        assert len(httpx.get(f"{server.url}/v0/batch/jobs").json()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org"])
def test_an_open_server_does_not_listen_to_others(tmp_path: Path, host: str) -> None:
    done = served(tmp_path / "data", "--open", "--host", host)
    assert done.returncode != 0
    assert f"--open asks for no key and listens on this machine only, and {host} is not" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_open_server_has_no_pages_elsewhere(tmp_path: Path) -> None:
    done = served(tmp_path / "data", "--open", MIEN_CORS_ORIGINS="https://a.example")
    assert done.returncode != 0
    assert "exclude each other" in done.stderr
