from pathlib import Path

import pytest

from mien.server.routes_console import FOLDER
from tests.fakes_server import open_door

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def anonymous():
    client = open_door().client
    del client.headers["X-Hume-Api-Key"]
    return client


def test_the_page_needs_no_key_and_comes_with_a_strict_policy():
    answer = anonymous().get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["cache-control"] == "no-cache"


def files() -> list[str]:
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", files())
def test_every_file_of_the_console_is_given_with_its_type(name: str):
    answer = anonymous().get(f"/console/{name}")
    types = {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }
    assert (answer.status_code, answer.headers["content-type"]) == (200, types[Path(name).suffix])
    assert answer.headers["content-security-policy"] == POLICY


def test_a_file_that_has_not_changed_is_not_sent_again():
    client = anonymous()
    etag = client.get("/console/dom.js").headers["etag"]
    again = client.get("/console/dom.js", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_what_a_browser_loads_of_us_has_at_most_300_kb():
    loaded = [anonymous().get(f"/console/{name}", headers={"Accept-Encoding": "gzip"}) for name in files()]
    assert sum(int(answer.headers["content-length"]) for answer in loaded) <= 300_000


def test_plotly_comes_out_of_the_installed_wheel_packed_or_not():
    client = anonymous()
    packed = client.get("/console/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/console/plotly.min.js", headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content and b"plotly.js v" in plain.content[:200]
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < 0.4 * len(plain.content)
    assert packed.headers["etag"] != plain.headers["etag"]
    again = client.get("/console/plotly.min.js", headers={"If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "pages/../../app.py",
        "none.js",
        "",
        "pages",
        "/etc/passwd",
        "%00.js",
        "x" * 5000 + ".js",
    ],
)
def test_nothing_else_is_given_out(path: str):
    answer = anonymous().get(f"/console/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_console_is_only_read():
    answer = anonymous().post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_answers_of_the_api_keep_their_own_policy():
    assert (
        open_door().client.get("/v0/batch/jobs").headers["content-security-policy"].startswith("default-src 'none'; f")
    )
