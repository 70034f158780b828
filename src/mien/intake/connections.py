"""Open connections to allowed addresses only, for downloads and callbacks."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import httpcore
import httpx

from mien.intake.addresses import Reach, resolve
from mien.intake.dialling import Dial, guarded_dial
from mien.intake.streams import DialledBackend


class TimedStream(httpcore.NetworkStream):
    """Pass bytes through until a deadline, so that a peer that sends a byte now and then cannot hold us for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole exchange took too long")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read at most `max_bytes`."""
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`."""
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt from here on; the deadline stays."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._stream.get_extra_info(info)


class TimedBackend(httpcore.NetworkBackend):
    """Bound every connection of a backend by a deadline."""

    def __init__(self, backend: httpcore.NetworkBackend, exchange_seconds: float) -> None:
        self._backend = backend
        self._exchange_seconds = exchange_seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        deadline = time.monotonic() + self._exchange_seconds
        return TimedStream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options), deadline)


_TRANSLATED = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn httpcore's errors into httpx's, which go by the same names."""
    try:
        yield
    except _TRANSLATED as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class GuardedTransport(httpx.BaseTransport):
    """Carry httpx requests over a connection pool of httpcore."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        content = cast("httpx.SyncByteStream", request.stream)
        inner = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=content, extensions=request.extensions
        )
        with _translated():
            response = self._pool.handle_request(inner)
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _ProxiedTransport(GuardedTransport):
    """Carry httpx requests over a proxy; a host written as an address is checked here, a name by the proxy."""

    def __init__(self, pool: httpcore.ConnectionPool, reach: Reach) -> None:
        super().__init__(pool)
        self._reach = reach

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises AddressRefused."""
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        resolve(request.url.host, port, self._reach, _written_address)
        return super().handle_request(request)


def _written_address(host: str, port: int) -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]
    except socket.gaierror:
        return []


@dataclass(frozen=True)
class Patience:
    """Say how long an exchange may take, in seconds: to connect, without a byte, and from the first to the last."""

    connect: float = 10.0
    stall: float = 30.0
    exchange: float = 3600.0


@dataclass(frozen=True)
class Outbound:
    """Say how connections go out: what may be reached, through which proxy if any, and who dials.

    With `proxy`, every request goes there, and what names mean is for the proxy to say and to guard. `dial` opens
    connections and checks them; by itself `guarded_dial` of what may be reached.
    """

    reach: Reach = field(default_factory=Reach)
    proxy: str | None = None
    dial: Dial | None = None

    def dialled(self) -> Dial:
        """Return who dials."""
        return self.dial or guarded_dial(Reach(private=True, ports=None) if self.proxy else self.reach)


def guarded_client(outbound: Outbound | None = None, patience: Patience | None = None) -> httpx.Client:
    """Return an HTTP client that reaches allowed addresses only.

    It follows no redirects, keeps no cookies and reads neither proxies nor passwords from the environment. Its requests
    raise AddressRefused beside httpx's own errors.
    """
    outbound, patience = outbound or Outbound(), patience or Patience()
    common: dict[str, Any] = {
        "ssl_context": httpx.create_ssl_context(trust_env=False),
        "max_keepalive_connections": 0,
        "network_backend": TimedBackend(DialledBackend(outbound.dialled()), patience.exchange),
    }
    transport = (
        _ProxiedTransport(httpcore.HTTPProxy(outbound.proxy, **common), outbound.reach)
        if outbound.proxy
        else GuardedTransport(httpcore.ConnectionPool(**common))
    )
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(patience.stall, connect=patience.connect),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
