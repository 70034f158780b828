import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from mien.delivery.callback import CallbackFailed, CallbackSender, Letter, callback_body, retry_after
from mien.delivery.signing import Signer
from mien.domain.errors import AddressRefused
from mien.domain.job import Status
from tests.fakes_engine import a_job


@dataclass
class Receiver:
    """A real HTTP server that keeps what it is sent and answers as told."""

    url: str = ""
    answer: int = 200
    headers: dict[str, str] = field(default_factory=dict)
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
            for name, value in told.headers.items():
                self.send_header(name, value)
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


def letter(url: str) -> Letter:
    return Letter(url, "msg_1", pieces)


def test_the_body_arrives_whole_as_json(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client).send(letter(receiver.url))
    ((headers, body),) = receiver.got
    assert body == b"".join(pieces())
    assert headers["content-type"] == "application/json"
    assert "transfer-encoding" not in headers


def test_without_a_secret_nothing_is_signed_and_the_id_is_there(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client, clock=lambda: 1_700_000_000.9).send(letter(receiver.url))
    headers, _ = receiver.got[0]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "1700000000")
    assert not {"x-mien-signature", "webhook-signature"} & set(headers)


@pytest.mark.parametrize("secret", ["whsec_" + b64encode(bytes(range(32))).decode(), "hush"])
def test_a_client_of_standard_webhooks_accepts_the_signature(
    receiver: Receiver, client: httpx.Client, secret: str
) -> None:
    CallbackSender(client, Signer(secret)).send(letter(receiver.url))
    headers, body = receiver.got[0]
    checking = Webhook(secret if secret.startswith("whsec_") else secret.encode())
    assert checking.verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        checking.verify(body + b" ", headers)


def test_a_plain_secret_signs_the_body_as_before_too(receiver: Receiver, client: httpx.Client) -> None:
    CallbackSender(client, Signer("hush")).send(letter(receiver.url))
    headers, body = receiver.got[0]
    assert headers["x-mien-signature"] == "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999", 86_400.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:10:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    assert retry_after(value, 1_700_000_000.0) == seconds


def test_a_failure_says_when_the_receiver_wants_to_be_asked_again(receiver: Receiver, client: httpx.Client) -> None:
    receiver.answer, receiver.headers = 503, {"Retry-After": "7"}
    with pytest.raises(CallbackFailed) as failed:
        CallbackSender(client).send(letter(receiver.url))
    assert failed.value.retry_after_seconds == 7.0


@pytest.mark.parametrize("answer", [200, 201, 204])
def test_any_good_answer_counts(receiver: Receiver, client: httpx.Client, answer: int) -> None:
    receiver.answer = answer
    CallbackSender(client).send(letter(receiver.url))


@pytest.mark.parametrize("answer", [302, 307, 404, 500])
def test_any_other_answer_is_a_failure_and_redirects_are_not_followed(
    receiver: Receiver, client: httpx.Client, answer: int
) -> None:
    receiver.answer = answer
    with pytest.raises(CallbackFailed, match=f"HTTP {answer}"):
        CallbackSender(client).send(letter(receiver.url))
    assert len(receiver.got) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://", "no address", "ftp://127.0.0.1/"])
def test_an_address_that_cannot_be_reached_is_a_failure(client: httpx.Client, url: str) -> None:
    with pytest.raises(CallbackFailed):
        CallbackSender(client).send(letter(url))


def test_an_address_off_limits_is_a_failure() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AddressRefused("10.0.0.1 is private")

    with httpx.Client(transport=httpx.MockTransport(refuse)) as client, pytest.raises(CallbackFailed, match="private"):
        CallbackSender(client).send(letter("http://ann.example/"))


def test_the_body_of_a_completed_job_holds_its_predictions() -> None:
    job = replace(a_job(), status=Status.COMPLETED)
    body = b"".join(callback_body(job, lambda: iter((b"[", b'{"source":1}', b"]"))))
    assert json.loads(body) == {"job_id": job.id, "status": "COMPLETED", "predictions": [{"source": 1}]}


def test_the_body_of_a_failed_job_holds_its_message_twice() -> None:
    job = replace(a_job(), status=Status.FAILED, message='no "source"')
    told = json.loads(b"".join(callback_body(job, lambda: iter((b"[]",)))))
    assert told["predictions"] == []
    assert told["message"] == told["error"] == 'no "source"'
