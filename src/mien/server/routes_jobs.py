"""Answer what starts jobs and tells how they are."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from mien.domain.errors import MienError
from mien.domain.job import Job, JobQuery, Status
from mien.domain.source import FileSource
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.openapi import LIST_PARAMETERS, START_BODY
from mien.server.parts import ServerParts
from mien.server.uploads import decode, drain, is_form, read_form, read_json
from mien.wire.jobs import job_object, parse_query
from mien.wire.requests import parse_request

JOBS = "/v0/batch/jobs"
CONCURRENT_ADDS = 256
"""How many new jobs may wait for the store at once; it commits those that wait together."""

LONG_BODY_BYTES = 256 * 1024


class JobRoutes:
    """Answer the routes that start, list and show jobs."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper
        self._adding = CapacityLimiter(CONCURRENT_ADDS)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["jobs"])
        router.add_api_route(JOBS, self.start, methods=["POST"], openapi_extra=START_BODY)
        router.add_api_route(JOBS, self.list, methods=["GET"], openapi_extra=LIST_PARAMETERS)
        router.add_api_route(JOBS + "/{job_id}", self.show, methods=["GET"])
        return router

    async def start(self, request: Request) -> Response:
        """Start a job from URLs, texts and uploaded files; it is durable when this answers."""
        try:
            owner = await self._doorkeeper.owner_of(request)
            job_id = await self._start(request, owner)
        except MienError:
            await drain(request, self._parts.limits)
            raise
        return json_response({"job_id": job_id})

    async def _start(self, request: Request, owner: str) -> str:
        job_id = str(uuid4())
        if not is_form(request):
            await self._add(job_id, owner, await read_json(request, self._parts.limits))
            return job_id
        async with read_form(request, self._parts.blobs, f"uploads/{job_id}", self._parts.limits) as form:
            await self._add(job_id, owner, form.json, form.files)
        return job_id

    async def _add(self, job_id: str, owner: str, body: bytes, files: Sequence[FileSource] = ()) -> None:
        if len(body) > LONG_BODY_BYTES:
            job = await to_thread.run_sync(self._job, job_id, owner, body, files)
        else:
            job = self._job(job_id, owner, body, files)
        await to_thread.run_sync(self._parts.jobs.add, job, limiter=self._adding)

    def _job(self, job_id: str, owner: str, body: bytes, files: Sequence[FileSource]) -> Job:
        wanted = parse_request(decode(body), self._parts.models, files)
        return Job(job_id, owner, wanted, Status.QUEUED, self._parts.clock())

    async def list(self, request: Request) -> Response:
        """List jobs, newest first unless asked otherwise."""
        owner = await self._doorkeeper.owner_of(request)
        query = parse_query(request.query_params.multi_items())
        return Response(await to_thread.run_sync(self._listed, owner, query), media_type="application/json")

    def _listed(self, owner: str, query: JobQuery) -> bytes:
        if query.timestamp_ms is None and query.when == "created_after":
            query = replace(query, timestamp_ms=self._parts.clock())
        jobs = self._parts.jobs.list(owner, query) if query.limit else []
        return orjson.dumps([job_object(job) for job in jobs])

    async def show(self, request: Request, job_id: str) -> Response:
        """Show one job: its request with every default filled in, and its state."""
        owner = await self._doorkeeper.owner_of(request)
        return Response(await to_thread.run_sync(self._shown, job_id, owner), media_type="application/json")

    def _shown(self, job_id: str, owner: str) -> bytes:
        return orjson.dumps(job_object(self._parts.jobs.get(job_id, owner)))
