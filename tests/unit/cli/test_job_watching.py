import json
import time
from collections.abc import Iterator

import httpx
import pytest

from mien.cli import job_watching
from mien.cli.job_client import Refused
from mien.cli.job_watching import Seen, follow
from mien.domain.errors import MienError

JOB = "3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b"


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_watching, "ASK_SECONDS", 0.01)
    monkeypatch.setattr(job_watching, "PAUSE_SECONDS", 0.0)


def event(name: str, **data: object) -> str:
    return f"event: {name}\ndata: {json.dumps({'job_id': JOB, **data})}\n\n"


def state(status: str) -> dict[str, object]:
    return {"state": {"status": status}}


def client(*answers: httpx.Response | Exception) -> httpx.Client:
    coming: Iterator[httpx.Response | Exception] = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        told = next(coming)
        if isinstance(told, Exception):
            raise told
        return told

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://mien.example")


def seen(one: Seen) -> tuple[str, float | None]:
    return one.state["status"], one.percent


def test_events_are_followed_to_the_end() -> None:
    stream = (
        event("progress", percent=0.0, seconds_left=None, sources=[])
        + event("state", **state("IN_PROGRESS"))
        + ": keep-alive\n\n"
        + event("progress", percent=50.0, seconds_left=3.0, sources=[{"current": ["a.jpg"]}])
        + event("state", **state("COMPLETED"))
        + event("end")
    )
    told = list(follow(client(httpx.Response(200, text=stream)), JOB))
    assert [seen(one) for one in told] == [("IN_PROGRESS", 0.0), ("IN_PROGRESS", 50.0), ("COMPLETED", 50.0)]
    assert (told[1].current, told[1].seconds_left) == (("a.jpg",), 3.0)


def test_a_server_without_events_is_asked_again_and_again() -> None:
    answers = [httpx.Response(200, json=state(status)) for status in ("QUEUED", "IN_PROGRESS", "FAILED")]
    told = follow(client(httpx.Response(404, json={"message": "nothing here"}), *answers), JOB)
    assert [seen(one) for one in told] == [("QUEUED", None), ("IN_PROGRESS", None), ("FAILED", None)]


def test_a_job_that_is_not_there_is_not_asked_for_for_ever() -> None:
    missing = httpx.Response(404, json={"message": "job not found"})
    with pytest.raises(Refused, match="404: job not found"):
        list(follow(client(missing, missing), JOB))


def test_a_server_that_goes_away_is_waited_for() -> None:
    gone = httpx.ConnectError("refused")
    end = httpx.Response(200, text=event("state", **state("COMPLETED")))
    cut = httpx.Response(200, text=event("state", **state("IN_PROGRESS")))
    told = follow(client(cut, gone, gone, end), JOB)
    assert [seen(one)[0] for one in told] == ["IN_PROGRESS", "COMPLETED"]


def test_a_server_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_watching, "GONE_SECONDS", 0.02)
    with pytest.raises(httpx.ConnectError):
        list(follow(client(*[httpx.ConnectError("refused")] * 100), JOB))


def test_a_deleted_job_is_said_to_be_deleted() -> None:
    with pytest.raises(MienError, match="was deleted"):
        list(follow(client(httpx.Response(200, text=event("deleted") + event("end"))), JOB))


def test_patience_has_an_end() -> None:
    begun = time.monotonic()
    answers = [httpx.Response(200, json=state("QUEUED"))] * 1000
    told = list(follow(client(httpx.Response(404, json={}), *answers), JOB, begun + 0.1))
    assert {seen(one)[0] for one in told} == {"QUEUED"}
    assert time.monotonic() - begun < 5
