"""Time the job of the API's documentation: ten small face images in a zip by URL, from create to COMPLETED."""

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from PIL import Image

from mien.assembly import pull_samples
from mien.settings import read_settings

MIEN = [sys.executable, "-m", "mien"]
ROUNDS = 7
PUBLISHED_QUEUE_MS = 111
PUBLISHED_RUN_MS = 4257
IMAGES = 10
SIDE = 256
PORTRAITS = {"astronaut.png": (90, 0, 240), "grace_hopper.jpg": (80, 60, 340)}
"""Left, top and side, in pixels, of the square that holds the face."""


def main() -> None:
    """Print queue delay and run time beside the published ones."""
    archive = ten_small_faces()
    with (
        tempfile.TemporaryDirectory() as folder,
        files_over_http(archive) as url,
        server(Path(folder)) as (address, key),
    ):
        client = httpx.Client(base_url=address, headers={"X-Hume-Api-Key": key})
        states = [measure(client, url) for _ in range(ROUNDS)]
    queue = [state["started_timestamp_ms"] - state["created_timestamp_ms"] for state in states]
    run = [state["ended_timestamp_ms"] - state["started_timestamp_ms"] for state in states]
    print(f"{IMAGES} images of {SIDE} px in a zip by loopback URL, model face, {ROUNDS} rounds, one worker")
    assert all(state["num_predictions"] == IMAGES for state in states), states
    print("              median   worst   published   published / median")
    for name, values, published in (("queue delay", queue, PUBLISHED_QUEUE_MS), ("run time", run, PUBLISHED_RUN_MS)):
        middle = statistics.median(values)
        print(f"{name:12} {middle:5.0f} ms {max(values):4.0f} ms {published:8} ms {published / max(middle, 1):10.1f}")
    print(json.dumps({"queue_ms": queue, "run_ms": run}))


def ten_small_faces() -> bytes:
    """Return a zip of ten small portraits: the faces of two public-domain photographs, each cut out five ways."""
    out = io.BytesIO()
    samples = {path.name: path for path in pull_samples(read_settings(), None, print)}
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(IMAGES):
            name, (left, top, side) = list(PORTRAITS.items())[number % 2]
            shift = 6 * (number // 2)
            box = (left + shift, top, left + shift + side, top + side)
            image = io.BytesIO()
            Image.open(samples[name]).convert("RGB").crop(box).resize((SIDE, SIDE)).save(image, "JPEG", quality=90)
            archive.writestr(f"faces/{number}.jpg", image.getvalue())
    return out.getvalue()


@contextmanager
def files_over_http(content: bytes) -> Iterator[str]:
    """Serve one file on loopback and yield its URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server asks for
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    files = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=files.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{files.server_port}/faces.zip"
    files.shutdown()


@contextmanager
def server(data: Path) -> Iterator[tuple[str, str]]:
    """Start mien with one worker; yield its address and a key."""
    environment = os.environ | {"MIEN_ALLOW_PRIVATE_ADDRESSES": "1", "MIEN_DATA": str(data)}
    created = subprocess.run(
        [*MIEN, "keys", "create", "--owner", "bench"], env=environment, check=True, capture_output=True, text=True
    )
    command = [*MIEN, "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("ready: "))
            yield ready.removeprefix("ready: ").strip(), created.stdout.strip()
        finally:
            process.terminate()


def measure(client: httpx.Client, url: str) -> dict[str, int]:
    """Run the job once and return its final state."""
    started = client.post("/v0/batch/jobs", json={"models": {"face": {}}, "urls": [url], "notify": False})
    job_id = started.raise_for_status().json()["job_id"]
    for _ in range(6000):
        state: dict[str, int] = client.get(f"/v0/batch/jobs/{job_id}").json()["state"]
        if state["status"] in ("COMPLETED", "FAILED"):
            assert state["status"] == "COMPLETED", state
            return state
        time.sleep(0.01)
    raise SystemExit("the job did not end")


if __name__ == "__main__":
    main()
