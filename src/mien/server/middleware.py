"""Stand between the socket and the routes: forgive slashes, note each request in the log."""

import logging
import time
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


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


class AccessLog:
    """Note method, path, status and milliseconds of each request; never the query string, which may hold a key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it when its answer starts."""
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_ms = (time.monotonic() - began) * 1000
                log.info("%s %s %d %.0f ms", scope["method"], quote(scope["path"]), message["status"], took_ms)
            await send(message)

        await self._app(scope, receive, noting)
