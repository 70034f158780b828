"""Answer what goes beyond the contract: how far jobs are, stopping, forgetting and tagging them, whom they told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from mien.domain.errors import InvalidRequest, JobNotFinished
from mien.domain.job import JobQuery
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.openapi import DELIVERIES, DELIVERY_PARAMETERS, MIEN_LIST_PARAMETERS, MOST_DELIVERIES, TAGS_BODY
from mien.server.parts import ServerParts
from mien.server.uploads import decode, read_json
from mien.server.watching import Subscription, Told, Watch
from mien.storage.jobs import DeliveryLog
from mien.wire.jobs import parse_query
from mien.wire.progress import parse_tags, progress_object, tagged_job, tags_of_body, watched_job

MIEN = "/v0/mien"
JOBS = f"{MIEN}/jobs"
ONE = JOBS + "/{job_id}"
KEEP_ALIVE_SECONDS = 15.0
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class MienRoutes:
    """Answer the routes that watch and stop jobs."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper, watch: Watch) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper
        self._watch = watch

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["extensions"])
        streams: dict[str, Any] = {"methods": ["GET"], "response_class": StreamingResponse}
        router.add_api_route(JOBS, self.list, methods=["GET"], openapi_extra=MIEN_LIST_PARAMETERS)
        router.add_api_route(ONE, self.show, methods=["GET"])
        router.add_api_route(ONE, self.delete, methods=["DELETE"])
        router.add_api_route(ONE + "/progress", self.progress, methods=["GET"])
        router.add_api_route(ONE + "/events", self.job_events, **streams)
        router.add_api_route(f"{MIEN}/events", self.all_events, **streams)
        router.add_api_route(ONE + "/cancel", self.cancel, methods=["POST"])
        router.add_api_route(ONE + "/tags", self.tag, methods=["PUT"], openapi_extra=TAGS_BODY)
        router.add_api_route(ONE + "/deliveries", self.deliveries, methods=["GET"])
        router.add_api_route(ONE + "/deliveries", self.redeliver, methods=["POST"])
        router.add_api_route(
            f"{MIEN}/deliveries", self.all_deliveries, methods=["GET"], openapi_extra=DELIVERY_PARAMETERS
        )
        return router

    async def list(self, request: Request) -> Response:
        """List jobs as the contract does, with their tags; `tag` keeps those that carry it, of several all."""
        owner = await self._doorkeeper.owner_of(request)
        pairs = request.query_params.multi_items()
        wanted = parse_tags(tag for name, value in pairs if name == "tag" for tag in value.split(","))
        query = parse_query(pairs, frozenset(wanted))
        return Response(await to_thread.run_sync(self._listed, owner, query), media_type="application/json")

    def _listed(self, owner: str, query: JobQuery) -> bytes:
        jobs = self._parts.jobs.list(owner, query) if query.limit else []
        return orjson.dumps([tagged_job(job) for job in jobs])

    async def show(self, request: Request, job_id: str) -> Response:
        """Show one job with its tags, how far it is in percent, and about how many seconds are left."""
        owner = await self._doorkeeper.owner_of(request)
        return json_response(watched_job(await to_thread.run_sync(self._parts.jobs.progress, job_id, owner)))

    async def progress(self, request: Request, job_id: str) -> Response:
        """Say how far a job and each of its sources are."""
        owner = await self._doorkeeper.owner_of(request)
        return json_response(progress_object(await to_thread.run_sync(self._parts.jobs.progress, job_id, owner)))

    async def cancel(self, request: Request, job_id: str) -> Response:
        """Stop a job: what waits is dropped, what runs is stopped; one that has ended stays as it is."""
        owner = await self._doorkeeper.owner_of(request)
        await to_thread.run_sync(self._parts.jobs.cancel, job_id, owner)
        return json_response(tagged_job(await to_thread.run_sync(self._parts.jobs.get, job_id, owner)))

    async def delete(self, request: Request, job_id: str) -> Response:
        """Forget a job at once, running or not; its uploads and results are gone within a minute."""
        owner = await self._doorkeeper.owner_of(request)
        await to_thread.run_sync(self._parts.jobs.delete, job_id, owner)
        return json_response({"job_id": job_id, "deleted": True})

    async def tag(self, request: Request, job_id: str) -> Response:
        """Give a job these tags and no others."""
        owner = await self._doorkeeper.owner_of(request)
        limits = self._parts.limits
        tags = tags_of_body(decode(await read_json(request, limits.small_bytes), limits))
        await to_thread.run_sync(self._parts.jobs.tag, job_id, owner, tags)
        return json_response({"job_id": job_id, "tags": tags})

    async def deliveries(self, request: Request, job_id: str) -> Response:
        """Tell every attempt to call back or to mail about a job."""
        owner = await self._doorkeeper.owner_of(request)
        logs = await to_thread.run_sync(self._parts.jobs.deliveries, job_id, owner)
        return json_response([delivery_object(log) for log in logs])

    async def all_deliveries(self, request: Request) -> Response:
        """Tell every attempt to call back or to mail about the jobs of the key that were started last."""
        owner = await self._doorkeeper.owner_of(request)
        limit = delivery_limit(request.query_params.get("limit"))
        logs = await to_thread.run_sync(self._parts.jobs.latest_deliveries, owner, limit)
        return json_response([{"job_id": log.delivery.job_id, **delivery_object(log)} for log in logs])

    async def redeliver(self, request: Request, job_id: str) -> Response:
        """Send every message about an ended job again."""
        owner = await self._doorkeeper.owner_of(request)
        job = await to_thread.run_sync(self._parts.jobs.get, job_id, owner)
        if not job.status.final:
            raise JobNotFinished
        due = await to_thread.run_sync(self._parts.jobs.redeliver, job_id, owner)
        return json_response({"job_id": job_id, "due": due})

    async def job_events(self, request: Request, job_id: str) -> Response:
        """Tell what becomes of a job as server-sent events: how it is now, each change, and its end."""
        owner = await self._doorkeeper.owner_of(request)
        return await self._stream(owner, job_id)

    async def all_events(self, request: Request) -> Response:
        """Tell what becomes of all jobs of the key as server-sent events: how the active ones are, and each change."""
        owner = await self._doorkeeper.owner_of(request)
        return await self._stream(owner, None)

    async def _stream(self, owner: str, job_id: str | None) -> Response:
        watcher = Subscription()
        try:
            await to_thread.run_sync(self._watch.subscribe, owner, job_id, watcher)
        except BaseException:
            self._watch.forget(owner, job_id, watcher)
            raise
        told = self._told(owner, job_id, watcher)
        return StreamingResponse(told, media_type="text/event-stream", headers=STREAM_HEADERS)

    async def _told(self, owner: str, job_id: str | None, watcher: Subscription) -> AsyncIterator[bytes]:
        try:
            while not watcher.closed:
                events = await watcher.next(KEEP_ALIVE_SECONDS)
                if not events and not watcher.closed:
                    yield b": keep-alive\n\n"
                for event in events:
                    yield sse(event)
                    if event.name == "end":
                        return
        finally:
            # In a thread, for it may wait for a look at the store; nobody waits for it.
            asyncio.get_running_loop().run_in_executor(None, self._watch.forget, owner, job_id, watcher)


def sse(event: Told) -> bytes:
    """Return an event as it stands in a stream."""
    return b"event: %s\ndata: %s\n\n" % (event.name.encode(), orjson.dumps(event.data))


def delivery_limit(given: str | None) -> int:
    """Return how many messages are asked for. Raises InvalidRequest."""
    if given is None:
        return DELIVERIES
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given[:9]) <= MOST_DELIVERIES:
        raise InvalidRequest(f"limit: must be a whole number from 1 to {MOST_DELIVERIES}")
    return int(given)


def delivery_object(log: DeliveryLog) -> dict[str, Any]:
    """Return what is known of one message about a job."""
    return {
        "kind": log.delivery.kind,
        "address": log.delivery.address,
        "state": log.state,
        "due_timestamp_ms": log.due_ms if log.state == "due" else None,
        "attempts": [
            {"timestamp_ms": attempt.at_ms, "milliseconds": attempt.milliseconds, "outcome": attempt.outcome}
            for attempt in log.attempts
        ],
    }
