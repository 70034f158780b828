"""Start jobs, watch them and fetch what they gave, under the method names of the former SDK."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from mien.client.answers import Answer, plain, wrapped
from mien.client.exchange import Exchange
from mien.domain.errors import InvalidRequest

JOBS = "v0/batch/jobs"
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.25, 5.0
CHUNK_BYTES = 256 * 1024
FINAL = frozenset({"COMPLETED", "FAILED"})

File = str | Path | bytes | IO[bytes] | tuple[str, bytes | IO[bytes]]
"""A path, an open file, bytes, or a name with one of these two."""


class BatchClient:
    """Speak the batch API; every method raises ApiError when the server refuses."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def start_inference_job(
        self,
        *,
        models: Any = None,
        transcription: Any = None,
        urls: Sequence[str] | None = None,
        text: Sequence[str] | None = None,
        callback_url: str | None = None,
        notify: bool | None = None,
    ) -> str:
        """Start a job from URLs and texts and return its id; options that are None keep their default."""
        asked = {"models": models, "transcription": transcription, "urls": urls, "text": text}
        request = plain(asked | {"callback_url": callback_url, "notify": notify})
        return str(self._exchange.json("POST", JOBS, json=request)["job_id"])

    def start_inference_job_from_local_file(self, *, file: Sequence[File], json: Any = None) -> str:
        """Start a job from local files, with a request as `json` beside them, and return its id."""
        with ExitStack() as opened:
            parts = [("file", _part(one, opened)) for one in file]
            if not parts:
                raise InvalidRequest("file: at least one is needed")
            return str(self._exchange.json("POST", JOBS, data=_form(json), files=parts)["job_id"])

    def get_job_details(self, id: str) -> Answer:
        """Return a job: its request with every default, and its state."""
        return Answer(self._exchange.json("GET", f"{JOBS}/{id}"))

    def list_jobs(
        self,
        *,
        limit: int | None = None,
        status: str | Sequence[str] | None = None,
        when: str | None = None,
        timestamp_ms: int | None = None,
        sort_by: str | None = None,
        direction: str | None = None,
    ) -> list[Answer]:
        """Return jobs, newest first unless asked otherwise."""
        query = {"limit": limit, "status": status, "when": when, "timestamp_ms": timestamp_ms}
        query |= {"sort_by": sort_by, "direction": direction}
        found = self._exchange.json("GET", JOBS, params={name: one for name, one in query.items() if one is not None})
        return [Answer(job) for job in found]

    def get_job_predictions(self, id: str) -> list[Answer]:
        """Return the predictions of a completed job, one element per source."""
        elements: list[Answer] = wrapped(self._exchange.json("GET", f"{JOBS}/{id}/predictions"))
        return elements

    def get_job_artifacts(self, id: str) -> Iterator[bytes]:
        """Yield the zip of a completed job's artifacts in chunks."""
        with self._exchange.stream("GET", f"{JOBS}/{id}/artifacts") as answer:
            yield from answer.iter_bytes(CHUNK_BYTES)

    def get_and_write_job_artifacts(self, id: str, file_name: str | Path = "artifacts.zip") -> None:
        """Write the zip of a completed job's artifacts to a file."""
        with Path(file_name).open("wb") as out:
            for chunk in self.get_job_artifacts(id):
                out.write(chunk)

    def wait_for_job(self, id: str, timeout: float = 300.0) -> Answer:
        """Return the job once it has ended, well or not. Raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        pause = FIRST_POLL_SECONDS
        while True:
            job = self.get_job_details(id)
            if job["state"]["status"] in FINAL:
                return job
            if time.monotonic() + pause > deadline:
                raise TimeoutError(f"job {id} has not ended after {timeout:g} s")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_POLL_SECONDS)


def _form(request: Any) -> Mapping[str, str]:
    return {} if request is None else {"json": json.dumps(plain(request))}


def _part(file: File, opened: ExitStack) -> Any:
    if isinstance(file, str | Path):
        path = Path(file)
        if not path.is_file():
            raise InvalidRequest(f"{path}: no such file")
        return path.name, opened.enter_context(path.open("rb"))
    if isinstance(file, bytes):
        return "upload", file
    if isinstance(file, tuple):
        return file
    return Path(str(getattr(file, "name", "upload"))).name, file
