"""Open connections to allowed addresses, and to no others."""

import socket
from collections.abc import Callable
from functools import partial

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
