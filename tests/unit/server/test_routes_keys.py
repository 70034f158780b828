import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.server.app import build_app
from mien.server.parts import Entry, ServerParts
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import KeyOptions, Scope, SqlKeyStore
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from mien.wire.requests import CONTRACT_MODELS
from tests.fakes_server import open_door

EVERYTHING = KeyOptions(scopes=frozenset(Scope))
DAY_MS = 24 * 3600 * 1000


@dataclass
class House:
    """Hold a server over a real store of keys."""

    keys: SqlKeyStore
    parts: ServerParts

    def client(self, key: str) -> TestClient:
        return TestClient(build_app(self.parts), headers={"X-Hume-Api-Key": key})

    def with_key(self, options: KeyOptions = EVERYTHING, owner: str = "ann") -> TestClient:
        return self.client(self.keys.create(owner, options))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with closing(SqliteDatabase(tmp_path / "mien.db")) as database:
        keys = SqlKeyStore(database, wall_clock_ms)
        blobs = FsspecBlobs(f"file://{tmp_path}/blobs")
        yield House(keys, ServerParts(SqlJobStore(database), keys, blobs, CONTRACT_MODELS, wall_clock_ms))


def test_a_key_is_told_whose_it_is_and_what_it_may_do(house: House):
    options = KeyOptions("ann@a.example", scopes=frozenset({Scope.READ}), expires_ms=2**42, jobs_per_day=3)
    told = house.with_key(options).get("/v0/mien/me").json()
    (record,) = house.keys.list()
    assert told == {
        "id": record.id, "owner": "ann", "email": "ann@a.example", "scopes": ["read"], "quota": 3,
        "expires_timestamp_ms": 2**42, "open": False,
    }  # fmt: skip


@pytest.mark.parametrize("scope", list(Scope))
def test_any_key_may_ask_about_itself(house: House, scope: Scope):
    client = house.with_key(KeyOptions(scopes=frozenset({scope})))
    assert client.get("/v0/mien/me").json()["scopes"] == [scope.value]


def test_an_open_server_says_that_it_is_open_and_lists_keys():
    client = open_door(entry=Entry(open=True)).client
    client.base_url = "http://127.0.0.1"
    told = client.get("/v0/mien/me").json()
    assert (told["open"], told["owner"], told["scopes"]) == (True, "open", ["admin", "read", "write"])
    assert client.get("/v0/mien/keys").status_code == 200


def test_a_key_is_made_and_shown_once(house: House):
    admin = house.with_key()
    before = wall_clock_ms()
    asked = {"owner": "bob", "email": "bob@a.example", "scopes": ["read"], "expires_days": 2, "quota": 5, "weight": 2}
    made = admin.post("/v0/mien/keys", json=asked).json()
    assert (made["owner"], made["email"], made["scopes"], made["quota"], made["weight"]) == (
        "bob", "bob@a.example", ["read"], 5, 2.0,
    )  # fmt: skip
    assert 0 <= made["expires_timestamp_ms"] - before - 2 * DAY_MS < 60_000
    assert house.client(made["key"]).get("/v0/mien/me").json()["id"] == made["id"]
    listed = admin.get("/v0/mien/keys")
    assert made["key"] not in listed.text
    assert {name: value for name, value in made.items() if name != "key"} in listed.json()


