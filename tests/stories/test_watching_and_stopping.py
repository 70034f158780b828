"""Jobs are watched, tagged, stopped and forgotten from outside, and people are told how they ended."""

import json
import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from click.testing import Result
from standardwebhooks import Webhook
from typer.testing import CliRunner

from mien.cli.main import app
from tests.fakes_mail import Mailbox, mail_server
from tests.fakes_web import Website
from tests.stories.serving import Serving

SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
PRIVATE = "holiday-of-ann"


@dataclass
class Scene:
    """A server with everything switched on, its log, and a mailbox."""

    server: Serving
    log: Path
    box: Mailbox

    def jobs(self, *arguments: str, expect: int = 0) -> Result:
        """Run a command of `mien jobs`."""
        return command("jobs", *arguments, expect=expect, MIEN_SERVER=self.server.url, MIEN_KEY=self.server.key)


def command(*arguments: str, expect: int = 0, **environment: str) -> Result:
    done = CliRunner().invoke(app, arguments, env=environment)
    assert done.exit_code == expect, done.output
    return done


@dataclass
class Gate:
    """An address that answers nothing until it is opened."""

    url: str
    opened: Event


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("watched")
    log = folder / "server.log"
    with mail_server(folder, "starttls") as box:
        settings = {
            "MIEN_ALLOW_PRIVATE_ADDRESSES": "1",
            "MIEN_CALLBACK_SECRET": SECRET,
            "MIEN_LOG_FORMAT": "json",
            "MIEN_LOG_LEVEL": "INFO",
            "MIEN_SMTP_HOST": "localhost",
            "MIEN_SMTP_PORT": str(box.server.port),
            "MIEN_SMTP_AUTHORITIES": str(box.server.authorities),
            "MIEN_SMTP_FROM": "mien@example.org",
            "MIEN_PUBLIC_URL": "https://mien.example/",
        }
        server = Serving(folder / "data", 1, settings, log)
        given = [option for scope in ("read", "write", "admin") for option in ("--scope", scope)]
        told = ["--data", str(server.data), "--owner", "ann", "--email", "ann@example.org"]
        key = command("keys", "create", *told, *given)
        server.key = key.stdout.strip()
        server.start()
        yield Scene(server, log, box)
        assert server.stop() == 0


@pytest.fixture
def gate(site: Website) -> Iterator[Gate]:
    """A site where `/PRIVATE.txt` is answered only once the gate is opened."""
    opened = Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        opened.wait(120)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"Here I am at last.")

    site.answers[f"/{PRIVATE}.txt"] = answer
    yield Gate(site.url(f"/{PRIVATE}.txt?token={PRIVATE}"), opened)
    opened.set()


def events(server: Serving, job_id: str) -> Iterator[tuple[str, dict]]:
    with server.client() as client, client.stream("GET", f"/v0/mien/jobs/{job_id}/events") as stream:
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def test_a_job_is_watched_to_its_end_and_only_grows(scene: Scene, site: Website, gate: Gate) -> None:
    urls = [site.serve("/first.txt", b"Good morning."), gate.url]
    job_id = scene.server.submit({"urls": urls, "models": {"language": {}}})
    told: list[tuple[str, dict]] = []
    for event in events(scene.server, job_id):
        told.append(event)
        if event[0] == "progress" and 0 < event[1]["percent"] < 100:
            gate.opened.set()
    percents = [data["percent"] for name, data in told if name == "progress"]
    states = [data["state"]["status"] for name, data in told if name == "state"]
    assert percents == sorted(percents)
    assert percents[-1] == 100.0
    assert any(0 < percent < 100 for percent in percents)
    assert states[-1] == "COMPLETED"
    assert told[-1][0] == "end"


def test_a_job_that_hangs_is_cancelled_and_then_forgotten_with_its_blobs(scene: Scene, gate: Gate) -> None:
    body = {"urls": [gate.url], "models": {"language": {}}}
    job_id = scene.server.submit(body, ("note.txt", b"Good evening."))
    for name, data in events(scene.server, job_id):
        if name == "state" and data["state"]["status"] == "IN_PROGRESS":
            break
    with scene.server.client() as client:
        assert client.post(f"/v0/mien/jobs/{job_id}/cancel").status_code == 200
    done = scene.jobs("wait", job_id, expect=1)
    assert "job was cancelled" in done.stdout
    assert "job was cancelled" in scene.jobs("cancel", job_id).stdout
    scene.jobs("delete", job_id)
    with scene.server.client() as client:
        assert client.get(f"/v0/batch/jobs/{job_id}").status_code == 404
    begun = time.monotonic()
    blobs = scene.server.data / "blobs"
    while any(job_id in str(path) for path in blobs.rglob("*")):
        assert time.monotonic() - begun < 60, "blobs of a deleted job are gone within a minute"
        time.sleep(0.2)


