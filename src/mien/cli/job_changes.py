"""Stop, forget and tag jobs, and have their messages sent again."""

from datetime import datetime
from typing import Annotated

import typer

from mien.cli.job_client import Key, Server, ask, change, connected

JOBS = "/v0/mien/jobs"


def cancel(job_ids: list[str], server: Server = None, key: Key = None) -> None:
    """Stop jobs: what waits is dropped, what runs is stopped; one that has ended stays as it is.

    Example: mien jobs cancel 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with connected(server, key) as client:
        for job_id in job_ids:
            state = change(client, "POST", f"{JOBS}/{job_id}/cancel")["state"]
            print(job_id, state["status"], state.get("message", ""))


def delete(job_ids: list[str], server: Server = None, key: Key = None) -> None:
    """Forget jobs with their uploads and results, those that run too.

    Example: mien jobs delete 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with connected(server, key) as client:
        for job_id in job_ids:
            change(client, "DELETE", f"{JOBS}/{job_id}")
            print(job_id, "deleted")


def tag(
    job_id: str,
    tags: Annotated[list[str] | None, typer.Argument(help="The job's tags from now on; none takes all away.")] = None,
    server: Server = None,
    key: Key = None,
) -> None:
    """Give a job these tags and no others.

    Example: mien jobs tag 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b pilot ward-3
    """
    with connected(server, key) as client:
        told = change(client, "PUT", f"{JOBS}/{job_id}/tags", tags or [])
    print(job_id, ", ".join(told["tags"]) or "has no tags")


def deliveries(job_id: str, server: Server = None, key: Key = None) -> None:
    """List every attempt to call back or to mail about a job.

    Example: mien jobs deliveries 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with connected(server, key) as client:
        logs = ask(client, f"{JOBS}/{job_id}/deliveries").json()
    if not logs:
        print("nobody is to be told about this job")
    for log in logs:
        print(f"{log['kind']} {log['address']}: {log['state']}")
        for attempt in log["attempts"]:
            took = "" if attempt["milliseconds"] is None else f"{attempt['milliseconds']} ms"
            print(f"  {_when(attempt['timestamp_ms'])}  {took:>9}  {attempt['outcome'] or 'on its way'}")
        if log["due_timestamp_ms"] is not None:
            print(f"  {_when(log['due_timestamp_ms'])}  next")


def redeliver(job_id: str, server: Server = None, key: Key = None) -> None:
    """Send every message about an ended job again.

    Example: mien jobs redeliver 3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b
    """
    with connected(server, key) as client:
        due = change(client, "POST", f"{JOBS}/{job_id}/deliveries")["due"]
    print(f"{job_id} {due} to be sent again" if due else f"{job_id} has nobody to tell")


def _when(timestamp_ms: int) -> str:
    return datetime.fromtimestamp(timestamp_ms / 1000).strftime("%Y-%m-%d %H:%M:%S")
