"""A small real server that speaks the OpenAI transcription API, and says what it is told to."""

import io
import json
import re
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Asked:
    """Hold one request: path, authorization, form fields, and the seconds of sound."""

    path: str
    authorization: str | None
    fields: dict[str, list[str]]
    seconds: float


@dataclass
class TranscriptionServer:
    """Be told what to answer, one answer per request (the last one stays), and remember what was asked."""

    answers: list[Answer]
    address: str = ""
    asked: list[Asked] = field(default_factory=list)

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def transcription_server(*answers: Answer) -> Iterator[TranscriptionServer]:
    """Serve on a free loopback port for the length of a block."""
    told = TranscriptionServer(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields, sound = _parts(body, self.headers["Content-Type"])
            told.asked.append(Asked(self.path, self.headers.get("Authorization"), fields, _seconds(sound)))
            status, answer = told.next_answer()
            content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _parts(body: bytes, content_type: str) -> tuple[dict[str, list[str]], bytes]:
    boundary = content_type.split("boundary=")[1].encode()
    fields: dict[str, list[str]] = {}
    sound = b""
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name
        if b"filename=" in head:
            sound = content[:-2]
        else:
            fields.setdefault(name[1].decode(), []).append(content[:-2].decode())
    return fields, sound


def _seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return file.getnframes() / file.getframerate()
