import io
from zipfile import ZipFile, ZipInfo

import pytest

from mien.domain.job import Outcome, Status
from mien.server.routes_results import gathered
from tests.fakes_server import Door, open_door

URLS = ["https://a.example/1.jpg", "https://a.example/2.jpg"]


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(ZipInfo(name), "Id\n")
    return buffer.getvalue()


def started(door: Door) -> str:
    job_id: str = door.client.post("/v0/batch/jobs", json={"urls": URLS}).json()["job_id"]
    return job_id


def completed(door: Door) -> str:
    job_id = started(door)
    for number in (0, 1):
        door.blobs.kept[f"r/{number}/predictions.json"] = b'{"source":%d}' % number
        door.blobs.kept[f"r/{number}/artifacts.zip"] = zipped(f"url-{number}/x.csv")
    door.jobs.finish(job_id, Outcome("r/0"), Outcome("r/1"))
    return job_id


def test_predictions_hold_one_element_per_source_in_order() -> None:
    door = open_door()
    answer = door.client.get(f"/v0/batch/jobs/{completed(door)}/predictions")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == [{"source": 0}, {"source": 1}]


def test_artifacts_of_all_sources_are_one_zip() -> None:
    door = open_door()
    answer = door.client.get(f"/v0/batch/jobs/{completed(door)}/artifacts")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert ZipFile(io.BytesIO(answer.content)).namelist() == ["url-0/x.csv", "url-1/x.csv"]


def test_a_source_that_gave_nothing_is_an_error_beside_the_others() -> None:
    door = open_door()
    job_id = completed(door)
    door.jobs.finish(job_id, Outcome("r/0"), Outcome("", usable=False, reason="worker died twice"))
    assert door.client.get(f"/v0/batch/jobs/{job_id}/predictions").json() == [
        {"source": 0},
        {"source": {"type": "url", "url": URLS[1]}, "error": "worker died twice"},
    ]
    assert door.client.get(f"/v0/batch/jobs/{job_id}/artifacts").content == zipped("url-0/x.csv")


@pytest.mark.parametrize("what", ["predictions", "artifacts"])
def test_results_of_an_unfinished_job_are_refused_without_a_retry(what: str) -> None:
    door = open_door()
    answer = door.client.get(f"/v0/batch/jobs/{started(door)}/{what}")
    assert (answer.status_code, answer.json()) == (400, {"message": "job is in progress", "code": "job_in_progress"})


@pytest.mark.parametrize("what", ["predictions", "artifacts"])
def test_results_of_a_failed_job_are_refused_with_its_message(what: str) -> None:
    door = open_door()
    job_id = started(door)
    door.jobs.finish(job_id, status=Status.FAILED, message="no source could be processed")
    answer = door.client.get(f"/v0/batch/jobs/{job_id}/{what}")
    assert answer.status_code == 400
    assert answer.json() == {"message": "no source could be processed", "code": "job_failed"}


def test_many_small_pieces_are_gathered_and_nothing_is_lost() -> None:
    pieces = [b"%06d," % number for number in range(100_000)]
    found = list(gathered(iter(pieces)))
    assert b"".join(found) == b"".join(pieces)
    assert len(found) == 3
    assert list(gathered(iter(()))) == [b""]
