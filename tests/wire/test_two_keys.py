"""Whatever a holder of one key asks for, what belongs to another key is not seen, and not changed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mien.domain.job import JobQuery, Outcome
from mien.server.app import build_app
from mien.server.parts import ServerParts
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import KeyOptions, Scope, SqlKeyStore
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from mien.wire.requests import CONTRACT_MODELS

SECRET = "secret-of-b"
SHARED = {
    "/healthz", "/health", "/metrics", "/v0/mien/system", "/v0/mien/keys", "/v0/mien/keys/{key_id}", "/v0/mien/samples",
    "/v0/mien/samples/{name}", "/v0/mien/weights/{name}/card",
}  # fmt: skip
"""Routes that belong to no key, some of them to those who run the server; they must not show anything of a job."""

STREAMS = {"/v0/mien/events", "/v0/mien/jobs/{job_id}/events"}
CHANGED_JOBS = ("/v0/batch/jobs", "/v0/mien/jobs")


@dataclass
class Scene:
    """Hold a server in this process, and what B has: a job of each state."""

    app: Any
    jobs: SqlJobStore
    keys: SqlKeyStore
    key_a: str
    key_b: str
    theirs: list[str]

    def client(self, key: str) -> TestClient:
        return TestClient(self.app, headers={"X-Hume-Api-Key": key}, raise_server_exceptions=False)

    def belongings(self) -> list[Any]:
        """Return all that B can read."""
        paths = ["", "/predictions", "/artifacts"]
        ours = ["", "/progress", "/deliveries"]
        with self.client(self.key_b) as client:
            answers = [client.get(f"/v0/batch/jobs/{job_id}{path}") for job_id in self.theirs for path in paths]
            answers += [client.get(f"/v0/mien/jobs/{job_id}{path}") for job_id in self.theirs for path in ours]
            answers += [client.get(path) for path in ("/v0/mien/jobs", "/v0/mien/deliveries", "/v0/mien/me")]
        return [(answer.status_code, answer.content) for answer in answers]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("two-keys")
    with closing(SqliteDatabase(folder / "mien.db")) as database:
        jobs, keys = SqlJobStore(database), SqlKeyStore(database, wall_clock_ms)
        blobs = FsspecBlobs(f"file://{folder}/blobs")
        app = build_app(ServerParts(jobs, keys, blobs, CONTRACT_MODELS, wall_clock_ms))
        everything = KeyOptions(scopes=frozenset(Scope))
        scene = Scene(app, jobs, keys, keys.create("a", everything), keys.create("b", everything), [])
        scene.theirs = [begin(scene, number) for number in range(3)]
        finish(jobs, blobs, scene.theirs[0])
        running = jobs.claim("w", 600)
        assert running is not None
        yield scene


def begin(scene: Scene, number: int) -> str:
    request = {"text": [SECRET], "models": {"language": {}}, "callback_url": f"https://{SECRET}.example/"}
    headers = {"Mien-Tags": SECRET, "Idempotency-Key": f"{SECRET}-{number}"}
    return scene.client(scene.key_b).post("/v0/batch/jobs", json=request, headers=headers).json()["job_id"]


def finish(jobs: SqlJobStore, blobs: FsspecBlobs, job_id: str) -> None:
    task = jobs.claim("w", 600)
    assert task is not None
    assert task.job_id == job_id
    folder = f"results/{job_id}/0"
    for name in ("predictions.json", "artifacts.zip"):
        with blobs.write(f"{folder}/{name}") as stream:
            stream.write(SECRET.encode())
    jobs.commit(task, Outcome(folder, num_predictions=1))


def operations(scene: Scene) -> list[tuple[str, str]]:
    paths = scene.app.openapi()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods if path not in SHARED]


def test_a_route_of_no_key_shows_nothing_of_a_job(scene: Scene) -> None:
    for path in SHARED:
        answer = scene.client(scene.key_a).get(path)
        assert SECRET not in answer.text
        assert not [job_id for job_id in scene.theirs if job_id in answer.text]


def test_without_a_key_every_other_route_answers_401(scene: Scene) -> None:
    for method, path in operations(scene):
        answer = TestClient(scene.app).request(method, path.replace("{job_id}", scene.theirs[0]))
        assert (method, path, answer.status_code) == (method, path, 401)


def test_every_route_that_names_a_job_answers_a_stranger_as_if_there_was_none(scene: Scene) -> None:
    before = scene.belongings()
    named = [(method, path) for method, path in operations(scene) if "{job_id}" in path]
    assert len(named) >= 10
    for job_id in scene.theirs:
        for method, path in named:
            answer = asked(scene, method, path.replace("{job_id}", job_id), b"[]", {})
            assert (method, path, answer.status_code) == (method, path, 404)
            assert answer.json() == {"message": "job not found", "code": "not_found"}
    assert scene.belongings() == before


def asked(scene: Scene, method: str, path: str, body: bytes | None, params: dict[str, str]) -> httpx.Response:
    content = body if method in ("post", "put") else None
    return scene.client(scene.key_a).request(method, path, content=content, params=params)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_of_one_key_shows_or_changes_what_another_has(scene: Scene, data: st.DataObject) -> None:
    before = scene.belongings()
    for _ in range(data.draw(st.integers(1, 4))):
        method, path = data.draw(st.sampled_from([one for one in operations(scene) if one[1] not in STREAMS]))
        job_id = data.draw(st.sampled_from(scene.theirs))
        words = st.sampled_from([SECRET, job_id, scene.theirs[-1], "%", "*", "1", "QUEUED", "10000", "' OR 1=1 --"])
        names = st.sampled_from(["tag", "status", "owner", "user_id", "limit", "key", "job_id"])
        params = data.draw(st.dictionaries(names, words, max_size=3))
        bodies = [b"[]", b'["x"]', b'{"text": ["x"]}', f'{{"job_id": "{job_id}", "text": ["x"]}}'.encode(), b""]
        answer = asked(scene, method, path.replace("{job_id}", job_id), data.draw(st.sampled_from(bodies)), params)
        assert answer.status_code < 500
        assert SECRET not in answer.text.replace(params.get("tag", SECRET + "?"), "")
        assert not [theirs for theirs in scene.theirs if theirs in answer.text]
    assert scene.belongings() == before


@pytest.mark.parametrize("scopes", [{Scope.READ}, {Scope.WRITE}, {Scope.READ, Scope.WRITE}])
def test_a_key_without_admin_neither_sees_makes_nor_revokes_keys(scene: Scene, scopes: set[Scope]) -> None:
    weak = scene.client(scene.keys.create("weak", KeyOptions(scopes=frozenset(scopes))))
    before, known = scene.belongings(), scene.keys.count()
    for record in scene.keys.list():
        assert weak.delete(f"/v0/mien/keys/{record.id}").status_code == 403
    for body in ({"owner": "eve", "scopes": ["admin"]}, {"owner": "eve", "scopes": ["read"]}, {}, []):
        assert weak.post("/v0/mien/keys", json=body).status_code == 403
    assert weak.get("/v0/mien/keys").status_code == 403
    assert weak.get("/v0/mien/system").status_code == 403
    assert (scene.belongings(), scene.keys.count()) == (before, known)
    assert not [record for record in scene.keys.list() if record.revoked_ms is not None]


def test_what_a_key_is_told_of_messages_and_of_itself_is_its_own(scene: Scene) -> None:
    theirs, mine = scene.client(scene.key_b), scene.client(scene.key_a)
    assert {one["job_id"] for one in theirs.get("/v0/mien/deliveries").json()} & {*scene.theirs}
    assert not {one["job_id"] for one in mine.get("/v0/mien/deliveries").json()} & {*scene.theirs}
    assert (mine.get("/v0/mien/me").json()["owner"], theirs.get("/v0/mien/me").json()["owner"]) == ("a", "b")


def test_an_idempotency_key_of_another_starts_a_job_of_ones_own(scene: Scene) -> None:
    headers = {"X-Hume-Api-Key": scene.key_a, "Idempotency-Key": f"{SECRET}-0"}
    answer = TestClient(scene.app).post("/v0/batch/jobs", json={"text": ["mine"]}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["job_id"] not in scene.theirs


def test_the_events_of_one_key_tell_nothing_of_another(scene: Scene) -> None:
    client = scene.client(scene.key_a)
    mine = client.post("/v0/batch/jobs", json={"text": ["mine"]}).json()["job_id"]
    client.post(f"/v0/mien/jobs/{mine}/cancel")
    scene.client(scene.key_b).put(f"/v0/mien/jobs/{scene.theirs[1]}/tags", json=[SECRET, "again"])
    told = client.get(f"/v0/mien/jobs/{mine}/events").text
    assert mine in told
    assert not [theirs for theirs in [*scene.theirs, SECRET] if theirs in told]


def test_the_fixture_would_see_a_leak(scene: Scene) -> None:
    """Guard the tests above: B's own answers hold what they look for."""
    shown = b"".join(content for _, content in scene.belongings())
    assert SECRET.encode() in shown
    assert all(job_id.encode() in shown for job_id in scene.theirs)
    owners = {job.owner for job in scene.jobs.list(None, replace(JobQuery(), limit=100))}
    assert len(owners) >= 1
