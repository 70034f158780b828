"""Carry requests to a server and answers back, trying again where that can help."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from mien.client.answers import ApiError

RETRIES = 2
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
TRY_AGAIN = frozenset({408, 429})


class Exchange:
    """Send requests with a key to one server; 408, 429, 5xx and broken connections are tried twice more."""

    def __init__(self, base_url: str, api_key: str | None, timeout_seconds: float) -> None:
        address = base_url if "://" in base_url else f"https://{base_url}"
        headers = {"X-Hume-Api-Key": api_key} if api_key else {}
        self._client = httpx.Client(
            base_url=address.rstrip("/") + "/", headers=headers, timeout=timeout_seconds, trust_env=False
        )

    def json(self, method: str, path: str, **request: Any) -> Any:
        """Send a request and return the JSON of its answer. Raises ApiError and httpx's errors."""
        with self.stream(method, path, **request) as answer:
            answer.read()
            return answer.json()

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """Send a request and open its answer for reading. Raises ApiError and httpx's errors."""
        with self._sent(method, path, request) as answer:
            yield answer

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @contextmanager
    def _sent(self, method: str, path: str, request: Mapping[str, Any]) -> Iterator[httpx.Response]:
        for attempt in range(RETRIES + 1):
            last = attempt == RETRIES
            try:
                answer = self._client.send(self._client.build_request(method, path, **request), stream=True)
            except httpx.TransportError:
                if last or request.get("files"):
                    raise
                time.sleep(_pause(attempt, None))
                continue
            with _closing(answer):
                if answer.is_success:
                    yield answer
                    return
                failure = _failure(answer)
            if last or not _may_help(answer.status_code) or request.get("files"):
                raise failure
            time.sleep(_pause(attempt, answer.headers.get("Retry-After")))


@contextmanager
def _closing(answer: httpx.Response) -> Iterator[None]:
    try:
        yield
    finally:
        answer.close()


def _failure(answer: httpx.Response) -> ApiError:
    answer.read()
    try:
        return ApiError(answer.status_code, answer.json())
    except ValueError:
        return ApiError(answer.status_code, answer.text)


def _may_help(status: int) -> bool:
    return status in TRY_AGAIN or status >= 500


def _pause(attempt: int, asked: str | None) -> float:
    wanted = float(asked) if asked and asked.isdecimal() else FIRST_PAUSE_SECONDS * 2**attempt
    return min(wanted, LONGEST_PAUSE_SECONDS)
