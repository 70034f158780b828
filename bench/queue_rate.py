"""Time 10,000 tasks that do nothing, through our store and worker and through Celery with Redis, in one run.

The same number of worker processes on each side; results are kept as each does by default: ours in SQLite, on disk
before a task counts as ended, Celery's in Redis.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Event
from uuid import uuid4

from mien.domain.cancellation import Cancellation
from mien.domain.job import Job, Outcome, Status, Task
from mien.domain.request import InferenceRequest
from mien.engine.worker import Worker
from mien.settings import read_settings
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.workplace import open_store

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venvs" / "bench" / "bin" / "python"
REDIS = ROOT / ".venvs" / "redis"
PACKAGES = ("redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1")
SOURCES_PER_JOB = 100
OWNER = "bench"
LIKE_A_TEXT = 0.1
"""Seconds of media that a task is said to have measured: what the store charges for a short text."""


def main() -> None:
    """Print seconds and tasks a second of both, their ratio, and what a task costs one worker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work)
        return
    prepare()
    pairs = [(ours(given.tasks, given.workers), celery(given.tasks, given.workers)) for _ in range(given.rounds)]
    alone = ours(given.tasks, 1)[1]
    print(f"{given.tasks} tasks that do nothing, {given.workers} worker processes, {given.rounds} rounds")
    for name, column in (("mien, SQLite", 0), ("Celery, Redis", 1)):
        submit, whole = (statistics.median(pair[column][which] for pair in pairs) for which in (0, 1))
        rate = given.tasks / whole
        print(f"{name:14} submitted in {submit:6.2f} s, all ended after {whole:6.2f} s, {rate:7.0f} tasks/s")
    ratios = [theirs[1] / mine[1] for mine, theirs in pairs]
    print(
        f"ratio          {statistics.median(ratios):6.2f}   (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )
    print(f"added per task with one worker: {1000 * alone / given.tasks:.2f} ms")


def ours(tasks: int, workers: int) -> tuple[float, float]:
    """Return the seconds until all jobs were submitted, and until all had ended."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqlJobStore(open_store(read_settings({}, data=folder)), max_queued_jobs=10**9)
        command = [sys.executable, __file__, "--work", folder]
        with children([command] * workers, dict(os.environ)) as running:
            for child in running:
                assert child.stdout is not None
                child.stdout.readline()
            began = time.perf_counter()
            names = [store.add(job(min(SOURCES_PER_JOB, tasks - at))) for at in range(0, tasks, SOURCES_PER_JOB)]
            submitted = time.perf_counter() - began
            while any(store.get(name, OWNER).status is not Status.COMPLETED for name in reversed(names)):
                time.sleep(0.05)
            whole = time.perf_counter() - began
        assert all(store.get(name, OWNER).status is Status.COMPLETED for name in names)
        assert sum(len(store.outcomes(name)) for name in names) == tasks
        return submitted, whole


def job(sources: int) -> Job:
    """Return a job of so many tasks."""
    urls = [{"type": "url", "url": f"http://files.example/{number}.png"} for number in range(sources)]
    request = InferenceRequest.model_validate({"urls": urls, "models": {}})
    return Job(str(uuid4()), OWNER, request, Status.QUEUED, wall_clock_ms())


def work(folder: Path) -> None:
    """Be one worker, until killed."""
    store = SqlJobStore(open_store(read_settings({}, data=folder)))

    def nothing(task: Task, cancellation: Cancellation) -> Outcome:
        return Outcome(f"results/{task.job_id}/{task.index}", media_seconds=LIKE_A_TEXT)

    print("ready", flush=True)
    Worker(f"bench-{os.getpid()}", store, nothing).run_until(Event())


def celery(tasks: int, workers: int) -> tuple[float, float]:
    """Return the same of Celery, measured by its own client."""
    with tempfile.TemporaryDirectory() as folder, redis(folder) as url:
        environment = os.environ | {"BENCH_REDIS": url, "PYTHONPATH": str(Path(__file__).parent)}
        options = ["--loglevel", "ERROR", "--concurrency", str(workers), "--without-gossip", "--without-mingle"]
        with children([[str(PYTHON), "-m", "celery", "--app", "celery_tasks", "worker", *options]], environment):
            client = [str(PYTHON), str(Path(__file__).with_name("celery_tasks.py")), str(tasks)]
            told = subprocess.run(client, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(told[0]), float(told[1])


@contextmanager
def redis(folder: str) -> Iterator[str]:
    """Run a Redis server on loopback with its default persistence."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    installed = shutil.which("redis-server")
    environment = dict(os.environ)
    if installed is None:
        environment["LD_LIBRARY_PATH"] = str(next(REDIS.glob("usr/lib/*-linux-gnu")))
    command = [installed or str(REDIS / "usr/bin/redis-server"), "--bind", "127.0.0.1", "--port", str(port)]
    with children([[*command, "--dir", folder]], environment) as (server,):
        for line in server.stdout or ():
            if "Ready to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def children(commands: list[list[str]], environment: dict[str, str]) -> Iterator[list["subprocess.Popen[str]"]]:
    """Run processes until the block ends."""
    running = [subprocess.Popen(each, env=environment, stdout=subprocess.PIPE, text=True) for each in commands]
    try:
        yield running
    finally:
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def prepare() -> None:
    """Make the environment of Celery and fetch Redis from Debian's packages where they are not there."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parent.parent], check=True)
        wanted = ["--requirement", str(ROOT / "requirements" / "bench.in")]
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
    if shutil.which("redis-server") is None and not (REDIS / "usr/bin/redis-server").exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=folder, check=True)
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, REDIS], check=True)


if __name__ == "__main__":
    main()
