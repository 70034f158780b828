"""Build the HTTP door."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

from mien import __version__
from mien.server import error_responses
from mien.server.auth import OPEN, Doorkeeper
from mien.server.browsers import CORS, OnlyHere, SafeAnswers
from mien.server.error_responses import json_response
from mien.server.figures import Figures
from mien.server.metrics import Metrics
from mien.server.middleware import ForgiveSlashes, RequestLog, ShortHeads, TracedRequests
from mien.server.openapi import complete
from mien.server.parts import ServerParts
from mien.server.routes_console import console_routes
from mien.server.routes_jobs import JOBS, JobRoutes
from mien.server.routes_keys import KeyRoutes
from mien.server.routes_meshes import MeshRoutes
from mien.server.routes_mien import MienRoutes
from mien.server.routes_results import ResultRoutes
from mien.server.routes_samples import SampleRoutes
from mien.server.routes_system import SystemRoutes
from mien.server.routes_tables import TableRoutes
from mien.server.watching import Watch

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
OUT_OF_SCOPE = (f"{JOBS}/tl_inference", f"{JOBS}/training", "/v0/registry", "/v0/registry/{rest:path}")


def build_app(parts: ServerParts) -> FastAPI:
    """Return the app that answers over HTTP; it never downloads, decodes or measures anything itself."""
    # The pages FastAPI would draw of the description load scripts from elsewhere; the description itself stays.
    app = FastAPI(
        title="mien", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=None
    )
    error_responses.install(app)
    doorkeeper = Doorkeeper(parts.keys, everybody=OPEN if parts.entry.open else None)
    figures, metrics, watch = Figures(parts), Metrics(), Watch(parts.jobs, parts.clock)
    metrics.watch(figures, parts.inside.room)
    # Streams have no end of their own; whoever stops the server calls this first.
    app.state.end_streams = watch.close
    app.include_router(_small_routes())
    app.include_router(console_routes())
    app.include_router(JobRoutes(parts, doorkeeper).router())
    app.include_router(ResultRoutes(parts, doorkeeper).router())
    app.include_router(MienRoutes(parts, doorkeeper, watch).router())
    app.include_router(KeyRoutes(parts, doorkeeper).router())
    app.include_router(TableRoutes(parts, doorkeeper).router())
    app.include_router(MeshRoutes(parts, doorkeeper).router())
    app.include_router(SampleRoutes(parts, doorkeeper).router())
    app.include_router(SystemRoutes(parts, doorkeeper, figures, metrics).router())
    app.add_middleware(ForgiveSlashes)
    if parts.entry.open:
        app.add_middleware(OnlyHere)
    if parts.entry.origins:
        app.add_middleware(CORSMiddleware, allow_origins=parts.entry.origins, **CORS)
    app.add_middleware(ShortHeads)
    if parts.tracing is not None:
        app.add_middleware(TracedRequests, tracing=parts.tracing)
    app.add_middleware(RequestLog, answered=metrics.answered)
    app.add_middleware(SafeAnswers)
    _describe_keys(app)
    return app


def _small_routes() -> APIRouter:
    router = APIRouter()
    router.add_api_route("/healthz", _healthz, methods=["GET"], tags=["health"])
    for path in OUT_OF_SCOPE:
        router.add_api_route(path, _out_of_scope, methods=ANY_METHOD, include_in_schema=False)
    return router


async def _healthz() -> Response:
    """Say that the server answers."""
    return json_response({"status": "ok"})


async def _out_of_scope(request: Request) -> Response:
    message = f"{request.url.path}: custom models, data sets and registry files are not offered by this server"
    return json_response({"message": message, "code": "not_found"}, 404)


def _describe_keys(app: FastAPI) -> None:
    plain = app.openapi

    def with_keys() -> dict[str, Any]:
        return complete(plain())

    app.openapi = with_keys  # type: ignore[method-assign]  # FastAPI's own documented way to extend the description
