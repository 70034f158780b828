"""Close connections of clients that stall: heads and bodies that do not come, answers that are not read.

uvicorn waits for ever for all three. A client has `head_seconds` for the whole head of a request, and must then bring,
or take, at least `LEAST_BYTES` within each `stall_seconds`. Time in which the server itself reads no further does not
count.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

log = logging.getLogger(__name__)

LEAST_BYTES = 1024
LINGER_SECONDS = 2.0
"""How long a refused client may still send before it is cut off: with bytes unread, it would not see the answer."""

DRAIN_SECONDS = 60.0
"""How long the rest of a body that has been answered already is still taken, and thrown away."""


@dataclass(frozen=True)
class Patience:
    """Say how long clients are waited for, in seconds, and how many connections there may be at once.

    `keep_alive_seconds` is how long a connection may lie idle between two requests.
    """

    head_seconds: float = 20.0
    stall_seconds: float = 30.0
    keep_alive_seconds: float = 15.0
    connections: int = 1000


def patient_protocol(patience: Patience) -> type[asyncio.Protocol]:
    """Return what uvicorn makes one of for each connection."""
    return cast(type[asyncio.Protocol], partial(PatientProtocol, patience))


class PatientProtocol(H11Protocol):
    """Speak HTTP/1.1 as uvicorn does, and lose patience."""

    def __init__(self, patience: Patience, **given: Any) -> None:
        super().__init__(**given)
        self._patience = patience
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._brought = 0
        self._unsent = 0
        self._in_body = False
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection, or refuse it with 503 when there are too many; twice as many are cut off at once."""
        super().connection_made(transport)
        most = self._patience.connections
        if len(self.connections) > 2 * most:
            self._refused = True
            transport.abort()
        elif len(self.connections) > most:
            self._refuse(503, "too many connections are open; try again later", "busy")
        else:
            self._wait(self._patience.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._reading = _stopped(self._reading)
        self._writing = _stopped(self._writing)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and begin to wait anew if there were enough of them."""
        if self._refused:
            return
        self._brought += len(data)
        if self._reading is None and self.conn.their_state is h11.IDLE:
            self._wait(self._patience.head_seconds)
        super().data_received(data)
        self._look_at_reading()

    def on_response_complete(self) -> None:
        """Wait for the next request, for what is left of this one, and for the answer to be taken."""
        super().on_response_complete()
        self._watch_writing()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(DRAIN_SECONDS, self._end_body_of, self.cycle)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._watch_writing()

    def pause_writing(self) -> None:
        """Wait for the client to take what lies ready for it."""
        super().pause_writing()
        self._writing = _stopped(self._writing)
        self._watch_writing()

    def _wait(self, seconds: float) -> None:
        self._reading = _stopped(self._reading)
        self._brought = 0
        self._reading = self.loop.call_later(seconds, self._waited)

    def _look_at_reading(self) -> None:
        """Wait for what must come next: the rest of a body, the rest of a head, or nothing."""
        in_body, self._in_body = self._in_body, self.conn.their_state is h11.SEND_BODY
        if self._in_body:
            if not in_body or self._brought >= LEAST_BYTES:
                self._wait(self._patience.stall_seconds)
        elif self.conn.their_state is not h11.IDLE:
            self._reading = _stopped(self._reading)
        elif in_body and self._reading is not None:
            self._wait(self._patience.head_seconds)

    def _waited(self) -> None:
        self._reading = None
        if self.transport.is_closing():
            return
        if self._in_body and self.flow.read_paused:
            self._wait(self._patience.stall_seconds)
        elif self._in_body:
            self._refuse(408, f"the body stalled: less than {LEAST_BYTES} bytes in {self._patience.stall_seconds:g} s")
        elif self.conn.trailing_data[0]:
            self._refuse(408, f"the head of the request was not complete after {self._patience.head_seconds:g} s")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str, code: str = "timeout") -> None:
        """Answer if no answer has begun, and close; the client has a moment to stop sending."""
        self._refused = True
        log.info("connection closed with %d: %s", status, message)
        begun = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not begun and not self._in_body_of_answered():
            self.transport.write(_answer(status, message, code))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.can_write_eof() and not begun:
            self.transport.write_eof()
            self.flow.resume_reading()
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        else:
            self.transport.abort()

    def _end_body_of(self, answered: RequestResponseCycle) -> None:
        if self.cycle is answered and self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()

    def _in_body_of_answered(self) -> bool:
        return self._in_body and self.cycle is not None and self.cycle.response_complete

    def _watch_writing(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent and self._writing is None:
            self._writing = self.loop.call_later(self._patience.stall_seconds, self._look_at_writing)

    def _look_at_writing(self) -> None:
        """Cut a client off that took next to nothing of what waits for it; while the app writes on, wait."""
        self._writing = None
        left = self.transport.get_write_buffer_size()
        settled = self.flow.write_paused or self.cycle is None or self.cycle.response_complete
        if left and settled and left > self._unsent - LEAST_BYTES:
            self.transport.abort()
        else:
            self._watch_writing()


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None


def _answer(status: int, message: str, code: str) -> bytes:
    phrase = {408: "Request Timeout", 503: "Service Unavailable"}[status]
    body = orjson.dumps({"message": message, "code": code})
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *(["Retry-After: 5"] if status == 503 else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
