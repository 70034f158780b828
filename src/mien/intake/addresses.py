"""Say which addresses are off limits."""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from mien.domain.errors import AddressRefused, InvalidRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], list[str]]
"""Returns the addresses of a host, for a port. Raises OSError when it has none."""

WEB_PORTS = frozenset({80, 443, 8080, 8443})
WIDEST = {4: 8, 6: 16}
"""How short a prefix may be that somebody opens: wider ones are a slip of the pen."""


def _networks(*written: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in written)


_PRIVATE = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "::1/128",
    "fc00::/7",
)
# Never useful as a source, and often dangerous: machine metadata lies in these ranges or at these addresses.
_NEVER = _networks(
    "0.0.0.0/8",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
)
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_IPV4_IN_LAST_BITS = _networks("::ffff:0:0/96", "64:ff9b::/96")


def _meant(address: Address) -> Address:
    """Return the IPv4 address inside a mapped, translated or 6to4 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.sixtofour is not None:
        return address.sixtofour
    # ::a.b.c.d is the old way to write IPv4 as IPv6; :: and ::1 are addresses of their own.
    if any(address in network for network in _IPV4_IN_LAST_BITS) or 1 < int(address) < 2**32:
        return IPv4Address(int(address) % 2**32)
    return address


@dataclass(frozen=True)
class Reach:
    """Say which addresses may be contacted.

    By itself only public ones, at `ports` (None: at any). With `private`, also loopback and private networks;
    `networks` opens further ones by name. In what is opened so, every port is.
    """

    private: bool = False
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] | None = WEB_PORTS

    def refusal(self, address: Address, port: int) -> str | None:
        """Return why an address and port must not be contacted, or None when they may."""
        if self._opened(address):
            return None
        if off_limits(address):
            return "is private or otherwise off limits"
        if self.ports is not None and port not in self.ports:
            return f"may not be reached at port {port}"
        return None

    def _opened(self, address: Address) -> bool:
        meant = _meant(address)
        if any(meant in network for network in self.networks):
            return True
        return self.private and not _never(meant) and any(meant in network for network in _PRIVATE)


def off_limits(address: Address) -> bool:
    """Say whether an address is not a public one: private, link-local, metadata, multicast, reserved, unspecified.

    An IPv4 address inside an IPv6 one (mapped, translated, 6to4) counts as itself.
    """
    meant = _meant(address)
    if _never(meant) or any(meant in network for network in _PRIVATE):
        return True
    return isinstance(meant, IPv6Address) and meant not in _PUBLIC_IPV6


def _never(meant: Address) -> bool:
    return any(meant in network for network in _NEVER)


def read_networks(written: str) -> tuple[Network, ...]:
    """Read networks such as `10.1.0.0/16, fd12::/48`. Raises InvalidRequest for what is none and for one too wide."""
    return tuple(_network(part) for part in re.split(r"[\s,]+", written) if part)


def _network(written: str) -> Network:
    try:
        network = ipaddress.ip_network(written)
    except ValueError as error:
        raise InvalidRequest(f"{written}: is not a network such as 10.1.0.0/16: {error}") from error
    if network.prefixlen < WIDEST[network.version]:
        raise InvalidRequest(f"{written}: is too wide, at most /{WIDEST[network.version]}")
    return network


def read_ports(written: str) -> frozenset[int] | None:
    """Read ports such as `80,443,8000-8100`; `any` means all (None). Raises InvalidRequest."""
    if written.strip().lower() == "any":
        return None
    return frozenset(port for part in re.split(r"[\s,]+", written) if part for port in _ports(part))


def _ports(written: str) -> range:
    first, dash, last = written.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise InvalidRequest(f"{written}: is not a port or a range such as 8000-8100")
    ports = range(int(first), int(last if dash else first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise InvalidRequest(f"{written}: ports go from 1 to 65535")
    return ports


def system_lookup(host: str, port: int) -> list[str]:
    """Return the addresses of a host as this machine knows them. Raises OSError when it has none."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def resolve(host: str, port: int, reach: Reach, lookup: Lookup = system_lookup) -> list[str]:
    """Return the addresses of a host, all of them allowed.

    Raises AddressRefused when one address is off limits: a name that points both in and out is not to be trusted.
    """
    addresses = list(dict.fromkeys(lookup(host, port)))
    for address in addresses:
        reason = reach.refusal(ipaddress.ip_address(address), port)
        if reason:
            raise AddressRefused(f"the address of {host} {reason}")
    return addresses
