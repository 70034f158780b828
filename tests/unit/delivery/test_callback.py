import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from mien.delivery.callback import CallbackFailed, CallbackSender, callback_body
from mien.domain.errors import AddressRefused
from mien.domain.job import Status
from tests.fakes_engine import a_job


@dataclass
class Receiver:
    """A real HTTP server that keeps what it is sent and answers as told."""

    url: str = ""
    answer: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.answer)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/done"
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as one:
        yield one


def pieces() -> Iterator[bytes]:
    yield b'{"job_id":"1",'
    yield b'"status":"COMPLETED","predictions":[]}'


def test_the_body_arrives_whole_as_json(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client).send(receiver.url, pieces)
    ((headers, body),) = receiver.got
    assert body == b"".join(pieces())
    assert headers["content-type"] == "application/json"
    assert "transfer-encoding" not in headers


def test_without_a_secret_nothing_is_signed(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client).send(receiver.url, pieces)
    assert "x-mien-signature" not in receiver.got[0][0]


def test_a_secret_signs_the_body(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client, secret="hush").send(receiver.url, pieces)
    headers, body = receiver.got[0]
    assert headers["x-mien-signature"] == "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("answer", [200, 201, 204])
def test_any_good_answer_counts(receiver: Receiver, client: httpx.Client, answer: int) -> None:
    receiver.answer = answer
    CallbackSender(client).send(receiver.url, pieces)


@pytest.mark.parametrize("answer", [302, 307, 404, 500])
def test_any_other_answer_is_a_failure_and_redirects_are_not_followed(
    receiver: Receiver, client: httpx.Client, answer: int
) -> None:
    receiver.answer = answer
    with pytest.raises(CallbackFailed, match=f"HTTP {answer}"):
        CallbackSender(client).send(receiver.url, pieces)
    assert len(receiver.got) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://", "no address", "ftp://127.0.0.1/"])
def test_an_address_that_cannot_be_reached_is_a_failure(client: httpx.Client, url: str) -> None:
    with pytest.raises(CallbackFailed):
        CallbackSender(client).send(url, pieces)


def test_an_address_off_limits_is_a_failure() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AddressRefused("10.0.0.1 is private")

    with httpx.Client(transport=httpx.MockTransport(refuse)) as client, pytest.raises(CallbackFailed, match="private"):
        CallbackSender(client).send("http://ann.example/", pieces)


def test_the_body_of_a_completed_job_holds_its_predictions() -> None:
    job = replace(a_job(), status=Status.COMPLETED)
    body = b"".join(callback_body(job, lambda: iter((b"[", b'{"source":1}', b"]"))))
    assert json.loads(body) == {"job_id": job.id, "status": "COMPLETED", "predictions": [{"source": 1}]}


def test_the_body_of_a_failed_job_holds_its_message_twice() -> None:
    job = replace(a_job(), status=Status.FAILED, message='no "source"')
    told = json.loads(b"".join(callback_body(job, lambda: iter((b"[]",)))))
    assert told["predictions"] == []
    assert told["message"] == told["error"] == 'no "source"'
