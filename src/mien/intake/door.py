"""Let a process without network have connections: another one dials for it, checks, and hands over the socket.

Both ends of a pair of local sockets: one in the process that decodes, the other in the worker, where `serve_door` runs.
"""

import json
import socket
from contextlib import suppress
from threading import Lock

from mien.domain.errors import AddressRefused
from mien.intake.dialling import Dial

LARGEST_REQUEST = 4096
LONGEST_SECONDS = 60.0
_KINDS = {"refused": AddressRefused, "timeout": TimeoutError}


class DialThroughDoor:
    """Ask at the door for a connection; one at a time, from any thread."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._asking = Lock()

    def __call__(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Return a connected socket. Raises AddressRefused, TimeoutError and OSError as dialling itself would."""
        request = json.dumps({"host": host, "port": port, "seconds": timeout}).encode()
        if len(request) > LARGEST_REQUEST:
            raise OSError("the host's name is too long")
        with self._asking:
            self._door.send(request)
            told, descriptors, _, _ = socket.recv_fds(self._door, LARGEST_REQUEST, 1)
        if descriptors:
            return socket.socket(fileno=descriptors[0])
        if not told:
            raise ConnectionError("the worker has gone")
        answer = json.loads(told)
        raise {"refused": AddressRefused, "timeout": TimeoutError}.get(answer["kind"], ConnectionError)(
            answer["message"]
        )


def pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a door; each request is one message."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def serve_door(door: socket.socket, dial: Dial) -> None:
    """Dial for whoever asks at the other end, until it is closed; what cannot be understood is refused."""
    with suppress(OSError), door:
        while request := door.recv(LARGEST_REQUEST + 1):
            _answer(door, request, dial)


def _answer(door: socket.socket, request: bytes, dial: Dial) -> None:
    try:
        asked = json.loads(request)
        host, port, seconds = str(asked["host"]), int(asked["port"]), float(asked["seconds"] or LONGEST_SECONDS)
        with dial(host, port, min(seconds, LONGEST_SECONDS)) as connected:
            connected.setblocking(True)
            socket.send_fds(door, [b"{}"], [connected.fileno()])
    except AddressRefused as error:
        _refuse(door, "refused", error.message)
    except TimeoutError as error:
        _refuse(door, "timeout", str(error))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _refuse(door, "failed", str(error))


def _refuse(door: socket.socket, kind: str, message: str) -> None:
    door.send(json.dumps({"kind": kind, "message": message[:1000]}).encode())
