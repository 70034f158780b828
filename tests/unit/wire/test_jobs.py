from typing import Any

import pytest

from mien.domain.errors import InvalidRequest
from mien.domain.job import Job, JobQuery, Status
from mien.domain.request import FaceOptions, InferenceRequest, Transcription
from mien.domain.source import FileSource, UrlSource
from mien.wire.jobs import job_object, parse_query

FACE = FaceOptions().model_dump(mode="json")


def job(status: Status = Status.QUEUED, request: InferenceRequest | None = None, **state: Any) -> Job:
    chosen = request or InferenceRequest(models={"face": FACE}, urls=(UrlSource(url="https://a.example/clip.mp4"),))
    return Job(
        id="3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b", owner="o", request=chosen, status=status, created_ms=10, **state
    )


def test_a_job_object_echoes_the_request_with_every_key() -> None:
    assert job_object(job()) == {
        "type": "INFERENCE",
        "job_id": "3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b",
        "user_id": "00000000-0000-4000-8000-000000000001",
        "request": {
            "files": [],
            "models": {"face": FACE, "burst": None, "prosody": None, "language": None, "ner": None, "facemesh": None},
            "urls": ["https://a.example/clip.mp4"],
            "text": [],
            "callback_url": None,
            "notify": False,
        },
        "state": {"status": "QUEUED", "created_timestamp_ms": 10},
    }


def test_uploads_are_echoed_without_the_place_where_they_are_kept() -> None:
    upload = FileSource(filename="pic.jpg", content_type="image/jpeg", md5sum="9e10", upload="uploads/secret")
    echo = job_object(job(request=InferenceRequest(models={}, files=(upload,))))["request"]
    assert echo["files"] == [{"filename": "pic.jpg", "content_type": "image/jpeg", "md5sum": "9e10"}]


def test_a_third_party_model_that_ran_is_echoed_beside_the_six() -> None:
    echo = job_object(job(request=InferenceRequest(models={"posture": {"depth": 2}})))["request"]
    assert list(echo["models"]) == ["face", "burst", "prosody", "language", "ner", "facemesh", "posture"]


@pytest.mark.parametrize(
    ("given", "transcription", "echo"),
    [
        (True, None, None),
        (
            True,
            Transcription(language="en"),
            {"language": "en", "identify_speakers": False, "confidence_threshold": 0.5},
        ),
    ],
)
def test_transcription_is_echoed_when_the_client_spoke_of_it(given: bool, transcription: Any, echo: Any) -> None:
    request = InferenceRequest(models={}, transcription=transcription, transcription_given=given)
    assert job_object(job(request=request))["request"]["transcription"] == echo


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            job(Status.IN_PROGRESS, started_ms=20),
            {"status": "IN_PROGRESS", "created_timestamp_ms": 10, "started_timestamp_ms": 20},
        ),
        (
            job(Status.COMPLETED, started_ms=20, ended_ms=30, num_predictions=3, num_errors=1),
            {
                "status": "COMPLETED",
                "created_timestamp_ms": 10,
                "started_timestamp_ms": 20,
                "ended_timestamp_ms": 30,
                "num_predictions": 3,
                "num_errors": 1,
            },
        ),
        (
            job(Status.FAILED, ended_ms=30, message="job was cancelled"),
            {
                "status": "FAILED",
                "created_timestamp_ms": 10,
                "started_timestamp_ms": 30,
                "ended_timestamp_ms": 30,
                "message": "job was cancelled",
            },
        ),
    ],
)
def test_each_state_has_the_fields_its_status_requires(state: Job, expected: dict[str, Any]) -> None:
    assert job_object(state)["state"] == expected


def test_an_empty_query_lists_the_newest_fifty() -> None:
    assert parse_query([]) == JobQuery(limit=50, when="created_before", sort_by="created", direction="desc")


def test_every_filter_is_read() -> None:
    pairs = [("limit", "7"), ("status", "COMPLETED"), ("status", "FAILED,QUEUED"), ("when", "created_after"),
             ("timestamp_ms", "1750000000000"), ("sort_by", "ended"), ("direction", "asc"),
             ("apikey", "x")]  # fmt: skip
    assert parse_query(pairs) == JobQuery(
        limit=7,
        statuses=frozenset({Status.COMPLETED, Status.FAILED, Status.QUEUED}),
        when="created_after",
        timestamp_ms=1750000000000,
        sort_by="ended",
        direction="asc",
    )


@pytest.mark.parametrize(("kind", "limit"), [("INFERENCE", 50), ("TRAINING", 0), ("TRAINING,INFERENCE", 50)])
def test_a_type_without_inference_asks_for_nothing(kind: str, limit: int) -> None:
    assert parse_query([("type", kind)]).limit == limit


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("limit", "ten", "limit: must be a whole number"),
        ("limit", "0", "limit: must be from 1 to 10000"),
        ("limit", "-1", "limit: must be from 1 to 10000"),
        ("limit", "1_0", "limit: must be a whole number"),
        ("status", "DONE", "status: must be one of QUEUED, IN_PROGRESS, COMPLETED, FAILED"),
        ("status", "completed", "status: must be one of QUEUED, IN_PROGRESS, COMPLETED, FAILED"),
        ("when", "yesterday", "when: must be one of created_before, created_after"),
        ("timestamp_ms", "1.5", "timestamp_ms: must be a whole number"),
        ("sort_by", "name", "sort_by: must be one of created, started, ended"),
        ("direction", "up", "direction: must be one of desc, asc"),
        ("type", "DANCE", "type: must be one of EMBEDDING_GENERATION, INFERENCE, TL_INFERENCE, TRAINING"),
    ],
)
def test_bad_filters_are_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([(name, value)])
    assert caught.value.message == message
