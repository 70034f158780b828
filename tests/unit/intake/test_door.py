"""A process without network asks at a door, and gets a connection that somebody else has checked and made."""

import os
import subprocess
import sys
import threading

import httpx
import pytest

from mien.domain.errors import AddressRefused
from mien.intake.addresses import Reach
from mien.intake.connections import Outbound, guarded_client
from mien.intake.dialling import guarded_dial
from mien.intake.door import DialThroughDoor, pair, serve_door
from tests.fakes_web import website


@pytest.fixture
def site():
    with website() as site:
        yield site


@pytest.fixture
def open_door():
    """Opens a door that reaches what it is told, and returns the end of the one who asks."""
    ends = []

    def open_one(reach: Reach) -> DialThroughDoor:
        ours, theirs = pair()
        ends.append(theirs)
        threading.Thread(target=serve_door, args=(ours, guarded_dial(reach)), daemon=True).start()
        return DialThroughDoor(theirs)

    yield open_one
    for end in ends:
        end.close()


def test_a_client_works_through_the_door(site, open_door):
    door = open_door(Reach(private=True))
    with guarded_client(Outbound(dial=door)) as client:
        assert client.get(site.serve("/a", b"a" * 100_000)).content == b"a" * 100_000
        assert client.post(site.serve("/b", b"b"), content=b"x" * 100_000).content == b"b"


def test_the_door_refuses_what_is_off_limits(site, open_door):
    with guarded_client(Outbound(dial=open_door(Reach()))) as client, pytest.raises(AddressRefused, match="off limits"):
        client.get(site.serve("/", b""))
    assert site.requests == []


def test_whoever_asks_cannot_widen_what_may_be_reached(site, open_door):
    door = open_door(Reach())
    with guarded_client(Outbound(reach=Reach(private=True), dial=door)) as client, pytest.raises(AddressRefused):
        client.get(site.serve("/", b""))


def test_errors_are_those_of_httpx(open_door):
    with guarded_client(Outbound(dial=open_door(Reach(private=True)))) as client:
        for url in ("http://127.0.0.1:9/", "http://no-such-host.invalid/"):
            with pytest.raises(httpx.ConnectError):
                client.get(url)


def test_many_threads_may_ask_at_once(site, open_door):
    url, dial, got = site.serve("/", b"ok"), open_door(Reach(private=True)), []

    def ask() -> None:
        with guarded_client(Outbound(dial=dial)) as client:
            got.append(client.get(url).content)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"ok"] * 16


@pytest.mark.parametrize("nonsense", [b"x", b"[]", b"{}", b'{"host": 1, "port": "a", "seconds": 1}', b"\xff" * 4000])
def test_nonsense_is_refused_and_the_door_stays_open(site, open_door, nonsense):
    door = open_door(Reach(private=True))
    door._door.send(nonsense)
    assert b"failed" in door._door.recv(4096)
    with guarded_client(Outbound(dial=door)) as client:
        assert client.get(site.serve("/", b"still here")).content == b"still here"


def test_a_door_without_a_worker_is_an_error():
    ours, theirs = pair()
    ours.close()
    with pytest.raises(OSError):
        DialThroughDoor(theirs)("127.0.0.1", 80, 1.0)


CONFINED = """
import socket, sys
from mien.intake.connections import Outbound, guarded_client
from mien.intake.door import DialThroughDoor
try:
    socket.socket()
    print("has network")
except PermissionError:
    pass
door = DialThroughDoor(socket.socket(fileno=int(sys.argv[1])))
with guarded_client(Outbound(dial=door)) as client:
    print(client.get(sys.argv[2]).text)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes the network from a process")
def test_a_process_without_network_downloads_through_the_door(site):
    ours, theirs = pair()
    threading.Thread(target=serve_door, args=(ours, guarded_dial(Reach(private=True))), daemon=True).start()
    command = [sys.executable, "-m", "mien.sandbox.confined", "--no-network", "--", sys.executable, "-c", CONFINED]
    done = subprocess.run(
        [*command, str(theirs.fileno()), site.serve("/", b"through the door")],
        pass_fds=(theirs.fileno(),), capture_output=True, text=True, timeout=60, env=os.environ,
    )  # fmt: skip
    theirs.close()
    assert done.stdout.split("\n")[0] == "through the door", done.stderr


def test_an_encrypted_connection_that_is_none_is_a_connect_error(site, open_door):
    with guarded_client(Outbound(dial=open_door(Reach(private=True)))) as client, pytest.raises(httpx.ConnectError):
        client.get(site.serve("/", b"").replace("http:", "https:"))