def test_the_command_submits_tags_and_watches(scene: Scene) -> None:
    done = scene.jobs("submit", "--text", "What a lovely day.", "--models", "language", "--tag", "pilot", "--watch")
    job_id = done.stdout.strip()
    assert "COMPLETED 100.0 %" in done.stderr
    assert job_id in scene.jobs("list", "--tag", "pilot").stdout
    scene.jobs("tag", job_id, "ward 3")
    assert job_id not in scene.jobs("list", "--tag", "pilot").stdout
    assert "COMPLETED: " in scene.jobs("wait", job_id).stdout
    assert "COMPLETED: " in scene.jobs("watch", job_id).stdout
    assert "nobody is to be told" in scene.jobs("deliveries", job_id).stdout


def test_a_submission_sent_twice_starts_one_job_and_a_different_one_is_refused(scene: Scene) -> None:
    with scene.server.client() as client:

        def send(content: bytes):  # type: ignore[no-untyped-def]
            data = {"json": '{"models": {"language": {}}}'}
            named = {"Idempotency-Key": "first"}
            return client.post("/v0/batch/jobs", data=data, files={"file": ("a.txt", content)}, headers=named)

        first, again, other = send(b"hello there"), send(b"hello there"), send(b"good bye")
        assert first.json() == again.json()
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        jobs = client.get("/v0/batch/jobs").json()
    assert sum(job["job_id"] == first.json()["job_id"] for job in jobs) == 1


@dataclass
class Receiver:
    """Where callbacks arrive; it answers 503 and asks for a second's patience as often as it is told."""

    url: str = ""
    failures: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((dict(self.headers.items()), body))
            told.failures -= 1
            self.send_response(503 if told.failures >= 0 else 200)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
    told.url = f"http://127.0.0.1:{listening.server_port}/done?token={PRIVATE}"
    yield told
    listening.shutdown()
    listening.server_close()


def until(what, seconds: float = 100.0) -> None:  # type: ignore[no-untyped-def]
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds
        time.sleep(0.1)


def test_a_signed_callback_is_tried_again_and_sent_again_when_asked(scene: Scene, receiver: Receiver) -> None:
    receiver.failures = 1
    body = {"text": ["Well done."], "models": {"language": {}}, "callback_url": receiver.url}
    job_id = scene.server.submit(body)
    until(lambda: len(receiver.got) == 2)
    checking = Webhook(SECRET)
    for headers, content in receiver.got:
        assert checking.verify(content, headers)["job_id"] == job_id
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    until(lambda: "delivered" in scene.jobs("deliveries", job_id).stdout)
    assert "HTTP 503" in scene.jobs("deliveries", job_id).stdout
    scene.jobs("redeliver", job_id)
    until(lambda: len(receiver.got) == 3)


def test_a_mail_says_that_the_job_has_ended(scene: Scene) -> None:
    job_id = scene.server.submit({"text": ["Well done."], "models": {"language": {}}, "notify": True})
    until(lambda: scene.box.arrived)
    (mail,) = scene.box.arrived
    assert scene.box.recipients == ["ann@example.org"]
    assert f"https://mien.example/v0/batch/jobs/{job_id}" in mail.get_content()


def test_metrics_health_and_system_tell_of_what_happened(scene: Scene) -> None:
    with scene.server.client() as client:
        metrics = client.get("/metrics").text
        health = client.get("/health").json()
        system = client.get("/v0/mien/system").json()
    assert re.search(r"^mien_task_seconds_count [1-9]", metrics, re.MULTILINE)
    assert 'route="/v0/mien/jobs/{job_id}/events"' in metrics
    assert (health["status"], health["devices"]) == ("ok", ["cpu"])
    assert system["workers"][0]["memory_bytes"] > 0
    assert all(network["licence"] for network in system["weights"])


def test_streams_do_not_hold_up_the_end_of_the_server(scene: Scene) -> None:
    """Last but one, for it stops the server and starts it again."""
    address = scene.server.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((address[0], int(address[1]))) as stream:
        stream.sendall(f"GET /v0/mien/events?apikey={scene.server.key} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert b"200 OK" in stream.recv(4096)
        begun = time.monotonic()
        assert scene.server.stop() == 0
        assert time.monotonic() - begun < 9
    scene.server.start()


def test_the_log_names_jobs_and_requests_and_nothing_private(scene: Scene) -> None:
    lines = [json.loads(line) for line in scene.log.read_text().splitlines() if line.startswith("{")]
    assert any("job" in line for line in lines)
    assert any("request" in line for line in lines)
    text = scene.log.read_text()
    for private in (PRIVATE, scene.server.key, "lovely", "ann@example.org"):
        assert private not in text
