import gzip
import time
from dataclasses import replace
from threading import Event

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import AddressRefused, Cancelled, DownloadFailed, SourceTooLarge
from mien.intake.addresses import Reach
from mien.intake.connections import Outbound
from mien.intake.download import Downloader
from mien.intake.limits import IntakeLimits
from tests.fakes_web import website

SMALL = IntakeLimits(download_bytes=100_000, stall_seconds=20, download_seconds=60, connect_seconds=5)


@pytest.fixture
def site():
    with website() as site:
        yield site


@pytest.fixture
def download(tmp_path):
    def fetch(url, cancellation=None, limits=SMALL):
        downloader = Downloader(limits, Outbound(Reach(private=True)))
        try:
            downloader.download(url, tmp_path / "target", cancellation or Cancellation())
        finally:
            downloader.close()
        return (tmp_path / "target").read_bytes()

    return fetch


def test_a_file_arrives_as_it_is(site, download):
    assert download(site.serve("/a.jpg", b"\xff\xd8bytes") + "?signature=secret") == b"\xff\xd8bytes"


def test_redirects_are_followed_also_relative_ones(site, download):
    site.serve("/deep/end", b"here")
    site.redirect("/deep/two", "end")
    assert download(site.redirect("/one", site.url("/deep/two"))) == b"here"


def test_three_redirects_are_enough_and_four_too_many(site, download):
    site.serve("/0", b"end")
    for hop in range(1, 5):
        site.redirect(f"/{hop}", f"/{hop - 1}")
    assert download(site.url("/3")) == b"end"
    with pytest.raises(DownloadFailed, match="redirected more than 3 times"):
        download(site.url("/4"))


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data", "http://0.0.0.0/", "http://[fe80::1]/"])
def test_each_redirect_is_checked_anew(site, download, target):
    with pytest.raises(AddressRefused, match=f"could not download {site.url('/a')}: the address of .* off limits"):
        download(site.redirect("/a", target))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/a", "gopher://example.com"])
def test_a_redirect_out_of_http_is_refused(site, download, target):
    with pytest.raises(DownloadFailed, match="only http and https"):
        download(site.redirect("/a", target))


@pytest.mark.parametrize("url", ["ftp://example.com/a", "/etc/passwd", "", "http://[", "http://a b/"])
def test_what_is_no_web_address_is_refused(download, url):
    with pytest.raises(DownloadFailed, match="could not download"):
        download(url)


def test_private_addresses_are_refused_unless_allowed(site, tmp_path):
    url = site.serve("/a", b"secret")
    with pytest.raises(AddressRefused):
        Downloader(SMALL).download(url, tmp_path / "target", Cancellation())
    assert (tmp_path / "target").read_bytes() == b""


@pytest.mark.parametrize("status", [404, 403, 500, 304])
def test_an_error_names_status_and_address_but_no_secret(site, download, status):
    url = site.serve("/clip.mp4", b"", status)
    with pytest.raises(DownloadFailed) as caught:
        download(url.replace("http://", "http://user:word@") + "?token=secret#part")
    assert caught.value.message == f"could not download {url}: HTTP {status}"


def test_an_endless_body_is_cut_at_the_limit(site, download):
    def endless(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            request.wfile.write(bytes(10_000))

    site.answers["/"] = endless
    with pytest.raises(SourceTooLarge, match=r"over the limit of 97\.66 KB"):
        download(site.url("/"))


def test_a_body_that_stalls_is_given_up(site, download):
    given_up, waited_for = Event(), []

    def stall(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        request.wfile.flush()
        waited_for.append(given_up.wait(30))

    site.answers["/"] = stall
    with pytest.raises(DownloadFailed, match=r"no data for 0\.2 s"):
        download(site.url("/"), limits=replace(SMALL, stall_seconds=0.2))
    assert not waited_for, "it is given up while the other side still holds it"
    given_up.set()


def test_a_body_that_drips_is_given_up(site, download):
    def drip(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(600):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    site.answers["/"] = drip
    begin = time.monotonic()
    with pytest.raises(DownloadFailed, match="not finished"):
        download(site.url("/"), limits=replace(SMALL, download_seconds=0.6))
    assert time.monotonic() - begin < 10, "the other side would go on for 30"


def test_a_body_shorter_than_promised_is_an_error(site, download):
    def short(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    site.answers["/"] = short
    with pytest.raises(DownloadFailed, match="broke off"):
        download(site.url("/"))


def test_nothing_is_unpacked_on_the_way(site, download):
    packed = gzip.compress(bytes(10_000_000))
    url = site.serve("/a.tar.gz", packed, Content_Encoding="gzip")
    assert download(url) == packed
    assert site.requests[0]["Accept-Encoding"] == "identity"


def test_each_chunk_asks_whether_to_go_on(site, download):
    cancellation = Cancellation()

    def half(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nabc")
        request.wfile.flush()
        time.sleep(0.05)
        cancellation.cancel(Cancelled())
        request.wfile.write(b"def")

    site.answers["/"] = half
    with pytest.raises(Cancelled):
        download(site.url("/"), cancellation)
