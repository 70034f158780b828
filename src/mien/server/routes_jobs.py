"""Answer what starts jobs and tells how they are."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from mien.domain.errors import MienError
from mien.domain.job import Job, JobQuery, Status
from mien.domain.source import FileSource
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.openapi import LIST_PARAMETERS, start_body
from mien.server.parts import ServerParts
from mien.server.uploads import announced_bytes, decode, drain, is_form, read_form, read_json
from mien.storage.keys import KeyRecord
from mien.wire.jobs import job_object, parse_query
from mien.wire.progress import parse_idempotency_key, parse_tags
from mien.wire.requests import parse_request

log = logging.getLogger(__name__)

JOBS = "/v0/batch/jobs"
CONCURRENT_ADDS = 256
"""How many new jobs may wait for the store at once; it commits those that wait together."""

LONG_BODY_BYTES = 256 * 1024


@dataclass(frozen=True)
class Submission:
    """Hold what a new job is made of beside its body: its id, whose key it came with, and what the headers say."""

    job_id: str
    key: KeyRecord
    tags: tuple[str, ...] = ()
    idempotency_key: str | None = None


def _submission(request: Request, key: KeyRecord) -> Submission:
    """Read the headers of a submission. Raises InvalidRequest."""
    given = [tag for line in request.headers.getlist("mien-tags") for tag in utf8(line).split(",")]
    named = parse_idempotency_key(request.headers.get("idempotency-key"))
    return Submission(str(uuid4()), key, parse_tags(given), named)


def utf8(header: str) -> str:
    """Return a header's text as most clients mean it; ASGI servers read its bytes as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


class JobRoutes:
    """Answer the routes that start, list and show jobs."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper
        self._adding = CapacityLimiter(CONCURRENT_ADDS)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["jobs"])
        router.add_api_route(JOBS, self.start, methods=["POST"], openapi_extra=start_body(self._parts.models))
        router.add_api_route(JOBS, self.list, methods=["GET"], openapi_extra=LIST_PARAMETERS)
        router.add_api_route(JOBS + "/{job_id}", self.show, methods=["GET"])
        return router

    async def start(self, request: Request) -> Response:
        """Start a job from URLs, texts and uploaded files; it is durable when this answers."""
        try:
            await self._doorkeeper.owner_of(request)
            key = await self._doorkeeper.record_of(request)
            self._parts.inside.room.check(min(announced_bytes(request), self._parts.limits.body_bytes))
            job_id = await self._start(request, key)
        except MienError:
            await drain(request, self._parts.limits)
            raise
        return json_response({"job_id": job_id})

    async def _start(self, request: Request, key: KeyRecord) -> str:
        submission = _submission(request, key)
        if not is_form(request):
            return await self._add(submission, await read_json(request, self._parts.limits.json_bytes))
        folder = f"uploads/{submission.job_id}"
        async with read_form(request, self._parts.blobs, folder, self._parts.limits, self._parts.inside.room) as form:
            job_id = await self._add(submission, form.json, form.files)
            if job_id != submission.job_id:
                # It was sent before: the earlier job has uploads of its own.
                await to_thread.run_sync(form.discard)
        return job_id

    async def _add(self, submission: Submission, body: bytes, files: Sequence[FileSource] = ()) -> str:
        if len(body) > LONG_BODY_BYTES:
            job = await to_thread.run_sync(self._job, submission, body, files)
        else:
            job = self._job(submission, body, files)
        kept = await to_thread.run_sync(self._parts.jobs.add, job, limiter=self._adding)
        if job.request.notify and not (self._parts.inside.mails and submission.key.options.email):
            lacking = "its key has no address" if self._parts.inside.mails else "no mail server is set up"
            log.info("job %s: asks for a mail at its end, and none will be sent: %s", kept, lacking)
        return kept

    def _job(self, submission: Submission, body: bytes, files: Sequence[FileSource]) -> Job:
        wanted = parse_request(decode(body, self._parts.limits), self._parts.models, files)
        return Job(
            submission.job_id,
            submission.key.id,
            wanted,
            Status.QUEUED,
            self._parts.clock(),
            tags=submission.tags,
            idempotency_key=submission.idempotency_key,
        )

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
