"""Open connections to allowed addresses, and read and write them as the HTTP library wants."""

import socket
import ssl
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import httpcore

from mien.intake.addresses import Lookup, Reach, resolve, system_lookup

Dial = Callable[[str, int, float | None], socket.socket]
"""Connects to a host and port within some seconds. Raises AddressRefused, and OSError when nobody answers."""


def guarded_dial(reach: Reach, lookup: Lookup = system_lookup) -> Dial:
    """Return a way to connect to allowed addresses only.

    A host is resolved once and the connection goes to an address that was checked, so a name that changes its mind
    between check and connection gains nothing.
    """
    return partial(_dial, reach, lookup)


def _dial(reach: Reach, lookup: Lookup, host: str, port: int, timeout: float | None) -> socket.socket:
    try:
        addresses = resolve(host, port, reach, lookup)
    except (OSError, UnicodeError) as error:
        raise ConnectionError(f"{host} could not be resolved") from error
    failure: OSError = ConnectionError(f"{host} has no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
    raise failure


class SocketStream(httpcore.NetworkStream):
    """Read and write a connected socket; errors are those of httpcore."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read at most `max_bytes`."""
        try:
            self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`."""
        rest = memoryview(buffer)
        try:
            self._socket.settimeout(timeout)
            while rest:
                rest = rest[self._socket.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt from here on."""
        try:
            self._socket.settimeout(timeout)
            return SocketStream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname))
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._socket if info == "socket" else None


class DialledBackend(httpcore.NetworkBackend):
    """Connect as it is told to. Raises what dialling does, and httpcore's errors."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        try:
            return SocketStream(self._dial(host, port, timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
