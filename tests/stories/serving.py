"""The real thing from outside: `mien serve` as a process, and a client over HTTP."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mien.assembly import open_keys
from mien.settings import read_settings
from mien.storage.keys import KeyOptions, Scope
from mien.workplace import open_store

MIEN = [sys.executable, "-m", "mien"]
PATIENCE_SECONDS = 120.0


@dataclass
class Serving:
    """A server process over a data folder; it may be killed and started again."""

    data: Path
    workers: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    process: subprocess.Popen[str] | None = None
    url: str = ""
    key: str = ""

    def start(self) -> None:
        command = [*MIEN, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(self.data)]
        command += ["--workers", str(self.workers)]
        # A session of its own, so that a kill can take every process of it at once.
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log.open("ab") if self.log else None,
            text=True,
            env=os.environ | self.environment,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        ready = next((line for line in self.process.stdout if line.startswith("ready: ")), "")
        assert ready, f"the server ended with code {self.process.wait()}"
        self.url = ready.removeprefix("ready: ").strip()
        self.key = self.key or new_key(self.data)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=30)

    def kill_everything(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def client(self) -> httpx.Client:
        # Plain HTTP: the certificates that nobody would ask for take 30 ms to load.
        return httpx.Client(base_url=self.url, headers={"X-Hume-Api-Key": self.key}, timeout=30, verify=False)

    def submit(self, request: dict, *files: tuple[str, bytes]) -> str:
        with self.client() as client:
            if files:
                parts = [("file", (name, content, "application/octet-stream")) for name, content in files]
                answer = client.post("/v0/batch/jobs", data={"json": json.dumps(request)}, files=parts)
            else:
                answer = client.post("/v0/batch/jobs", json=request)
            assert answer.status_code == 200, answer.text
            return answer.json()["job_id"]

    def state(self, job_id: str) -> dict:
        with self.client() as client:
            return client.get(f"/v0/batch/jobs/{job_id}").json()["state"]

    def wait(self, job_id: str, patience_seconds: float = PATIENCE_SECONDS) -> dict:
        begun = time.monotonic()
        while time.monotonic() - begun < patience_seconds:
            state = self.state(job_id)
            if state["status"] in ("COMPLETED", "FAILED"):
                return state
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end: {state}")

    def predictions(self, job_id: str) -> list:
        with self.client() as client:
            return client.get(f"/v0/batch/jobs/{job_id}/predictions").raise_for_status().json()

    def artifacts(self, job_id: str) -> zipfile.ZipFile:
        with self.client() as client:
            content = client.get(f"/v0/batch/jobs/{job_id}/artifacts").raise_for_status().content
        return zipfile.ZipFile(io.BytesIO(content))


def new_key(data: Path) -> str:
    """Make a key that may do everything, as `mien keys create` does, without starting an interpreter for it."""
    with closing(open_store(read_settings(data=data))) as database:
        return open_keys(database).create("story", KeyOptions(scopes=frozenset(Scope)))


@contextmanager
def serving(data: Path, workers: int = 1, **environment: str) -> Iterator[Serving]:
    server = Serving(data, workers, environment)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()


def run(*arguments: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of mien and return what it printed."""
    done = subprocess.run(
        [*MIEN, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=os.environ | environment
    )
    assert done.returncode == expect, f"code {done.returncode}: {done.stdout}\n{done.stderr}"
    return done
