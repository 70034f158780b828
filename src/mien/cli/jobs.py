"""Ask any server about its jobs."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from mien.cli.readable import wide_console
from mien.domain.errors import MienError
from mien.settings import read_settings

app = typer.Typer(help="List, show and fetch jobs of a server.", no_args_is_help=True)
Server = Annotated[str | None, typer.Option(help="The server's address; default MIEN_SERVER.")]
Key = Annotated[str | None, typer.Option(help="Your key; default MIEN_KEY.")]


@app.command("list")
def list_jobs(
    server: Server = None,
    key: Key = None,
    status: Annotated[list[str] | None, typer.Option(help="Only jobs in this state; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the server's answer as it is.")] = False,
) -> None:
    """List jobs, newest first.

    Example: mien jobs list --status FAILED --limit 10
    """
    with _client(server, key) as client:
        jobs = _ask(client, "/v0/batch/jobs", {"limit": limit, "status": status or []}).json()
    if as_json:
        print(json.dumps(jobs, indent=1))
        return
    table = Table("job", "state", "created", "seconds", "predictions", "errors", box=None)
    for job in jobs:
        table.add_row(*_row(job))
    wide_console().print(table)


@app.command()
def show(job_id: str, server: Server = None, key: Key = None) -> None:
    """Print one job: what was asked and where it stands.

    Example: mien jobs show 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with _client(server, key) as client:
        print(json.dumps(_ask(client, f"/v0/batch/jobs/{job_id}").json(), indent=1))


@app.command()
def get(
    job_id: str,
    server: Server = None,
    key: Key = None,
    into: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("."),
) -> None:
    """Fetch a job's results: predictions.json and artifacts.zip.

    Example: mien jobs get 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b --into results
    """
    into.mkdir(parents=True, exist_ok=True)
    with _client(server, key) as client:
        for resource, name in (("predictions", "predictions.json"), ("artifacts", "artifacts.zip")):
            _fetch(client, f"/v0/batch/jobs/{job_id}/{resource}", into / name)
            print(into / name)


@contextmanager
def _client(server: str | None, key: str | None) -> Iterator[httpx.Client]:
    settings = read_settings(server=server, key=key)
    headers = {"X-Hume-Api-Key": settings.key} if settings.key else {}
    with httpx.Client(base_url=settings.server, headers=headers, timeout=60, trust_env=False) as client:
        try:
            yield client
        except httpx.TransportError as error:
            raise MienError(f"no answer from {settings.server}: {error}") from error


def _ask(client: httpx.Client, path: str, query: dict[str, Any] | None = None) -> httpx.Response:
    answer = client.get(path, params=query)
    _expect_success(answer)
    return answer


def _fetch(client: httpx.Client, path: str, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    with client.stream("GET", path) as answer, partial.open("wb") as out:
        if not answer.is_success:
            answer.read()
        _expect_success(answer)
        for chunk in answer.iter_bytes():
            out.write(chunk)
    shutil.move(partial, target)


def _expect_success(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        message = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.text[:200]
    raise MienError(f"the server answered {answer.status_code}: {message}")


def _row(job: dict[str, Any]) -> tuple[str, ...]:
    state = job["state"]
    created = datetime.fromtimestamp(state["created_timestamp_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
    ended, started = state.get("ended_timestamp_ms"), state.get("started_timestamp_ms")
    seconds = f"{(ended - started) / 1000:.1f}" if ended and started else ""
    counts = (str(state.get("num_predictions", "")), str(state.get("num_errors", "")))
    return (job["job_id"], state["status"], created, seconds, *counts)
