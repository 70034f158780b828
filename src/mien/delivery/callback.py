"""Tell a job's callback address that the job has ended."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

import httpx

from mien.domain.errors import MienError
from mien.domain.job import Job, Status

SIGNATURE = "X-Mien-Signature"
TIMEOUT_SECONDS = 30.0


class CallbackFailed(MienError):
    """The callback did not arrive."""


class CallbackSender:
    """Post callbacks with a client that guards private addresses; redirects are not followed.

    With a secret, the header `X-Mien-Signature` holds `sha256=` and the HMAC-SHA256 of the body in hexadecimal.
    """

    def __init__(
        self, client: httpx.Client, secret: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._client = client
        self._secret = secret
        self._timeout_seconds = timeout_seconds

    def send(self, url: str, body: Callable[[], Iterator[bytes]]) -> None:
        """Post the body, which is read twice: to measure and sign it, and to send it. Raises CallbackFailed."""
        headers = {"Content-Type": "application/json", **self._measured(body())}
        try:
            status = self._post(url, body(), headers)
        except MienError as error:
            raise CallbackFailed(error.message) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise CallbackFailed(f"{type(error).__name__}: {error}") from error
        if not 200 <= status < 300:
            raise CallbackFailed(f"the callback address answered HTTP {status}")

    def _post(self, url: str, body: Iterator[bytes], headers: dict[str, str]) -> int:
        # The answer's body is not read: nobody needs it, and it may have no end.
        with self._client.stream(
            "POST", url, content=body, headers=headers, timeout=self._timeout_seconds, follow_redirects=False
        ) as response:
            return response.status_code

    def _measured(self, body: Iterator[bytes]) -> dict[str, str]:
        length = 0
        signature = hmac.new((self._secret or "").encode(), digestmod=hashlib.sha256)
        for chunk in body:
            length += len(chunk)
            signature.update(chunk)
        headers = {"Content-Length": str(length)}
        if self._secret:
            headers[SIGNATURE] = f"sha256={signature.hexdigest()}"
        return headers


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
