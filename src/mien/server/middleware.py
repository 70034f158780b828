"""Stand between the socket and the routes: forgive slashes, name each request, note and count it."""

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import quote
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.server.error_responses import internal_error, json_response
from mien.telemetry.logs import request_id
from mien.telemetry.traces import Tracing

log = logging.getLogger(__name__)

HEAD_BYTES = 64 * 1024
ID_HEADER = "X-Request-Id"
NO_ROUTE = "none"
_SANE_ID = re.compile(rb"[\w.-]{1,64}", re.ASCII)
Answered = Callable[[str, str, int, float], None]
"""Is told the method, the route, the status and the seconds until the answer began."""


class ForgiveSlashes:
    """Let `/v0/batch/jobs/` and `//v0/batch/jobs` mean `/v0/batch/jobs`; a redirect would lose the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its plain path."""
        path = scope.get("path", "/")
        if scope["type"] == "http" and (path.endswith("/") or "//" in path):
            scope = {**scope, "path": "/" + "/".join(step for step in path.split("/") if step)}
        await self._app(scope, receive, send)


class ShortHeads:
    """Refuse a head of more than 64 KB; what reads it from the socket stops only those that come in pieces."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400."""
        if scope["type"] == "http" and _head_bytes(scope) > HEAD_BYTES:
            told = f"headers: with the address they are over the limit of {HEAD_BYTES // 1024} KB"
            await json_response({"message": told, "code": "invalid_request"}, 400)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class RequestLog:
    """Name each request, count it, and note its method, path, status and milliseconds.

    Never the query string, which may hold a key. The name is the client's `X-Request-Id` or a new one; the answer
    carries it, and so does every line logged on the way.
    """

    def __init__(self, app: ASGIApp, answered: Answered) -> None:
        self._app = app
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it when its answer starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        name = _name(scope)
        begun_answer: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun_answer.append(message["status"])
                seconds = time.monotonic() - began
                message["headers"] = [*message.get("headers", ()), (ID_HEADER.lower().encode(), name.encode())]
                self._answered(scope["method"], _route(scope), message["status"], seconds)
                if log.isEnabledFor(logging.INFO):
                    path, status = quote(scope["path"]), message["status"]
                    log.info("%s %s %d %.0f ms", scope["method"], path, status, seconds * 1000)
            await send(message)

        token = request_id.set(name)
        try:
            await self._app(scope, receive, noting)
        except Exception:
            if begun_answer:
                raise
            # Answered here, so that it is named, noted and guarded like every other answer.
            log.exception("%s %s failed", scope["method"], quote(scope["path"]))
            await internal_error()(scope, receive, noting)
        finally:
            request_id.reset(token)


class TracedRequests:
    """Put a span around each request, with its method, status and route, and never its query string."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within a span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        attributes = {"http.request.method": scope["method"], "mien.request_id": request_id.get() or ""}
        with self._tracing.span("request", attributes) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    span.set_attribute("http.route", _route(scope))
                await send(message)

            await self._app(scope, receive, noting)


def _head_bytes(scope: Scope) -> int:
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))


def _name(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == ID_HEADER.lower().encode()), b"")
    return given.decode() if _SANE_ID.fullmatch(given) else uuid4().hex


def _route(scope: Scope) -> str:
    """Return the pattern that answered, so that there are no more names than routes."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else NO_ROUTE
