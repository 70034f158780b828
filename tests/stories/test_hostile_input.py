"""Strangers send what they should not; everything is answered, nothing falls over."""

import random

import pytest

from tests.hostile.corpus import bad_files, bad_requests
from tests.hostile.throwing import throw_bytes, throw_files, throw_requests, told
from tests.stories.serving import Serving

SEED = 7
FILES, REQUESTS, RAW = 120, 400, 60


def test_every_bad_file_is_measured_or_refused_by_name(server: Serving) -> None:
    findings = throw_files(server, bad_files(SEED, FILES))
    assert findings.problems == [], told(findings)
    assert findings.thrown == FILES and findings.answers["measured"] > 0 and findings.answers["errors"] > 0


def test_no_bad_request_is_the_servers_fault(server: Serving) -> None:
    findings = throw_requests(server, bad_requests(SEED, REQUESTS))
    assert findings.problems == [], told(findings)
    assert findings.answers["HTTP 400"] > 0


def test_what_is_hardly_http_does_no_harm(server: Serving) -> None:
    chance = random.Random(SEED)
    whole = b"POST /v0/batch/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Hume-Api-Key: y\r\n\r\n{}"
    raw = [chance.randbytes(200) + b"\r\n\r\n" for _ in range(RAW // 3)]
    raw += [whole[: chance.randrange(len(whole))] for _ in range(RAW // 3)]
    raw += [
        whole.replace(b"2\r\n", odd)
        for odd in (b"-1\r\n", b"9" * 40 + b"\r\n", b"x\r\n", b"2\r\nContent-Length: 3\r\n")
    ]
    findings = throw_bytes(server, raw)
    assert findings.problems == [], told(findings)
    with server.client() as client:
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path", ["/%00", "/v0/batch/jobs/%ff%fe", "/v0/batch/jobs/" + "x" * 5000, "/..%2f..%2fetc/passwd"]
)
def test_odd_paths_are_not_found(server: Serving, path: str) -> None:
    with server.client() as client:
        assert client.get(path).status_code == 404
