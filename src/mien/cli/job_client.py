"""Speak to a server about its jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import typer

from mien.domain.errors import MienError
from mien.settings import read_settings

Server = Annotated[str | None, typer.Option(help="The server's address; default MIEN_SERVER.")]
Key = Annotated[str | None, typer.Option(help="Your key; default MIEN_KEY.")]
SECONDS = 60.0


class Refused(MienError):
    """The server refused."""

    def __init__(self, status: int, message: str) -> None:
        """Take the status and what the server says."""
        super().__init__(f"the server answered {status}: {message}")
        self.status = status


@contextmanager
def connected(server: str | None, key: str | None) -> Iterator[httpx.Client]:
    """Open a client of the server that is given or set. Raises MienError when nothing answers there."""
    settings = read_settings(server=server, key=key)
    headers = {"X-Hume-Api-Key": settings.key} if settings.key else {}
    with httpx.Client(base_url=settings.server, headers=headers, timeout=SECONDS, trust_env=False) as client:
        try:
            yield client
        except httpx.TransportError as error:
            raise MienError(f"no answer from {settings.server}: {error}") from error


def ask(client: httpx.Client, path: str, query: dict[str, Any] | None = None) -> httpx.Response:
    """Get something. Raises Refused."""
    return expect_success(client.get(path, params=query))


def change(client: httpx.Client, method: str, path: str, content: object = None) -> Any:
    """Change something and return what the server says of it. Raises Refused."""
    return expect_success(client.request(method, path, json=content)).json()


def expect_success(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is a success. Raises Refused with what the server says."""
    if answer.is_success:
        return answer
    try:
        message = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.text[:200]
    raise Refused(answer.status_code, message)
