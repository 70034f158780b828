"""Listen on a socket and say when requests are accepted."""

import contextlib
import math
import resource
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mien.server.middleware import HEAD_BYTES
from mien.server.patience import Patience, patient_protocol

STARTING_SECONDS = 30
GRACE_SECONDS = 10
BACKLOG = 2048
OTHER_DESCRIPTORS = 512
"""How many files and connections the server may hold open beside those of its clients."""


def bind(host: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named outright, for asyncio sends small answers at once (no Nagle) only on sockets that say they are TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(BACKLOG)
    return bound


def address(bound: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def configuration(app: FastAPI, patience: Patience) -> uvicorn.Config:
    """Return how uvicorn serves an app.

    The access log is the app's own: uvicorn's would show query strings, and a key may be in one.
    """
    return uvicorn.Config(
        app,
        http=patient_protocol(patience),
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=math.ceil(patience.keep_alive_seconds),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )


def listen(app: FastAPI, bound: socket.socket, started: Callable[[], None], patience: Patience | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `started` is called from another thread once requests are accepted."""
    patience = patience or Patience()
    allow_descriptors(2 * patience.connections + OTHER_DESCRIPTORS)
    server = _Server(configuration(app, patience), getattr(app.state, "end_streams", lambda: None))
    threading.Thread(target=_tell_when_started, args=(server, started), daemon=True).start()
    # uvicorn raises the signal again once it has stopped; what comes after must not be cut off by that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[bound])


def allow_descriptors(wanted: int) -> None:
    """Let this process open so many files, as far as the system lets it; many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Server(uvicorn.Server):
    """End the streams when a signal comes: uvicorn waits for every answer to end by itself."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._end_streams()
        super().handle_exit(sig, frame)


def _tell_when_started(server: uvicorn.Server, started: Callable[[], None]) -> None:
    pause = threading.Event()
    for _ in range(STARTING_SECONDS * 100):
        if server.started:
            started()
            return
        pause.wait(0.01)
