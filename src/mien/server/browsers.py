"""Guard against web pages: tell browsers to do nothing with answers, and say who may ask a server without keys."""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.domain.errors import InvalidRequest
from mien.server.error_responses import json_response

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Stand on every answer that does not say otherwise itself."""

CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "DELETE"],
    # Clients send names and versions of their own in headers; without cookies there is nothing to protect by a list.
    "allow_headers": ["*"],
    "expose_headers": ["X-Request-Id", "Retry-After", "Content-Disposition", "WWW-Authenticate"],
    "max_age": 600,
}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host")
_ORIGIN = re.compile(r"https?://[^/?#\s@\\]+", re.IGNORECASE)


class SafeAnswers:
    """Put the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


class OnlyHere:
    """Let only programs and pages of this machine in: a page from elsewhere must not use a server that asks for no key.

    The Host must be a loopback name, which a page cannot claim by changing what its own name means; an Origin must be
    of that same host; and no proxy may have passed the request on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        wrong = _wrong(Headers(scope=scope)) if scope["type"] == "http" else None
        if wrong is None:
            await self._app(scope, receive, send)
            return
        told = f"{wrong}; a server without keys answers this machine only"
        await json_response({"message": told, "code": "not_allowed"}, 403)(scope, receive, send)


def _wrong(headers: Headers) -> str | None:
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not is_loopback_name(_host_of(hosts[0])):
        return "Host: is not a name of this machine"
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        return "Origin: is another host"
    passed = next((name for name in _FORWARDED if name in headers), None)
    return f"{passed}: a proxy passed this request on" if passed else None


def _host_of(host: str) -> str:
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "") if parts.netloc == host and "@" not in host else ""
    except ValueError:
        return ""


def is_loopback_name(host: str) -> bool:
    """Say whether a host is `localhost` or an address that is this machine's own."""
    return host.lower() == "localhost" or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's own."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def origins(text: str) -> tuple[str, ...]:
    """Return the origins a setting names, `https://a.example, http://b.example:3000` or `*`. Raises InvalidRequest."""
    named = tuple(name.strip().rstrip("/") for name in text.split(",") if name.strip())
    wrong: Sequence[str] = [name for name in named if name != "*" and not _ORIGIN.fullmatch(name)]
    if wrong:
        raise InvalidRequest(f"MIEN_CORS_ORIGINS: {wrong[0]!r} is not an origin such as https://app.example.org, or *")
    return tuple(name.lower() for name in named)
