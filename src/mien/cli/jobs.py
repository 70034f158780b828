"""Ask any server about its jobs."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from mien.cli import job_changes, job_submission, job_watching
from mien.cli.job_client import Key, Server, ask, connected, expect_success
from mien.cli.readable import wide_console

app = typer.Typer(
    help="Start, watch, stop and fetch jobs of a server.\n\nExample: mien jobs submit interview.mp4 --watch",
    no_args_is_help=True,
)


@app.command("list")
def list_jobs(
    server: Server = None,
    key: Key = None,
    status: Annotated[list[str] | None, typer.Option(help="Only jobs in this state; may be repeated.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only jobs with this tag; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the server's answer as it is.")] = False,
) -> None:
    """List jobs, newest first.

    Example: mien jobs list --status FAILED --limit 10
    """
    with connected(server, key) as client:
        query: dict[str, Any] = {"limit": limit, "status": status or []}
        # Tags are an extension; without them any server that speaks the contract can be asked.
        path = "/v0/mien/jobs" if tag else "/v0/batch/jobs"
        jobs = ask(client, path, query | ({"tag": tag} if tag else {})).json()
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
    with connected(server, key) as client:
        print(json.dumps(ask(client, f"/v0/batch/jobs/{job_id}").json(), indent=1))


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
    with connected(server, key) as client:
        for resource, name in (("predictions", "predictions.json"), ("artifacts", "artifacts.zip")):
            _fetch(client, f"/v0/batch/jobs/{job_id}/{resource}", into / name)
            print(into / name)


def _fetch(client: httpx.Client, path: str, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    with client.stream("GET", path) as answer, partial.open("wb") as out:
        if not answer.is_success:
            answer.read()
        expect_success(answer)
        for chunk in answer.iter_bytes():
            out.write(chunk)
    shutil.move(partial, target)


def _row(job: dict[str, Any]) -> tuple[str, ...]:
    state = job["state"]
    created = datetime.fromtimestamp(state["created_timestamp_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
    ended, started = state.get("ended_timestamp_ms"), state.get("started_timestamp_ms")
    seconds = f"{(ended - started) / 1000:.1f}" if ended and started else ""
    counts = (str(state.get("num_predictions", "")), str(state.get("num_errors", "")))
    return (job["job_id"], state["status"], created, seconds, *counts)


app.command("submit")(job_submission.submit)
app.command("watch")(job_watching.watch)
app.command("wait")(job_watching.wait)
app.command("cancel")(job_changes.cancel)
app.command("delete")(job_changes.delete)
app.command("tag")(job_changes.tag)
app.command("deliveries")(job_changes.deliveries)
app.command("redeliver")(job_changes.redeliver)
