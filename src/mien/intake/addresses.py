"""Say which addresses are off limits."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from mien.domain.errors import AddressRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


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


def off_limits(address: Address, allow_private: bool) -> bool:
    """Say whether an address must not be contacted.

    With `allow_private`, loopback and private networks are open; link-local, metadata, multicast, reserved and
    unspecified addresses never are.
    """
    meant = _meant(address)
    if any(meant in network for network in _NEVER):
        return True
    if any(meant in network for network in _PRIVATE):
        return not allow_private
    return isinstance(meant, IPv6Address) and meant not in _PUBLIC_IPV6


def resolve(host: str, port: int, allow_private: bool) -> list[str]:
    """Return the addresses of a host, all of them allowed.

    Raises AddressRefused when one address is off limits: a name that points both in and out is not to be trusted.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if any(off_limits(ipaddress.ip_address(address), allow_private) for address in addresses):
        raise AddressRefused(f"the address of {host} is private or otherwise off limits")
    return addresses
