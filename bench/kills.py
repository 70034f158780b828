"""Kill processes of a busy `mien serve` at random moments, many times, and see whether anything was lost or doubled."""

import argparse
import io
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image, ImageDraw

ROUNDS = 200
READY_SECONDS = 300.0
END_SECONDS = 600.0
BETWEEN_CHILD_KILLS = 2
"""A task that ends its process twice is set aside, and rightly so: two kills in a row must not hit the same one."""

VICTIMS = {"child": 8, "worker": 6, "server": 3, "everything": 3}
Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Work:
    """Hold one kind of job: what is asked, with which files."""

    name: str
    request: dict[str, Any]
    files: Files = ()


def main() -> None:
    """Print what was done and found; exit code 1 when something was lost, doubled or left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--minutes", type=float, default=120.0, help="begin no round after this time")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--light", action="store_true", help="texts, photos and an archive only, no sound")
    given = parser.parse_args()
    # Told to stop, it takes the server down with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    works = [work for work in all_work() if not (given.light and work.name == "sound")]
    with tempfile.TemporaryDirectory() as folder, receiver() as post:
        found = Kills(Path(folder), works, post, given.workers, random.Random(given.seed)).run(
            given.rounds, given.minutes * 60
        )
        print(found.report(), flush=True)
    sys.exit(0 if found.is_clean else 1)


def all_work() -> list[Work]:
    """Return small jobs of every kind, made here."""
    photo = _photo()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for number in range(3):
            members.writestr(f"{number}.png", photo)
        members.writestr("broken.png", b"\x89PNG\r\n\x1a\nnothing")
        members.writestr("note.txt", "I could not be happier. Who would have thought?")
    texts = ["What a lovely morning.", "I am afraid of the dark. Leave the light on!"]
    return [
        Work("texts", {"models": {"language": {}}, "text": texts}),
        Work("photo", {"models": {"face": {}}}, (("photo.png", photo),)),
        Work("photos", {"models": {"face": {}}}, (("one.png", photo), ("two.png", photo), ("bad.png", b"no"))),
        Work("archive", {"models": {"face": {}, "language": {}}}, (("many.zip", archive.getvalue()),)),
        Work("sound", {"models": {"burst": {}}}, (("sound.wav", _sound()),)),
    ]


@dataclass
class Found:
    """Hold what a run gave: counts, times, and everything that was not as it should be."""

    rounds: int = 0
    jobs: int = 0
    seconds: float = 0.0
    killed: Counter[str] = field(default_factory=Counter)
    restarts: list[float] = field(default_factory=list)
    callbacks: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Say whether nothing was lost, doubled or left behind."""
        return not self.problems

    def report(self) -> str:
        """Return the figures in words."""
        killed = ", ".join(f"{name} {count}" for name, count in self.killed.items())
        lines = [f"{self.rounds} rounds in {self.seconds:.0f} s; kill -9 of {killed}; {self.jobs} jobs accepted"]
        if self.restarts:
            median, worst = statistics.median(self.restarts), max(self.restarts)
            lines.append(f"from start to accepting requests again: median {median:.1f} s, longest {worst:.1f} s")
        again = sum(count - 1 for count in self.callbacks.values())
        lines.append(f"callbacks: {len(self.callbacks)} jobs told, {again} told more than once with the same content")
        return "\n".join([*lines, *self.problems, "nothing lost or doubled" if self.is_clean else "NOT CLEAN"])


