"""Give the sample media, with which people try mien before they have files of their own at hand."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from mien.domain.errors import NotFound
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.parts import Sample, ServerParts

SAMPLES = "/v0/mien/samples"


class SampleRoutes:
    """Answer the routes about the sample media."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._samples = parts.inside.samples
        self._doorkeeper = doorkeeper

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["extensions"])
        router.add_api_route(SAMPLES, self.list, methods=["GET"])
        router.add_api_route(SAMPLES + "/{name}", self.give, methods=["GET"], response_class=FileResponse)
        return router

    async def list(self, request: Request) -> Response:
        """List the sample media that are on this server; `mien weights pull --samples` fetches them."""
        await self._doorkeeper.owner_of(request)
        return json_response([_told(sample) for sample in await to_thread.run_sync(self._samples)])

    async def give(self, request: Request, name: str) -> Response:
        """Give one of the sample media."""
        await self._doorkeeper.owner_of(request)
        found = {sample.name: sample for sample in await to_thread.run_sync(self._samples)}
        if name not in found:
            raise NotFound("sample not found")
        return FileResponse(found[name].path, media_type=found[name].content_type)


def _told(sample: Sample) -> dict[str, str | int | None]:
    size = sample.path.stat().st_size
    return {"name": sample.name, "content_type": sample.content_type, "bytes": size, "licence": sample.licence}