def test_a_key_that_is_asked_for_without_more_may_read_and_write(house: House):
    made = house.with_key().post("/v0/mien/keys", json={"owner": "bob", "email": None, "scopes": None}).json()
    assert (made["scopes"], made["quota"], made["expires_timestamp_ms"]) == (["read", "write"], None, None)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([], "body"), ({}, "owner"), ({"owner": " "}, "owner"), ({"owner": 1}, "owner"),
        ({"owner": "x" * 201}, "owner"), ({"owner": "a\nb"}, "owner"),
        ({"owner": "a", "email": "nobody"}, "email"), ({"owner": "a", "email": 1}, "email"),
        ({"owner": "a", "scopes": []}, "scopes"), ({"owner": "a", "scopes": ["root"]}, "scopes"),
        ({"owner": "a", "scopes": "read"}, "scopes"), ({"owner": "a", "scopes": [["read"]]}, "scopes"),
        ({"owner": "a", "expires_days": 0}, "expires_days"), ({"owner": "a", "expires_days": "1"}, "expires_days"),
        ({"owner": "a", "expires_days": 1e9}, "expires_days"), ({"owner": "a", "quota": 0}, "quota"),
        ({"owner": "a", "quota": 1.5}, "quota"), ({"owner": "a", "quota": True}, "quota"),
        ({"owner": "a", "weight": -1}, "weight"), ({"owner": "a", "weight": True}, "weight"),
        ({"owner": "a", "weight": 0}, "weight"), ({"owner": "a", "quota": 2**31}, "quota"),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_by_name_and_makes_no_key(house: House, body: Any, word: str):
    answer = house.with_key().post("/v0/mien/keys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["message"].startswith(f"{word}: must")
    assert house.keys.count() == 1


def test_a_revoked_key_opens_nothing_at_once_and_keeps_its_record(house: House):
    app = build_app(house.parts)
    admin = TestClient(app, headers={"X-Hume-Api-Key": house.keys.create("ann", EVERYTHING)})
    bob = TestClient(app, headers={"X-Hume-Api-Key": house.keys.create("bob")})
    key_id = bob.get("/v0/mien/me").json()["id"]
    revoked = admin.delete(f"/v0/mien/keys/{key_id}").json()
    assert bob.get("/v0/mien/me").status_code == 401
    assert revoked["id"] == key_id and revoked["revoked_timestamp_ms"] is not None
    assert revoked in admin.get("/v0/mien/keys").json()


def test_the_key_that_asks_cannot_revoke_itself(house: House):
    admin = house.with_key()
    (record,) = house.keys.list()
    answer = admin.delete(f"/v0/mien/keys/{record.id}")
    assert answer.status_code == 409
    assert answer.json()["code"] == "key_in_use" and "revoke it with another one" in answer.json()["message"]
    assert admin.get("/v0/mien/me").status_code == 200


@pytest.mark.parametrize("name", ["nobody", "%25", "0", "' OR 1=1 --"])
def test_there_is_no_such_key(house: House, name: str):
    answer = house.with_key().delete(f"/v0/mien/keys/{name}")
    assert (answer.status_code, answer.json()) == (404, {"message": "key not found", "code": "not_found"})


def test_the_beginning_of_an_id_names_no_key(house: House):
    admin = house.with_key()
    house.keys.create("bob")
    bob = house.keys.list()[1]
    assert admin.delete(f"/v0/mien/keys/{bob.id[:8]}").status_code == 404
    assert all(record.revoked_ms is None for record in house.keys.list())


@pytest.mark.parametrize("scopes", [{Scope.READ}, {Scope.WRITE}, {Scope.READ, Scope.WRITE}])
def test_keys_are_made_listed_and_revoked_by_admins_only(house: House, scopes: set[Scope]):
    house.keys.create("bob")
    (bob,) = house.keys.list()
    client = house.with_key(KeyOptions(scopes=frozenset(scopes)))
    answers = [
        client.get("/v0/mien/keys"),
        client.post("/v0/mien/keys", json={"owner": "eve", "scopes": ["admin"]}),
        client.delete(f"/v0/mien/keys/{bob.id}"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "not_allowed")] * 3
    assert house.keys.count() == 2 and all(record.revoked_ms is None for record in house.keys.list())


def test_no_log_holds_a_key(house: House, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        admin = house.with_key()
        made = admin.post("/v0/mien/keys", json={"owner": "bob"}).json()
        admin.delete(f"/v0/mien/keys/{made['id']}")
    assert "POST /v0/mien/keys" in caplog.text
    assert made["key"] not in caplog.text and admin.headers["X-Hume-Api-Key"] not in caplog.text
