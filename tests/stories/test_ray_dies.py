"""Workers on a Ray cluster of this machine: whatever of Ray is killed, every accepted job ends, once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from mien.registry import MODELS, discover
from tests.stories.serving import Serving, serving

pytestmark = [
    pytest.mark.skipif("language" not in discover(MODELS), reason="the model language is not installed"),
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"),
]
PATIENCE_SECONDS = 240.0
REQUEST = {"models": {"language": {"granularity": "sentence"}}}
JOBS = 8


@contextmanager
def cluster(data: Path) -> Iterator[psutil.Process]:
    command = [
        sys.executable,
        "-m",
        "mien",
        "cluster",
        "--data",
        str(data),
        "--min",
        "1",
        "--max",
        "2",
        "--cpus",
        "0.5",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            yield psutil.Process(running.pid)
        finally:
            running.terminate()
            running.wait(timeout=60)


def kill(root: psutil.Process, *words: str) -> list[int]:
    """Kill every process below one whose command says all these words, and return their ids."""
    found = [each for each in root.children(recursive=True) if all(word in " ".join(said(each)) for word in words)]
    for each in found:
        each.kill()
    return [each.pid for each in found]


def said(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_for(server: Serving, jobs: list[str]) -> None:
    for job_id in jobs:
        assert server.wait(job_id, PATIENCE_SECONDS)["status"] == "COMPLETED"
        (source,) = server.predictions(job_id)
        assert len(source["results"]["predictions"]) == 2


def test_jobs_outlive_their_actors_and_the_whole_of_ray(tmp_path: Path) -> None:
    with serving(tmp_path / "data", workers=0) as server:
        with cluster(tmp_path / "data") as root:
            jobs = [server.submit(REQUEST | {"text": [f"I am happy, {number}.", "So sad."]}) for number in range(JOBS)]
            assert kill(root, "ray::Seat"), "no actor was there to be killed"
            wait_for(server, jobs)
            jobs = [server.submit(REQUEST | {"text": [f"I am proud, {number}.", "So bad."]}) for number in range(JOBS)]
            assert kill(root, "raylet/raylet"), "no raylet was there to be killed"
            wait_for(server, jobs)
            family = root.children(recursive=True)
        time.sleep(1)
        left = [" ".join(said(each)) for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        assert left == []
