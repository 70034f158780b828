"""Our own client against a running server, for people whose SDK has no batch client any more."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mien.client import ApiError, AsyncMienClient, MienClient
from mien.client.batch import BatchClient
from mien.domain.errors import InvalidRequest
from tests.wire.running import Running

URL = "https://media.example.com/clip.mp4"
GONE = "https://media.example.com/gone.png"


@pytest.fixture
def batch(running: Running) -> Iterator[BatchClient]:
    with MienClient(api_key=running.key, base_url=running.url) as client:
        yield client.expression_measurement.batch


def test_a_job_from_urls_and_text(batch: BatchClient) -> None:
    job_id = batch.start_inference_job(
        urls=[URL], text=["Good morning."], models={"face": {"facs": {}}, "language": {}}
    )
    job = batch.wait_for_job(job_id)
    assert (job.state.status, job.request.models.face.fps_pred, job["job_id"]) == ("COMPLETED", 3.0, job_id)
    first, text = batch.get_job_predictions(job_id)
    assert (first.source.type, text.source.type) == ("url", "text")
    prediction = first.results.predictions[0].models.face.grouped_predictions[0].predictions[0]
    assert len(prediction.emotions) == 48 and prediction.emotions[0].name == "Admiration"
    assert first.error is None


def test_a_job_from_files_of_every_form(batch: BatchClient, tmp_path: Path) -> None:
    (tmp_path / "pic.png").write_bytes(b"1")
    with (tmp_path / "pic.png").open("rb") as opened:
        files = [tmp_path / "pic.png", opened, ("naïve name.png", b"1"), b"2"]
        job_id = batch.start_inference_job_from_local_file(file=files, json={"models": {"face": {"min_face_size": 48}}})
    job = batch.wait_for_job(job_id)
    assert [file.filename for file in job.request.files] == ["pic.png", "pic.png", "naïve name.png", "upload"]
    assert job.request.files[0].md_5_sum == "c4ca4238a0b923820dcc509a6f75849b"
    assert job.request.models.face.min_face_size == 48


def test_artifacts_are_a_zip(batch: BatchClient, tmp_path: Path) -> None:
    job_id = batch.start_inference_job(urls=[URL], models={"face": {}})
    batch.wait_for_job(job_id)
    batch.get_and_write_job_artifacts(job_id, tmp_path / "artifacts.zip")
    streamed = b"".join(batch.get_job_artifacts(job_id))
    assert zipfile.ZipFile(tmp_path / "artifacts.zip").namelist() == zipfile.ZipFile(io.BytesIO(streamed)).namelist()


@dataclass(frozen=True)
class Settings:
    """Options as the former SDK's users wrote them: an object with fields."""

    fps_pred: float | None = None
    identify_faces: bool | None = None


def test_options_may_be_objects(batch: BatchClient) -> None:
    job_id = batch.start_inference_job(urls=[URL], models={"face": Settings(identify_faces=True)})
    face = batch.get_job_details(job_id).request.models.face
    assert (face.identify_faces, face.fps_pred) == (True, 3.0)


def test_jobs_are_listed(batch: BatchClient) -> None:
    job_id = batch.start_inference_job(text=["Hello."])
    batch.wait_for_job(job_id)
    assert batch.list_jobs(limit=1, status=["COMPLETED", "FAILED"])[0].job_id == job_id


def test_refusals_are_errors_with_status_and_body(batch: BatchClient, running: Running) -> None:
    with pytest.raises(ApiError, match="at least one source") as refused:
        batch.start_inference_job()
    assert (refused.value.status_code, refused.value.body["code"]) == (400, "invalid_request")
    with MienClient(api_key="wrong", base_url=running.url) as stranger, pytest.raises(ApiError, match="401"):
        stranger.expression_measurement.batch.list_jobs()


def test_the_predictions_of_a_failed_job_are_refused(batch: BatchClient) -> None:
    job_id = batch.start_inference_job(urls=[GONE])
    assert batch.wait_for_job(job_id).state.status == "FAILED"
    with pytest.raises(ApiError, match="no source could be processed"):
        batch.get_job_predictions(job_id)


def test_a_file_that_is_not_there_is_refused_before_anything_is_sent(batch: BatchClient, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no such file"):
        batch.start_inference_job_from_local_file(file=[tmp_path / "missing.png"])


def test_waiting_has_an_end(batch: BatchClient) -> None:
    job_id = batch.start_inference_job(urls=["https://media.example.com/slow.png"])
    with pytest.raises(TimeoutError):
        batch.wait_for_job(job_id, timeout=0.01)
    batch.wait_for_job(job_id)


def test_the_asyncio_client_does_the_same(running: Running) -> None:
    async def walk() -> tuple[str, int, int]:
        async with AsyncMienClient(api_key=running.key, base_url=running.url) as client:
            batch = client.expression_measurement.batch
            job_id = await batch.start_inference_job(urls=[URL], models={"face": {}})
            job = await batch.wait_for_job(job_id)
            predictions = await batch.get_job_predictions(job_id)
            chunks = [chunk async for chunk in batch.get_job_artifacts(job_id)]
            return job.state.status, len(predictions), len(b"".join(chunks))

    status, count, size = asyncio.run(walk())
    assert (status, count) == ("COMPLETED", 1) and size > 100
