"""Give browsers the console: its pages, scripts and style sheet, and Plotly's script out of the installed wheel."""

import gzip
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

CONSOLE = "/console"
FOLDER = Path(__file__).parent / "console"
PLOTLY = "plotly.min.js"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""What the console is made of; anything else in its folder is not given out."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a page of the console may load and do: what this server gives, and media from the computer it runs on."""

PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Kept by the browser and asked after each time, so that a new version shows at once.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
PICTURES = ("image/png",)
KEPT_HEADERS = frozenset({"etag", "last-modified", "content-type", *(name.lower() for name in PAGE_HEADERS)})


def console_routes() -> APIRouter:
    """Return the routes of the console; none asks for a key, for nothing secret lies there."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", index, methods=["GET", "HEAD"])
    router.add_api_route(f"{CONSOLE}/{PLOTLY}", plotly, methods=["GET", "HEAD"])
    router.add_api_route(CONSOLE + "/{path:path}", file, methods=["GET", "HEAD"])
    return router


async def index(request: Request) -> Response:
    """Give the one page of the console."""
    return await _given(_pages(), "index.html", request)


async def file(request: Request, path: str) -> Response:
    """Give a file of the console."""
    return await _given(_pages(), path, request)


async def plotly(request: Request) -> Response:
    """Give Plotly's script."""
    return await _given(_plotly_folder(), PLOTLY, request)


async def _given(files: StaticFiles, path: str, request: Request) -> Response:
    kind = TYPES.get(Path(path).suffix)
    if kind is None or "\0" in path:
        raise HTTPException(404)
    response = await files.get_response(path, request.scope)
    response.headers.update(PAGE_HEADERS)
    if response.status_code == 304:
        return response
    response.headers["Content-Type"] = kind
    return await _small(response, request) if isinstance(response, FileResponse) else response


async def _small(response: FileResponse, request: Request) -> Response:
    """Return a file packed, where the browser takes it so."""
    if "gzip" not in request.headers.get("accept-encoding", "") or response.media_type in PICTURES:
        return response
    path = Path(response.path)
    packed = await to_thread.run_sync(_packed, path, path.stat().st_mtime_ns)
    headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    # Other bytes than those unpacked have: the tag says so, and is still known when it comes back.
    headers |= {"Content-Encoding": "gzip", "ETag": f"W/{headers.pop('etag')}"}
    return Response(packed, headers=headers)


@cache
def _pages() -> StaticFiles:
    return StaticFiles(directory=FOLDER)


@cache
def _plotly_folder() -> StaticFiles:
    # Found and not imported: nothing here draws.
    spec = find_spec("plotly")
    places = (spec.submodule_search_locations if spec else None) or ["."]
    return StaticFiles(directory=Path(places[0]) / "package_data")


@lru_cache(maxsize=256)
def _packed(path: Path, _changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
