from ipaddress import ip_address

import pytest

from mien.domain.errors import AddressRefused, InvalidRequest
from mien.intake.addresses import Reach, off_limits, read_networks, read_ports, resolve

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "2002:101:101::1", "::ffff:1.1.1.1"]
PRIVATE = [
    "127.0.0.1",
    "127.255.0.9",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "198.19.0.1",
    "::1",
    "fd12::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]
NEVER = [
    "0.0.0.0",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "fd00:ec2::254",
    "64:ff9b:1::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address):
    assert not off_limits(ip_address(address))
    assert Reach().refusal(ip_address(address), 443) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_open_only_when_allowed(address):
    assert "private" in Reach().refusal(ip_address(address), 80)
    assert Reach(private=True).refusal(ip_address(address), 80) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_open_to_nobody_who_does_not_name_them(address):
    assert Reach().refusal(ip_address(address), 80)
    assert Reach(private=True).refusal(ip_address(address), 80)


def test_a_named_network_is_open_and_its_neighbours_are_not():
    reach = Reach(networks=read_networks("10.1.0.0/16, 169.254.7.7"))
    assert reach.refusal(ip_address("10.1.2.3"), 9999) is None
    assert reach.refusal(ip_address("::ffff:10.1.2.3"), 80) is None
    assert reach.refusal(ip_address("169.254.7.7"), 80) is None
    assert reach.refusal(ip_address("10.2.0.1"), 80)
    assert reach.refusal(ip_address("169.254.169.254"), 80)


@pytest.mark.parametrize("written", ["0.0.0.0/0", "::/0", "10.0.0.0/7", "10.1.2.3/16", "example.com", "10.1/16"])
def test_a_network_that_is_none_or_too_wide_is_refused(written):
    with pytest.raises(InvalidRequest, match=r"too wide|is not a network"):
        read_networks(written)


def test_only_allowed_ports_of_public_addresses_are_open():
    reach, public = Reach(ports=read_ports("80, 8000-8002")), ip_address("1.1.1.1")
    assert [port for port in (22, 80, 443, 8000, 8002, 8003) if reach.refusal(public, port) is None] == [80, 8000, 8002]
    assert reach.refusal(public, 25) == "may not be reached at port 25"
    assert Reach(ports=read_ports("any")).refusal(public, 25) is None


@pytest.mark.parametrize("written", ["http", "0", "70000", "10-", "20-10", "-5", "²"])
def test_what_is_no_port_is_refused(written):
    with pytest.raises(InvalidRequest):
        read_ports(written)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "::1"])
def test_however_loopback_is_written_it_is_refused(host):
    with pytest.raises(AddressRefused, match="private or otherwise off limits"):
        resolve(host, 80, Reach())


def test_allowed_hosts_resolve_to_addresses():
    assert "127.0.0.1" in resolve("localhost", 80, Reach(private=True))
