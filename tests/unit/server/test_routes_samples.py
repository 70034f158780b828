from pathlib import Path

import pytest

from mien.server.parts import Inside, Sample
from mien.storage.keys import Scope
from tests.fakes_server import Door, open_door


@pytest.fixture
def door(tmp_path: Path) -> Door:
    (tmp_path / "ann.png").write_bytes(b"picture")
    return open_door(inside=Inside(samples=lambda: [Sample("ann.png", "image/png", "CC0-1.0", tmp_path / "ann.png")]))


def test_samples_are_listed_with_type_size_and_licence(door: Door):
    told = door.client.get("/v0/mien/samples").json()
    assert told == [{"name": "ann.png", "content_type": "image/png", "bytes": 7, "licence": "CC0-1.0"}]


def test_a_sample_is_given(door: Door):
    answer = door.client.get("/v0/mien/samples/ann.png")
    assert (answer.content, answer.headers["content-type"]) == (b"picture", "image/png")


@pytest.mark.parametrize("name", ["bob.png", "..%2Fann.png", "%2Fetc%2Fpasswd"])
def test_nothing_else_is_given(door: Door, name: str):
    answer = door.client.get(f"/v0/mien/samples/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_where_none_were_fetched_the_list_is_empty():
    assert open_door().client.get("/v0/mien/samples").json() == []


def test_samples_need_a_key_that_may_read():
    client = open_door(scopes=frozenset({Scope.WRITE})).client
    assert client.get("/v0/mien/samples").status_code == 403
    assert client.get("/v0/mien/samples/ann.png").status_code == 403
    assert client.get("/v0/mien/samples", headers={"X-Hume-Api-Key": "bad-key"}).status_code == 401
