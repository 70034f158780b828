"""Answer what operators ask: health, metrics, and one page about the system."""

import hmac

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from mien.server.auth import Doorkeeper
from mien.server.browsers import is_loopback
from mien.server.error_responses import json_response
from mien.server.figures import Figures
from mien.server.metrics import Metrics
from mien.server.parts import ServerParts
from mien.storage.keys import Scope

CARD = "/v0/mien/weights/{name}/card"
REFUSED = {"message": "metrics are for this machine, or for those who send the token that is set for them"}


class SystemRoutes:
    """Answer the routes that let operators see inside."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper, figures: Figures, metrics: Metrics) -> None:
        self._token = parts.inside.metrics_token
        self._doorkeeper = doorkeeper
        self._figures = figures
        self._card = parts.inside.card
        self._metrics = metrics

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["health"])
        router.add_api_route("/health", self.health, methods=["GET"])
        router.add_api_route("/metrics", self.metrics, methods=["GET"])
        router.add_api_route("/v0/mien/system", self.system, methods=["GET"])
        router.add_api_route(CARD, self.card, methods=["GET"], response_class=PlainTextResponse)
        return router

    async def health(self) -> Response:
        """Say whether the server can do its work, and on what device; 503 when no job can be taken. Needs no key."""
        told = await to_thread.run_sync(self._figures.health)
        return json_response(told, 503 if told["status"] == "failing" else 200)

    async def metrics(self, request: Request) -> Response:
        """Give the figures that Prometheus collects."""
        if not self._may_read(request):
            return json_response(REFUSED | {"code": "invalid_key"}, 401, {"WWW-Authenticate": "Bearer"})
        return Response(await to_thread.run_sync(self._metrics.text), media_type=CONTENT_TYPE_LATEST)

    async def system(self, request: Request) -> Response:
        """Show workers, queue, networks with their licences, disks and health; the key needs the scope admin."""
        await self._doorkeeper.owner_of(request, Scope.ADMIN)
        return json_response(await to_thread.run_sync(self._figures.system))

    async def card(self, request: Request, name: str) -> Response:
        """Give what is told of a network: purpose, data, results, where it is worse, risks."""
        await self._doorkeeper.record_of(request)
        return Response(await to_thread.run_sync(self._card, name), media_type="text/markdown")

    def _may_read(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._token:
            return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token.encode())
        return request.client is not None and is_loopback(request.client.host)
