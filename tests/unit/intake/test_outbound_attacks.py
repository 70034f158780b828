"""What strangers write to reach a machine they must not reach: address forms, and names that change their mind."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dns.message
import dns.query
import dns.rdatatype
import dns.rrset
import pytest

from mien.delivery.callback import CallbackFailed, CallbackSender, Letter
from mien.domain.cancellation import Cancellation
from mien.domain.errors import AddressRefused, DownloadFailed
from mien.intake.addresses import Reach, read_networks
from mien.intake.connections import Outbound, Patience, guarded_client
from mien.intake.dialling import guarded_dial
from mien.intake.download import Downloader
from mien.intake.limits import IntakeLimits

REBINDING_ATTEMPTS = 1000


class Listener:
    """Counts who connects, and answers nothing."""

    def __init__(self, family: int, host: str, port: int = 0) -> None:
        self.connections = 0
        self._socket = socket.socket(family)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._socket.bind((host, port))
        self._socket.listen(64)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture(scope="module")
def everywhere() -> Iterator[list[Listener]]:
    """Listeners on every address of this machine, at one port."""
    first = Listener(socket.AF_INET, "0.0.0.0")
    listeners = [first, Listener(socket.AF_INET6, "::", first.port)] if socket.has_ipv6 else [first]
    yield listeners
    for listener in listeners:
        listener.close()


def _loopback_forms() -> list[str]:
    one = 0x7F000001
    forms = ["127.0.0.1", "127.1", "127.0.1", "127.00.00.01", "0127.0.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1"]
    forms += [str(one), hex(one), oct(one).replace("0o", "0"), "0x7F000001", "0X7f000001", "127.0.0.1.", "127.0x0.0.1"]
    forms += [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "LocalHost",
        "127.255.255.254",
        "127.0.0.2",
        "0",
        "0.0.0.0",
        "0x0",
    ]
    forms += ["0.0", "00000", "127.0.0.0x1", "0177.0.1", "0x7f.0x0.0x0.0x1", "127.0000000001", "017700000001"]
    forms += [
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "127．0．0．1",
        "ⓛocalhost",
        "locaLhost",
        "%6c%6f%63alhost",
    ]
    forms += ["%31%32%37.0.0.1", "127%2e0%2e0%2e1"]
    return forms


def _ipv6_forms() -> list[str]:
    bare = ["::1", "::", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::ffff:127.0.0.1"]
    bare += ["::ffff:7f00:1", "::ffff:7f00:0001", "0:0:0:0:0:ffff:127.0.0.1", "::127.0.0.1", "::7f00:1", "::ffff:0:0"]
    bare += [
        "64:ff9b::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:7f00:0001::1",
        "::ffff:0.0.0.0",
    ]
    bare += ["2002:a00:1::", "2002:c0a8:101::1", "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1"]
    bare += ["fe80::1", "fe80::a9fe:a9fe", "fc00::1", "fd00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff05::2"]
    bare += ["2001:db8::1", "2001::1", "2001:0:53aa:64c:0:fbff:f5ff:fffe", "3fff::1", "100::1", "fd00:ec2::254"]
    bare += ["fd20:ce::254", "::ffff:10.0.0.1", "::ffff:172.16.0.1", "::ffff:192.168.0.1", "::ffff:169.254.169.254"]
    bare += ["fe80::1%251", "fe80::1%25lo", "::1%25lo", "::ffff:100.64.0.1", "::10.0.0.1", "::ffff:a00:1"]
    return [f"[{form}]" for form in bare]


def _private_forms() -> list[str]:
    ends = ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"]
    ends += ["100.64.0.0", "100.127.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16"]
    ends += ["100.100.100.200", "192.0.0.192", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"]
    ends += ["203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "0.1.2.3", "192.88.99.1"]
    ends += ["10.1", "0xa000001", "167772161", "012.0.0.1", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376"]
    ends += ["169.254.43518", "192.168.1", "0xc0a80001", "3232235521", "0300.0250.0.1", "172.1048577", "0xac100001"]
    return ends


def _tricks(port: int) -> list[str]:
    return [
        f"http://example.com@127.0.0.1:{port}/",
        f"http://example.com:80@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}#@example.com/",
        f"http://127.0.0.1:{port}?@example.com/",
        f"http://127.0.0.1:{port}/\\@example.com/",
        f"http://127.0.0.1:{port}\\@example.com/",
        f"http:\\\\127.0.0.1:{port}/",
        f"http:///127.0.0.1:{port}/",
        f"http:127.0.0.1:{port}/",
        f" http://127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}\t/",
        f"http://127.0.0.1:0{port}/",
        f"http://user:pass@localhost:{port}/",
        f"HTTP://127.0.0.1:{port}/",
        f"https://127.0.0.1:{port}/",
        f"ftp://127.0.0.1:{port}/",
        f"gopher://127.0.0.1:{port}/_GET",
        f"dict://127.0.0.1:{port}/info",
        f"ws://127.0.0.1:{port}/",
        f"//127.0.0.1:{port}/",
        f"http://[::1]:{port}@example.com:{port}:80/",
        f"http://[::1%00.example.com]:{port}/",
        f"http://127.0.0.1\r\nHost: example.com:{port}/",
        f"http://127.0.0.1%00.example.com:{port}/",
        f"http://127.0.0.1%0d%0a:{port}/",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    ]


def forms(port: int) -> list[str]:
    hosts = [*_loopback_forms(), *_ipv6_forms(), *_private_forms()]
    return [f"http://{host}:{port}/" for host in hosts] + _tricks(port)


def test_no_form_of_address_reaches_a_listener_by_download(everywhere, tmp_path):
    written = forms(everywhere[0].port)
    assert len(written) >= 150
    downloader = Downloader(IntakeLimits(connect_seconds=1, stall_seconds=1, download_seconds=2))
    for url in written:
        with pytest.raises(DownloadFailed):
            downloader.download(url, tmp_path / "target", Cancellation())
    downloader.close()
    assert [listener.connections for listener in everywhere] == [0] * len(everywhere)


def test_no_form_of_address_reaches_a_listener_by_callback(everywhere):
    sender = CallbackSender(guarded_client(patience=Patience(1, 1, 2)))
    for url in forms(everywhere[0].port):
        with pytest.raises(CallbackFailed):
            sender.send(Letter(url, "msg_1", lambda: iter([b"{}"])))
    assert [listener.connections for listener in everywhere] == [0] * len(everywhere)


def test_the_listeners_can_be_reached_at_all(everywhere):
    with guarded_client(Outbound(Reach(private=True))) as client, suppress(Exception):
        client.get(f"http://127.0.0.1:{everywhere[0].port}/")
    assert everywhere[0].connections == 1
    everywhere[0].connections = 0


@contextmanager
def _fickle_names(answers: list[list[str]], chance: random.Random) -> Iterator[int]:
    """A name server on loopback that answers each question anew with one of `answers`; yields its port."""
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.bind(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                wire, who = asked.recvfrom(4096)
                question = dns.message.from_wire(wire)
                reply = dns.message.make_response(question)
                name = question.question[0].name
                reply.answer.append(dns.rrset.from_text(name, 0, "IN", "A", *chance.choice(answers)))
                asked.sendto(reply.to_wire(), who)

    threading.Thread(target=answer, daemon=True).start()
    yield asked.getsockname()[1]
    asked.close()


def test_a_name_that_changes_its_mind_never_leads_where_it_must_not():
    # Two addresses of this machine stand for outside (named as allowed) and inside (not named).
    outside = Listener(socket.AF_INET, "127.0.0.2")
    inside = Listener(socket.AF_INET, "127.0.0.3", outside.port)
    answers = [["127.0.0.2"], ["127.0.0.3"], ["127.0.0.2", "127.0.0.3"], ["127.0.0.3", "127.0.0.2"]]

    with _fickle_names(answers, random.Random(7)) as name_server:

        def lookup(host: str, port: int) -> list[str]:
            query = dns.message.make_query(host, dns.rdatatype.A)
            reply = dns.query.udp(query, "127.0.0.1", port=name_server, timeout=5)
            return [item.address for rrset in reply.answer for item in rrset]

        reach = Reach(networks=read_networks("127.0.0.2/32"))
        refused = 0
        with guarded_client(Outbound(dial=guarded_dial(reach, lookup)), Patience(2, 2)) as client:
            for number in range(REBINDING_ATTEMPTS):
                try:
                    client.get(f"http://rebind-{number}.test:{outside.port}/")
                except AddressRefused:
                    refused += 1
                except Exception as error:
                    assert "disconnected" in str(error) or "reset" in str(error)
    outside.close()
    inside.close()
    assert inside.connections == 0
    assert refused + outside.connections == REBINDING_ATTEMPTS
    assert 600 < refused < 900
