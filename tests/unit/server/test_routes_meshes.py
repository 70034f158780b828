import io
from zipfile import ZipFile

import numpy as np
import pytest

from mien.domain.job import Outcome
from mien.wire.meshes import mesh_entry, mesh_json
from tests.fakes_server import Door, open_door


@pytest.fixture
def door() -> Door:
    return open_door()


def ended(door: Door, *outcomes: Outcome) -> str:
    body = {"urls": [f"http://a.example/{number}.jpg" for number in range(len(outcomes))]}
    job_id = door.client.post("/v0/batch/jobs", json=body).json()["job_id"]
    door.jobs.finish(job_id, *outcomes)
    return job_id


def meshes_of(file: str) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(mesh_entry(file), mesh_json([[1, 2, 3, 4]], np.ones((1, 468, 2), np.float32)))
    return buffer.getvalue()


def test_the_meshes_of_one_photograph_are_given(door: Door):
    door.blobs.kept["r/1/meshes.zip"] = meshes_of("day 1/me.jpg")
    job_id = ended(door, Outcome("r/0"), Outcome("r/1"))
    answer = door.client.get(f"/v0/mien/jobs/{job_id}/meshes", params={"source": 1, "file": "day 1/me.jpg"})
    (face,) = answer.json()["faces"]
    assert (face["box"]["w"], len(face["points"])) == (3, 468)


@pytest.mark.parametrize("source", [0, 1])
def test_none_are_given_where_none_were_kept(door: Door, source: int):
    door.blobs.kept["r/1/meshes.zip"] = meshes_of("other.jpg")
    job_id = ended(door, Outcome("r/0"), Outcome("r/1"))
    answer = door.client.get(f"/v0/mien/jobs/{job_id}/meshes", params={"source": source, "file": "me.jpg"})
    assert answer.json() == {"file": "me.jpg", "faces": []}


@pytest.mark.parametrize("source", ["7", "-1", "x", "9" * 30])
def test_a_source_that_is_not_there_is_refused(door: Door, source: str):
    answer = door.client.get(f"/v0/mien/jobs/{ended(door, Outcome('r/0'))}/meshes", params={"source": source})
    assert answer.status_code == 400
    assert "source" in answer.json()["message"]


def test_a_job_that_runs_has_none_yet(door: Door):
    job_id = door.client.post("/v0/batch/jobs", json={"urls": ["http://a.example/1.jpg"]}).json()["job_id"]
    assert door.client.get(f"/v0/mien/jobs/{job_id}/meshes").json()["code"] == "job_in_progress"
