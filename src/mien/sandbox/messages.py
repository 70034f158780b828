"""Put into bytes what a worker and the child its tasks run in say to each other.

What the child says is JSON with numbers and strings: it handles strangers' files, so the worker must be able to read a
message of a child that has been taken over. The worker is trusted; what it says is pickled.
"""

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from mien.domain.job import Outcome, Progress, Split, Task
from mien.domain.request import InferenceRequest

Send = Callable[[bytes], None]
LARGEST_MESSAGE = 16 * 1024 * 1024
NO_REQUEST = InferenceRequest.model_construct(models={})


@dataclass(frozen=True)
class Ready:
    """Say that the networks are loaded."""


@dataclass(frozen=True)
class Taken:
    """Say that a task begins."""


@dataclass(frozen=True)
class Length:
    """Say how many seconds of media the file has that is being measured."""

    media_seconds: float


@dataclass(frozen=True)
class Measuring:
    """Say how far the task is, and the number of the file being measured."""

    progress: Progress
    number: int


@dataclass(frozen=True)
class Ended:
    """Say what became of the task: an outcome, a split, or nothing because it was asked to stop."""

    result: Outcome | Split | None


@dataclass(frozen=True)
class Failed:
    """Say that the task ended with an exception, and of what kind."""

    error: str


Said = Ready | Taken | Length | Measuring | Ended | Failed


@dataclass(frozen=True)
class RunTask:
    """Ask the child to run a task."""

    task: Task


@dataclass(frozen=True)
class StopTask:
    """Ask the child to stop the task that runs, if it is still this one."""

    job_id: str
    index: int


Asked = RunTask | StopTask


def write_said(said: Said) -> bytes:
    """Return the message of a child."""
    return json.dumps({"kind": type(said).__name__, **_plain(said)}).encode()


def read_said(message: bytes) -> Said:
    """Return what a child said. Raises ValueError for what no child of ours would say."""
    try:
        told = json.loads(message)
        return _READERS[told["kind"]](told)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("the child said something that cannot be understood") from error


class Asking:
    """Write the messages to one child; a request it has been sent is not sent again with the next task of its job."""

    def __init__(self) -> None:
        self._job_id: str | None = None

    def write(self, asked: Asked) -> bytes:
        """Return the message."""
        if isinstance(asked, RunTask) and asked.task.job_id == self._job_id:
            # A request may name ten thousand sources.
            return pickle.dumps(RunTask(replace(asked.task, request=NO_REQUEST)), pickle.HIGHEST_PROTOCOL)
        if isinstance(asked, RunTask):
            self._job_id = asked.task.job_id
        return pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)


class Hearing:
    """Read the messages to a child, putting each request back where it was left out."""

    def __init__(self) -> None:
        self._request = NO_REQUEST

    def read(self, message: bytes) -> Asked:
        """Return what was asked."""
        asked: Asked = pickle.loads(message)
        if isinstance(asked, StopTask):
            return asked
        if asked.task.request != NO_REQUEST:
            self._request = asked.task.request
            return asked
        return RunTask(replace(asked.task, request=self._request))


def _plain(said: Said) -> dict[str, Any]:
    if isinstance(said, Measuring):
        return {"progress": asdict(said.progress), "number": said.number}
    if isinstance(said, Ended):
        return _plain_result(said.result)
    return asdict(said)


def _plain_result(result: Outcome | Split | None) -> dict[str, Any]:
    if isinstance(result, Outcome):
        return {"outcome": asdict(result)}
    if isinstance(result, Split):
        return {"split": asdict(result)}
    return {}


def _ended(told: Mapping[str, Any]) -> Ended:
    if "outcome" in told:
        return Ended(_OUTCOME.validate_python(told["outcome"]))
    return Ended(_SPLIT.validate_python(told["split"]) if "split" in told else None)


_OUTCOME = TypeAdapter(Outcome)
_SPLIT = TypeAdapter(Split)
_PROGRESS = TypeAdapter(Progress)
_READERS: dict[str, Callable[[Mapping[str, Any]], Said]] = {
    "Ready": lambda _: Ready(),
    "Taken": lambda _: Taken(),
    "Length": lambda told: Length(float(told["media_seconds"])),
    "Measuring": lambda told: Measuring(_PROGRESS.validate_python(told["progress"]), int(told["number"])),
    "Ended": _ended,
    "Failed": lambda told: Failed(str(told["error"])),
}