class Receiver:
    """Take callbacks: how often each job's came, and whether its content was always the same."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = Lock()
        self._bodies: dict[str, set[bytes]] = {}
        self.counts: Counter[str] = Counter()

    def take(self, body: bytes) -> None:
        """Note one callback."""
        job_id = json.loads(body)["job_id"]
        with self._lock:
            self.counts[job_id] += 1
            self._bodies.setdefault(job_id, set()).add(body)

    def differing(self) -> list[str]:
        """Return the jobs that were told different things at different times."""
        return [job_id for job_id, bodies in self._bodies.items() if len(bodies) > 1]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks on loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else b""
            if not body:
                body = b"".join(_chunks(self))
            took.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    took = Receiver(f"http://127.0.0.1:{server.server_address[1]}/done")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield took
    finally:
        server.shutdown()
        server.server_close()


def _chunks(request: BaseHTTPRequestHandler) -> Iterator[bytes]:
    while size := int(request.rfile.readline(), 16):
        yield request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()


class Kills:
    """Run rounds of work and kills over one data folder."""

    def __init__(self, folder: Path, works: list[Work], post: Receiver, workers: int, chance: random.Random) -> None:
        self._data = folder / "data"
        self._works = works
        self._post = post
        self._workers = workers
        self._chance = chance
        self._found = Found()
        self._accepted: dict[str, Work] = {}
        self._server: subprocess.Popen[str] | None = None
        self._url = ""
        self._key = ""
        self._seen: set[int] = set()
        self._child_killed_in = -BETWEEN_CHILD_KILLS

    def run(self, rounds: int, seconds: float) -> Found:
        """Run the undisturbed jobs, the rounds, and what is left to do; then look whether all is well."""
        began = time.monotonic()
        try:
            self._start()
            expected = {work.name: self._undisturbed(work) for work in self._works}
            for number in range(rounds):
                if time.monotonic() - began > seconds:
                    break
                self._round(number)
            self._found.jobs = len(self._accepted)
            self._wait_for_all()
            self._compare(expected)
        finally:
            self._stop()
        self._look_for_orphans()
        self._found.seconds = time.monotonic() - began
        return self._found

    def _round(self, number: int) -> None:
        for _ in range(self._chance.randint(1, 3)):
            self._submit(self._chance.choice(self._works))
        # Aimed at busy workers: most kills come while something of this round runs.
        time.sleep(self._chance.expovariate(2.0))
        victims = {name: weight for name, weight in VICTIMS.items() if name != "child" or self._may_kill_child(number)}
        self._kill(self._chance.choices(list(victims), list(victims.values()))[0], number)
        self._found.rounds += 1
        if number % 10 == 9:
            print(f"round {number + 1}: {len(self._accepted)} jobs, {dict(self._found.killed)}", flush=True)

    def _may_kill_child(self, number: int) -> bool:
        return number - self._child_killed_in >= BETWEEN_CHILD_KILLS

    def _kill(self, victim: str, number: int) -> None:
        assert self._server is not None
        found = self._family()
        self._found.killed[victim] += 1
        if victim == "child":
            self._child_killed_in = number
        doomed = {
            "child": [process for process in found if _is(process, "mien.cli.child")],
            "worker": [process for process in found if _is(process, "mien.cli.worker")],
            "server": [psutil.Process(self._server.pid)],
            "everything": found,
        }[victim]
        for process in doomed if victim in ("server", "everything") else doomed[:1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if victim in ("server", "everything"):
            self._server.wait()
            self._start()

    def _family(self) -> list[psutil.Process]:
        assert self._server is not None
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._server.pid)
            family = [root, *root.children(recursive=True)]
            self._seen |= {process.pid for process in family}
            return family
        return []

    def _start(self) -> None:
        began = time.monotonic()
        command = [sys.executable, "-m", "mien", "serve", "--host", "127.0.0.1", "--port", "0"]
        command += ["--data", str(self._data), "--workers", str(self._workers)]
        environment = os.environ | {"MIEN_ALLOW_PRIVATE_ADDRESSES": "1", "MIEN_LOG_LEVEL": "ERROR"}
        self._server = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        assert self._server.stdout is not None
        ready = next((line for line in self._server.stdout if line.startswith("ready: ")), "")
        if not ready:
            raise SystemExit(f"the server ended with code {self._server.wait()}")
        self._url = ready.removeprefix("ready: ").strip()
        if not self._key:
            made = [sys.executable, "-m", "mien", "keys", "create", "--data", str(self._data), "--owner", "bench"]
            self._key = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
            return
        self._found.restarts.append(time.monotonic() - began)

    def _submit(self, work: Work) -> str | None:
        request = {**work.request, "callback_url": self._post.url}
        try:
            with self._client() as client:
                if work.files:
                    files: list[tuple[str, Any]] = [("json", (None, json.dumps(request), "application/json"))]
                    files += [("file", one) for one in work.files]
                    answer = client.post("/v0/batch/jobs", files=files)
                else:
                    answer = client.post("/v0/batch/jobs", json=request)
        except httpx.HTTPError:
            return None
        job_id: str = answer.raise_for_status().json()["job_id"]
        self._accepted[job_id] = work
        return job_id

    def _undisturbed(self, work: Work) -> Any:
        job_id = self._submit(work)
        assert job_id is not None
        self._wait_for(job_id, time.monotonic() + END_SECONDS)
        return self._results(job_id)

    def _wait_for_all(self) -> None:
        deadline = time.monotonic() + END_SECONDS
        for job_id in self._accepted:
            if not self._wait_for(job_id, deadline):
                self._found.problems.append(f"job {job_id} ({self._accepted[job_id].name}) never ended")
        while set(self._accepted) - set(self._post.counts) and time.monotonic() < deadline:
            time.sleep(0.2)
        self._found.callbacks = self._post.counts

    def _wait_for(self, job_id: str, deadline: float) -> bool:
        while time.monotonic() < deadline:
            with self._client() as client:
                state = client.get(f"/v0/batch/jobs/{job_id}").raise_for_status().json()["state"]
            if state["status"] in ("COMPLETED", "FAILED"):
                return True
            time.sleep(0.1)
        return False

    def _compare(self, expected: dict[str, Any]) -> None:
        for job_id, work in self._accepted.items():
            found: Any = "no results"
            with suppress(httpx.HTTPStatusError):
                found = self._results(job_id)
            if found != expected[work.name]:
                told = f"job {job_id} ({work.name}) differs from the undisturbed one: {_errors(found)}"
                self._found.problems.append(told)
        silent = set(self._accepted) - set(self._post.counts)
        self._found.problems += [f"job {job_id} ({self._accepted[job_id].name}) was never told" for job_id in silent]
        strange = set(self._post.counts) - set(self._accepted)
        # A server killed between accepting a job and answering leaves the client in doubt; the job runs all the same.
        self._found.jobs += len(strange)
        self._found.problems += [f"job {job_id} was told in two ways" for job_id in self._post.differing()]

    def _results(self, job_id: str) -> Any:
        with self._client() as client:
            state = client.get(f"/v0/batch/jobs/{job_id}").raise_for_status().json()["state"]
            told = client.get(f"/v0/batch/jobs/{job_id}/predictions").raise_for_status().json()
        return state["status"], state["num_predictions"], state["num_errors"], _without_names(told)

    def _stop(self) -> None:
        if self._server is None:
            return
        self._family()
        self._server.send_signal(signal.SIGTERM)
        try:
            self._server.wait(60)
        except subprocess.TimeoutExpired:
            self._found.problems.append("the server did not stop")
            os.killpg(self._server.pid, signal.SIGKILL)

    def _look_for_orphans(self) -> None:
        time.sleep(2)
        for process in psutil.process_iter(["pid", "cmdline", "environ"]):
            marked = str(self._data) in " ".join(process.info["cmdline"] or ())
            marked = marked or (process.info["environ"] or {}).get("MIEN_DATA") == str(self._data)
            if marked:
                self._found.problems.append(f"process {process.pid} was left behind: {process.info['cmdline']}")
        left = list((self._data / "scratch").glob("*"))
        if left:
            self._found.problems.append(f"{len(left)} temporary folders were left behind")

    def _client(self) -> httpx.Client:
        # Plain HTTP: the certificates that nobody would ask for take 30 ms to load.
        return httpx.Client(base_url=self._url, headers={"X-Hume-Api-Key": self._key}, timeout=60, verify=False)


def _errors(told: Any) -> str:
    """Return every message in results, to see why they differ."""
    if isinstance(told, dict):
        here = [str(told[name]) for name in ("message", "error") if isinstance(told.get(name), str)]
        return "; ".join([*here, *filter(None, (_errors(one) for one in told.values()))])
    return "; ".join(filter(None, (_errors(one) for one in told))) if isinstance(told, list | tuple) else ""


def _is(process: psutil.Process, module: str) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return module in process.cmdline()
    return False


def _without_names(told: Any) -> Any:
    """Leave out what differs between two jobs alike: ids of their uploads and predictions."""
    if isinstance(told, dict):
        return {name: _without_names(value) for name, value in told.items() if name not in ("id", "upload")}
    return [_without_names(one) for one in told] if isinstance(told, list) else told


def _photo() -> bytes:
    """Draw something like a face, so that the network has something to look at."""
    image = Image.new("RGB", (320, 320), (90, 110, 140))
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 50, 240, 270), fill=(224, 184, 160))
    for left in (120, 180):
        draw.ellipse((left, 120, left + 24, 136), fill=(40, 30, 30))
    draw.arc((120, 180, 200, 230), 20, 160, fill=(150, 60, 60), width=6)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _sound() -> bytes:
    """Make two seconds of noise that swells and fades."""
    samples = np.random.default_rng(0).normal(0, 3000, 32_000) * np.sin(np.linspace(0, 3 * np.pi, 32_000))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        out.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


if __name__ == "__main__":
    main()
