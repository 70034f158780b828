"""Give the meshes of a photograph's faces, which the predictions have no place for."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from mien.domain.errors import InvalidRequest
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.openapi import MESH_PARAMETERS
from mien.server.parts import ServerParts
from mien.server.routes_results import completed
from mien.wire.meshes import MESH_FILE, read_meshes


class MeshRoutes:
    """Answer the route that gives meshes."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter(tags=["extensions"])
        router.add_api_route(
            "/v0/mien/jobs/{job_id}/meshes", self.meshes, methods=["GET"], openapi_extra=MESH_PARAMETERS
        )
        return router

    async def meshes(self, request: Request, job_id: str) -> Response:
        """Give the faces of one photograph of a completed job, each with its box and the 468 points of its mesh."""
        owner = await self._doorkeeper.owner_of(request)
        file = request.query_params.get("file", "")
        source = _number(request.query_params.get("source", "0"))
        return json_response(await to_thread.run_sync(self._faces, job_id, owner, source, file))

    def _faces(self, job_id: str, owner: str, source: int, file: str) -> dict[str, Any]:
        _, outcomes = completed(self._parts.jobs, job_id, owner)
        if source >= len(outcomes):
            raise InvalidRequest(f"source: must be less than {len(outcomes)}, the number of sources")
        results, blobs = outcomes[source].results, self._parts.blobs
        key = f"{results}/{MESH_FILE}"
        if not results or not blobs.exists(key):
            return {"file": file, "faces": []}
        with blobs.read(key) as stream:
            return {"file": file, "faces": read_meshes(stream, file)}


def _number(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 4:
        raise InvalidRequest(f"source: must be the number of a source, counted from 0, got {given[:40]!r}")
    return int(given)
