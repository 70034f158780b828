import json

import pytest

from mien.domain.job import Outcome, Piece, Progress, Split
from mien.sandbox.messages import (
    Asking,
    Ended,
    Failed,
    Hearing,
    Length,
    Measuring,
    Ready,
    RunTask,
    StopTask,
    Taken,
    read_said,
    write_said,
)
from tests.fakes_engine import a_request, a_task

OUTCOME = Outcome("results/x", 3, 1, False, "it broke", 2.5, 0.5)
SPLIT = Split((Piece(0, 0, 10), Piece(1, 10, 1, 0.0, 300.0, 300.0)), "kept/x")


@pytest.mark.parametrize(
    "said",
    [
        Ready(),
        Taken(),
        Length(12.5),
        Measuring(Progress(0.5, "a.png", 1, None), 7),
        Ended(OUTCOME),
        Ended(SPLIT),
        Ended(None),
        Failed("OSError"),
    ],
)
def test_what_a_child_says_arrives_as_it_was(said: Ended) -> None:
    assert read_said(write_said(said)) == said


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\x80\x04",
        b"[]",
        b"{}",
        b'{"kind": "Everything"}',
        b'{"kind": "Measuring"}',
        json.dumps({"kind": "Ended", "outcome": {"results": ["a"]}}).encode(),
        json.dumps({"kind": "Ended", "split": {"pieces": [{"number": "x"}]}}).encode(),
        json.dumps({"kind": "Measuring", "number": 0, "progress": {"share": "most"}}).encode(),
    ],
)
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be understood"):
        read_said(nonsense)


def test_a_request_is_written_once_for_a_job_and_comes_back_with_each_task() -> None:
    asking, hearing = Asking(), Hearing()
    request = a_request(*(f"{number}.png" for number in range(1000)))
    first, second = a_task(request, 0), a_task(request, 1)
    long, short = asking.write(RunTask(first)), asking.write(RunTask(second))
    assert len(short) < len(long) / 20
    assert [hearing.read(message) for message in (long, short)] == [RunTask(first), RunTask(second)]


def test_a_stop_goes_between() -> None:
    asking, hearing = Asking(), Hearing()
    assert hearing.read(asking.write(StopTask("job", 3))) == StopTask("job", 3)
