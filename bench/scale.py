"""Time 100 photographs, each a source of one job, on one worker and on several, with the real networks."""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image

from mien.assembly import pull_samples
from mien.settings import read_settings

MIEN = [sys.executable, "-m", "mien"]
FILES = 100
SIDE = 640


def main() -> None:
    """Print the seconds of each, and how many times faster several workers are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    pictures = photographs(given.files)
    pairs = [tuple(seconds(pictures, workers) for workers in (1, given.workers)) for _ in range(given.rounds)]
    alone, together = (statistics.median(pair[which] for pair in pairs) for which in (0, 1))
    ratios = [one / several for one, several in pairs]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{given.files} photographs of {SIDE} px, model face, {cores} cores, {given.rounds} rounds")
    print(f"1 worker {alone:.1f} s, {given.workers} workers {together:.1f} s")
    print(f"ratio {statistics.median(ratios):.2f}   (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")


def photographs(number: int) -> list[bytes]:
    """Return different portraits, cut out of a sample photograph."""
    (path,) = (each for each in pull_samples(read_settings(), None, print) if each.name == "astronaut.png")
    whole = Image.open(path).convert("RGB")
    made = []
    for shift in range(number):
        picture = io.BytesIO()
        left = shift % 40
        cut = whole.crop((left, shift // 40, left + 440, shift // 40 + 440)).resize((SIDE, SIDE))
        cut.save(picture, "JPEG", quality=92)
        made.append(picture.getvalue())
    return made


def seconds(pictures: list[bytes], workers: int) -> float:
    """Return how long the job ran, from the beginning of its first task to the end of its last."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), workers) as (address, key):
        client = httpx.Client(base_url=address, headers={"X-Hume-Api-Key": key}, timeout=120)
        run(client, pictures[:workers])  # every worker has loaded its networks
        state = run(client, pictures)
    assert state["num_predictions"] == len(pictures), state
    return (state["ended_timestamp_ms"] - state["started_timestamp_ms"]) / 1000


def run(client: httpx.Client, pictures: list[bytes]) -> dict[str, int]:
    """Submit the pictures as one job and return its final state."""
    parts = [("file", (f"{number}.jpg", picture, "image/jpeg")) for number, picture in enumerate(pictures)]
    started = client.post("/v0/batch/jobs", data={"json": json.dumps({"models": {"face": {}}})}, files=parts)
    job_id = started.raise_for_status().json()["job_id"]
    while True:
        state: dict[str, int] = client.get(f"/v0/batch/jobs/{job_id}").json()["state"]
        if state["status"] in ("COMPLETED", "FAILED"):
            return state
        time.sleep(0.1)


@contextmanager
def server(data: Path, workers: int) -> Iterator[tuple[str, str]]:
    """Start mien; yield its address and a key."""
    environment = os.environ | {"MIEN_DATA": str(data)}
    created = subprocess.run(
        [*MIEN, "keys", "create", "--owner", "bench"], env=environment, check=True, capture_output=True, text=True
    )
    command = [*MIEN, "serve", "--port", "0", "--workers", str(workers)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("ready: "))
            yield ready.removeprefix("ready: ").strip(), created.stdout.strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
