"""Work: claim tasks and run them until stopped."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from mien.engine.supervisor import stop_with_parent
from mien.sandbox.process_tree import adopt_orphans
from mien.settings import read_settings
from mien.telemetry.logs import set_up
from mien.workplace import build_sandbox, build_staff

MOST_FAILED_STARTS = 3
"""How often the first process for tasks may fail to start before the worker gives up."""


def worker(
    data: Annotated[Path | None, typer.Option(help="The server's data folder.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True, help="End when standard input ends.")] = False,
) -> None:
    """Run tasks of the queue until stopped; prints `ready` once the networks are loaded.

    Several may work on one data folder, beside those that `mien serve` starts.

    Example: mien worker --data ./data
    """
    if __name__ != "__main__":
        # The other commands' libraries would stay in memory: this one is to be small.
        given = ["--data", str(data)] if data is not None else []
        os.execv(sys.executable, [*worker_command(), *given, *(["--supervised"] if supervised else [])])
    settings = read_settings(data=data)
    set_up(settings.log_level, settings.log_format)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if supervised:
        stop_with_parent(stop)
    adopt_orphans()
    sandbox = build_sandbox(settings)
    try:
        staff = build_staff(settings, sandbox)
        while not stop.is_set() and not sandbox.is_ready(1.0):
            if sandbox.failed_starts >= MOST_FAILED_STARTS:
                sys.exit("mien: the process for tasks could not be started")
        staff.attendance.begin()
        print("ready", flush=True)
        staff.worker.run_until(stop)
    finally:
        sandbox.close()


def worker_command() -> list[str]:
    """Return the command that is a worker and nothing else."""
    return [sys.executable, "-m", "mien.cli.worker"]


if __name__ == "__main__":
    typer.run(worker)
