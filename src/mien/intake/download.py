"""Fetch a URL to disk, with limits on size, time and redirects."""

import time
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from mien.domain.cancellation import Cancellation
from mien.domain.errors import AddressRefused, DownloadFailed, SourceTooLarge
from mien.intake.connections import Outbound, Patience, guarded_client
from mien.intake.limits import IntakeLimits, readable_bytes

# Asking for the bytes as they are keeps a small answer from unpacking to a huge one.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "mien"}


def without_query(url: str) -> str:
    """Return a URL fit for messages: without user, password, query and fragment, which may hold secrets."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return f"{parts.scheme}://{host}{parts.path}"


class Downloader:
    """Fetch files over http and https. Keep one and close it when done."""

    def __init__(self, limits: IntakeLimits, outbound: Outbound | None = None) -> None:
        self._limits = limits
        patience = Patience(limits.connect_seconds, limits.stall_seconds, limits.download_seconds)
        self._client = guarded_client(outbound, patience)

    def download(self, url: str, target: Path, cancellation: Cancellation) -> None:
        """Write what lies at a URL to `target`, following redirects.

        Raises DownloadFailed, AddressRefused or SourceTooLarge, all naming the URL without its query.
        """
        shown = _shown(url)
        try:
            with target.open("wb") as file:
                self._follow(url, file, cancellation)
        except AddressRefused as error:
            raise AddressRefused(f"could not download {shown}: {error.message}") from error
        except SourceTooLarge as error:
            raise SourceTooLarge(f"could not download {shown}: {error.message}") from error
        except DownloadFailed as error:
            raise DownloadFailed(f"could not download {shown}: {error.message}") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise DownloadFailed(f"could not download {shown}: {self._reason(error)}") from error

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _follow(self, url: str, file: BinaryIO, cancellation: Cancellation) -> None:
        deadline = time.monotonic() + self._limits.download_seconds
        address = httpx.URL(url)
        for _hop in range(self._limits.redirects + 1):
            _check_scheme(address)
            cancellation.check()
            with self._client.stream("GET", address, headers=_HEADERS) as response:
                if not response.has_redirect_location:
                    self._keep(response, file, deadline, cancellation)
                    return
                address = address.join(response.headers["Location"])
        raise DownloadFailed(f"redirected more than {self._limits.redirects} times")

    def _keep(self, response: httpx.Response, file: BinaryIO, deadline: float, cancellation: Cancellation) -> None:
        if not response.is_success:
            raise DownloadFailed(f"HTTP {response.status_code}")
        size = 0
        for chunk in response.iter_raw():
            cancellation.check()
            size += len(chunk)
            if size > self._limits.download_bytes:
                raise SourceTooLarge(f"it is over the limit of {readable_bytes(self._limits.download_bytes)}")
            if time.monotonic() > deadline:
                raise DownloadFailed(f"not finished after {self._limits.download_seconds:g} s")
            file.write(chunk)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, httpx.ConnectTimeout):
            return f"no connection within {self._limits.connect_seconds:g} s"
        if isinstance(error, httpx.TimeoutException):
            return f"no data for {self._limits.stall_seconds:g} s, or not finished in time"
        if isinstance(error, httpx.RemoteProtocolError):
            return "the connection broke off"
        return str(error) or "the connection failed"


def _check_scheme(address: httpx.URL) -> None:
    if address.scheme not in ("http", "https") or not address.host:
        raise DownloadFailed("only http and https addresses are taken")


def _shown(url: str) -> str:
    try:
        return without_query(url)
    except ValueError:
        return "the address given"
