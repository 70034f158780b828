import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from mien.domain.errors import LibraryMissing
from mien.domain.job import Outcome, Status
from mien.server.parts import TableMaking
from mien.storage.keys import Scope
from tests.fakes_server import Door, open_door


def copied(elements: Sequence[Callable[[], BinaryIO]], folder: Path) -> list[Path]:
    """Write what was stored, in place of a table."""
    path = folder / "face.parquet"
    path.write_bytes(b"|".join(one().read() for one in elements))
    return [path]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def door(scratch: Path) -> Door:
    return open_door(tables=TableMaking(copied, scratch))


def ended(door: Door, *outcomes: Outcome, status: Status = Status.COMPLETED, message: str | None = None) -> str:
    body = {"urls": [f"http://a.example/{number}" for number in range(max(1, len(outcomes)))]}
    job_id = door.client.post("/v0/batch/jobs", json=body).json()["job_id"]
    door.jobs.finish(job_id, *outcomes, status=status, message=message)
    return job_id


def test_the_tables_of_all_sources_come_as_one_zip(door: Door, scratch: Path):
    door.blobs.kept |= {"r/0/predictions.json": b"first", "r/2/predictions.json": b"third"}
    job_id = ended(door, Outcome("r/0"), Outcome(None, reason="HTTP 404"), Outcome("r/2"))
    answer = door.client.get(f"/v0/mien/jobs/{job_id}/tables?format=parquet")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"face.parquet": b"first|third"}
    assert list(scratch.iterdir()) == []


def test_a_failure_leaves_nothing_behind(scratch: Path):
    def without_library(elements: Sequence[Callable[[], BinaryIO]], folder: Path) -> list[Path]:
        (folder / "half").touch()
        raise LibraryMissing("pyarrow is needed for this: pip install 'mien[tables]'")

    door = open_door(tables=TableMaking(without_library, scratch))
    answer = door.client.get(f"/v0/mien/jobs/{ended(door)}/tables")
    assert (answer.status_code, answer.json()["code"]) == (501, "library_missing")
    assert "mien[tables]" in answer.json()["message"]
    assert list(scratch.iterdir()) == []


def test_tables_of_a_job_that_has_not_ended_or_failed_are_refused_as_predictions_are(door: Door):
    job_id = door.client.post("/v0/batch/jobs", json={"urls": ["http://a.example/0"]}).json()["job_id"]
    assert door.client.get(f"/v0/mien/jobs/{job_id}/tables").json()["code"] == "job_in_progress"
    failed = ended(door, status=Status.FAILED, message="no source could be used")
    answer = door.client.get(f"/v0/mien/jobs/{failed}/tables")
    assert (answer.status_code, answer.json()["message"]) == (400, "no source could be used")


def test_another_format_is_refused(door: Door):
    answer = door.client.get(f"/v0/mien/jobs/{ended(door)}/tables?format=xlsx")
    assert (answer.status_code, answer.json()["message"]) == (400, "format: must be parquet, got 'xlsx'")


def test_tables_belong_to_the_key_of_the_job(door: Door):
    job_id = ended(door)
    door.jobs.kept[job_id] = replace(door.jobs.kept[job_id], owner="somebody else")
    assert door.client.get(f"/v0/mien/jobs/{job_id}/tables").status_code == 404


def test_tables_need_a_key_that_may_read(scratch: Path):
    door = open_door(scopes=frozenset({Scope.WRITE}), tables=TableMaking(copied, scratch))
    assert door.client.get("/v0/mien/jobs/x/tables").status_code == 403
