"""Tell a job's callback address that the job has ended."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from mien.delivery.signing import ID, TIMESTAMP, Signer
from mien.domain.errors import MienError
from mien.domain.job import Job, Status

TIMEOUT_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 86_400.0


class NotDelivered(MienError):
    """It did not arrive."""

    def __init__(self, message: str | None = None, retry_after_seconds: float | None = None) -> None:
        """Take why, and after how many seconds the receiver wants to be asked again, if it said so."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CallbackFailed(NotDelivered):
    """The callback did not arrive."""


@dataclass(frozen=True)
class Letter:
    """Hold one callback: where it goes, its id, the same at every attempt, and its body, which may be read again."""

    url: str
    id: str
    body: Callable[[], Iterator[bytes]]


class CallbackSender:
    """Post callbacks with a client that guards private addresses; redirects are not followed.

    Each carries `webhook-id` and `webhook-timestamp`, and with a signer its signature. `clock` returns Unix seconds.
    """

    def __init__(
        self,
        client: httpx.Client,
        signer: Signer | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._signer = signer
        self._timeout_seconds = timeout_seconds
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Post the body, which is read up to three times: to measure, to sign and to send it. Raises CallbackFailed."""
        timestamp = int(self._clock())
        length = sum(len(chunk) for chunk in letter.body())
        headers = {"Content-Type": "application/json", "Content-Length": str(length)}
        headers |= {ID: letter.id, TIMESTAMP: str(timestamp)}
        if self._signer is not None:
            headers |= self._signer.headers(letter.id, timestamp, letter.body())
        try:
            self._post(letter, headers)
        except CallbackFailed:
            raise
        except MienError as error:
            raise CallbackFailed(error.message) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise CallbackFailed(f"{type(error).__name__}: {error}") from error

    def _post(self, letter: Letter, headers: dict[str, str]) -> None:
        # The answer's body is not read: nobody needs it, and it may have no end.
        with self._client.stream(
            "POST",
            letter.url,
            content=letter.body(),
            headers=headers,
            timeout=self._timeout_seconds,
            follow_redirects=False,
        ) as response:
            if not response.is_success:
                after = retry_after(response.headers.get("retry-after", ""), self._clock())
                raise CallbackFailed(f"the callback address answered HTTP {response.status_code}", after)


def retry_after(value: str, now: float) -> float | None:
    """Return how many seconds a `Retry-After` asks for, given in seconds or as a date; None when it says nothing.

    `now` is in Unix seconds. More than a day counts as a day.
    """
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    left = (zoned - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(max(0.0, left), LONGEST_RETRY_AFTER_SECONDS)


def callback_body(job: Job, predictions: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the JSON of a callback: the predictions array of a completed job, the message of a failed one."""
    yield b'{"job_id":%s,"status":%s,"predictions":' % (_json(job.id), _json(job.status.value))
    if job.status is Status.COMPLETED:
        yield from predictions()
        yield b"}"
        return
    message = _json(job.message or "")
    yield b'[],"message":%s,"error":%s}' % (message, message)


def _json(text: str) -> bytes:
    return json.dumps(text).encode()
