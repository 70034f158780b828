"""Answer what a job gave: its predictions and its artifacts, streamed from the blob store."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from mien.domain.errors import JobFailed, JobNotFinished
from mien.domain.job import Job, Outcome, Status
from mien.domain.source import Source
from mien.server.auth import Doorkeeper
from mien.server.parts import ServerParts
from mien.server.routes_jobs import JOBS
from mien.storage.jobs import JobStore
from mien.wire.artifacts import merge
from mien.wire.predictions import failed_source, join_sources

CHUNK_BYTES = 256 * 1024


class ResultRoutes:
    """Answer the routes that give results."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["results"])
        router.add_api_route(
            JOBS + "/{job_id}/predictions", self.predictions, methods=["GET"], response_class=StreamingResponse
        )
        router.add_api_route(
            JOBS + "/{job_id}/artifacts", self.artifacts, methods=["GET"], response_class=StreamingResponse
        )
        return router

    async def predictions(self, request: Request, job_id: str) -> Response:
        """Give the predictions of a completed job: an array with one element per source."""
        owner = await self._doorkeeper.owner_of(request)
        return await to_thread.run_sync(self._predictions, job_id, owner)

    async def artifacts(self, request: Request, job_id: str) -> StreamingResponse:
        """Give the artifacts of a completed job: a zip of CSV tables and face crops."""
        owner = await self._doorkeeper.owner_of(request)
        pieces = await to_thread.run_sync(self._artifacts, job_id, owner)
        headers = {"Content-Disposition": 'attachment; filename="artifacts.zip"'}
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)

    def _predictions(self, job_id: str, owner: str) -> Response:
        job, outcomes = completed(self._parts.jobs, job_id, owner)
        sources = zip(job.request.sources(), outcomes, strict=True)
        pieces = gathered(join_sources([self._element(source, outcome) for source, outcome in sources]))
        begin = next(pieces)
        if len(begin) < CHUNK_BYTES:  # then it is all; a stream would cost more than what it carries
            return Response(begin, media_type="application/json")
        return StreamingResponse(chain((begin,), pieces), media_type="application/json")

    def _artifacts(self, job_id: str, owner: str) -> Iterator[bytes]:
        _, outcomes = completed(self._parts.jobs, job_id, owner)
        keys = [f"{outcome.results}/artifacts.zip" for outcome in outcomes if outcome.results]
        openers: list[Callable[[], BinaryIO]] = [
            partial(self._parts.blobs.read, key) for key in keys if self._parts.blobs.exists(key)
        ]
        return gathered(merge(openers))

    def _element(self, source: Source, outcome: Outcome) -> Iterator[bytes]:
        key = f"{outcome.results}/predictions.json"
        if not outcome.results or not self._parts.blobs.exists(key):
            return iter([failed_source(source, outcome.reason or "internal error")])
        return self._blob(key)

    def _blob(self, key: str) -> Iterator[bytes]:
        with self._parts.blobs.read(key) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def completed(jobs: JobStore, job_id: str, owner: str) -> tuple[Job, list[Outcome]]:
    """Return a completed job and what became of its sources. Raises JobNotFound, JobNotFinished and JobFailed."""
    job = jobs.get(job_id, owner)
    if job.status is Status.FAILED:
        raise JobFailed(job.message)
    if job.status is not Status.COMPLETED:
        raise JobNotFinished
    return job, jobs.outcomes(job_id)


def gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of `CHUNK_BYTES` or more, and a last one of less.

    Each piece is fetched in a thread of its own, which costs more than a small one brings.
    """
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
