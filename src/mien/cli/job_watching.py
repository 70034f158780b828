"""Watch jobs: by the server's events where it has them, else by asking again and again."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from mien.cli.job_client import Key, Refused, Server, ask, connected, expect_success
from mien.domain.errors import MienError

ASK_SECONDS = 1.0
PAUSE_SECONDS = 0.2
FINAL = ("COMPLETED", "FAILED")
SILENCE_SECONDS = 45.0
"""Events come with a sign of life every quarter of a minute."""

GONE_SECONDS = 60.0
LEAST_PERCENT = 5.0


@dataclass(frozen=True)
class Seen:
    """Hold how a job is: its state object, percent done and seconds left, both None where the server does not say."""

    state: dict[str, Any]
    percent: float | None = None
    seconds_left: float | None = None
    current: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Say whether nothing will follow."""
        return self.state["status"] in FINAL


def watch(job_id: str, server: Server = None, key: Key = None) -> None:
    """Show how far a job is until it ends; exit code 1 if it failed.

    Example: mien jobs watch 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with connected(server, key) as client:
        _end(job_id, show(follow(client, job_id), job_id))


def wait(
    job_id: str,
    server: Server = None,
    key: Key = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which to give up, with exit code 2.")] = None,
) -> None:
    """Return when a job has ended and print its state; exit code 1 if it failed.

    Example: mien jobs wait 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b --timeout 600
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    last = None
    with connected(server, key) as client:
        for last in follow(client, job_id, deadline):
            if last.final:
                break
    if last is None or not last.final:
        print(f"{job_id} has not ended after {timeout:g} seconds", file=sys.stderr)
        raise typer.Exit(2)
    _end(job_id, last)


def follow(client: httpx.Client, job_id: str, deadline: float | None = None) -> Iterator[Seen]:
    """Yield how a job is, now and at each change, until it has ended or the time is over.

    A server that goes away is waited for, a minute long. Raises Refused and MienError.
    """
    gone_since: float | None = None
    while deadline is None or time.monotonic() < deadline:
        try:
            for seen in _events(client, job_id, deadline):
                gone_since = None
                yield seen
                if seen.final:
                    return
            time.sleep(PAUSE_SECONDS)
        except Refused as refused:
            if refused.status not in (404, 405):
                raise
            yield from _asked(client, job_id, deadline)
            return
        except httpx.TransportError:
            now = time.monotonic()
            gone_since = gone_since or now
            if now - gone_since > GONE_SECONDS:
                raise
            time.sleep(ASK_SECONDS)


def _events(client: httpx.Client, job_id: str, deadline: float | None) -> Iterator[Seen]:
    left = SILENCE_SECONDS if deadline is None else max(0.1, min(SILENCE_SECONDS, deadline - time.monotonic()))
    timeout = httpx.Timeout(SILENCE_SECONDS, read=left)
    with client.stream("GET", f"/v0/mien/jobs/{job_id}/events", timeout=timeout) as answer:
        if not answer.is_success:
            answer.read()
            expect_success(answer)
        told: dict[str, Any] = {}
        for name, data in _named(answer.iter_lines()):
            if name == "deleted":
                raise MienError(f"job {job_id} was deleted")
            told |= data
            if "state" in told:
                yield _seen(told)
            if deadline is not None and time.monotonic() > deadline:
                return


def _named(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events as our server writes them: a line with the name, a line with the data."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        if field == "data":
            yield name, json.loads(value)


def _seen(told: dict[str, Any]) -> Seen:
    current = tuple(file for source in told.get("sources", ()) for file in source["current"])
    return Seen(told["state"], told.get("percent"), told.get("seconds_left"), current)


def _asked(client: httpx.Client, job_id: str, deadline: float | None) -> Iterator[Seen]:
    while True:
        seen = Seen(ask(client, f"/v0/batch/jobs/{job_id}").json()["state"])
        yield seen
        if seen.final or (deadline is not None and time.monotonic() >= deadline):
            return
        time.sleep(ASK_SECONDS)


def show(seen: Iterator[Seen], job_id: str) -> Seen:
    """Draw a bar on a terminal, or print a line now and then elsewhere; return how the job ended."""
    console = Console(stderr=True)
    last: Seen | None = None
    shown = -LEAST_PERCENT
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(job_id, total=None)
        for last in seen:
            _move(bar, task, last)
            if not console.is_terminal and (last.final or (last.percent or 0.0) >= shown + LEAST_PERCENT):
                shown = last.percent or 0.0
                print(_line(last), file=sys.stderr, flush=True)
    if last is None or not last.final:
        raise MienError(f"the server stopped telling about job {job_id}")
    return last


def _move(bar: Progress, task: TaskID, seen: Seen) -> None:
    about = seen.current[0] if seen.current else seen.state["status"].lower().replace("_", " ")
    bar.update(task, description=about)
    if seen.percent is not None:
        bar.update(task, total=100, completed=seen.percent)


def _line(seen: Seen) -> str:
    percent = "" if seen.percent is None else f" {seen.percent:.1f} %"
    left = f", about {seen.seconds_left:.0f} s left" if seen.seconds_left else ""
    return f"{seen.state['status']}{percent}{left}"


def _end(job_id: str, last: Seen) -> None:
    state = last.state
    if state["status"] == "FAILED":
        print(f"{job_id} FAILED: {state['message']}")
        raise typer.Exit(1)
    print(f"{job_id} COMPLETED: {state['num_predictions']} predictions, {state['num_errors']} errors")
