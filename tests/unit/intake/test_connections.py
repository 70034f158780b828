import socket
import ssl
import time

import httpx
import pytest
import trustme

from mien.domain.errors import AddressRefused
from mien.intake.addresses import Reach
from mien.intake.connections import Outbound, Patience, guarded_client
from tests.fakes_web import website


@pytest.fixture
def site():
    with website() as site:
        yield site


def test_a_guarded_client_does_what_a_client_does(site):
    url = site.serve("/hello", b"hello", X_Colour="red")
    with guarded_client(Outbound(Reach(private=True))) as client:
        answer = client.get(url)
    assert (answer.status_code, answer.content, answer.headers["X-Colour"]) == (200, b"hello", "red")


def test_it_refuses_private_addresses(site):
    with guarded_client() as client, pytest.raises(AddressRefused):
        client.get(site.serve("/", b""))
    assert site.requests == []


def test_it_follows_no_redirect(site):
    with guarded_client(Outbound(Reach(private=True))) as client:
        assert client.get(site.redirect("/", "/other")).status_code == 302


def test_it_keeps_no_cookies(site):
    url = site.serve("/", b"", Set_Cookie="a=1")
    with guarded_client(Outbound(Reach(private=True))) as client:
        client.get(url)
        client.get(url)
    assert not any("Cookie" in headers for headers in site.requests)


def test_it_reads_no_proxy_from_the_environment(site, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with guarded_client(Outbound(Reach(private=True))) as client:
        assert client.get(site.serve("/", b"direct")).content == b"direct"


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(site, monkeypatch):
    asked = []
    real = socket.getaddrinfo

    def fickle(host, *rest, **named):
        if host != "fickle.test":
            return real(host, *rest, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "169.254.169.254", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", fickle)
    site.serve("/", b"same")
    with guarded_client(Outbound(Reach(private=True))) as client:
        assert client.get(site.url("/", host="fickle.test")).content == b"same"
    assert len(asked) == 1


def test_a_name_with_one_bad_address_among_good_ones_is_refused(monkeypatch):
    good, bad = ("93.184.216.34", 80), ("10.0.0.1", 80)
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (good, bad)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    with guarded_client() as client, pytest.raises(AddressRefused):
        client.get("http://both.test/")


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/", "http://127.0.0.1:9/"])
def test_errors_are_those_of_httpx(url):
    with guarded_client(Outbound(Reach(private=True))) as client, pytest.raises(httpx.ConnectError):
        client.get(url)


def test_a_peer_that_drips_headers_cannot_hold_us(site):
    def drip(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(600):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    site.answers["/"] = drip
    begin = time.monotonic()
    with (
        guarded_client(Outbound(Reach(private=True)), Patience(exchange=0.3)) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get(site.url("/"))
    assert time.monotonic() - begin < 10, "the other side would go on for 30"


def test_a_proxy_is_taken_and_told_the_name(site):
    asked = []

    def answer(request):
        asked.append(request.path)
        request.send_response(200)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    site.answers["http://inside.example/photo.jpg"] = answer
    proxy = site.url("/").rstrip("/")
    with guarded_client(Outbound(proxy=proxy)) as client:
        assert client.get("http://inside.example/photo.jpg").content == b"ok"
    assert asked == ["http://inside.example/photo.jpg"]


def test_an_address_written_out_is_refused_before_the_proxy_is_asked(site):
    with guarded_client(Outbound(proxy=site.url("/").rstrip("/"))) as client, pytest.raises(AddressRefused):
        client.get("http://169.254.169.254/latest/meta-data")
    assert site.requests == []


@pytest.fixture
def encrypted(site, monkeypatch):
    """The site behind TLS with a certificate for localhost, and clients that trust who signed it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **_: trusting)
    with website(context) as site:
        yield site


def test_encrypted_connections_are_checked_and_read(encrypted):
    encrypted.serve("/a", b"secret" * 50_000)
    address = f"https://localhost:{encrypted.port}/a"
    with guarded_client(Outbound(Reach(private=True))) as client:
        assert client.get(address).content == b"secret" * 50_000
        with pytest.raises(httpx.ConnectError, match=r"127\.0\.0\.1"):
            client.get(address.replace("localhost", "127.0.0.1"))
