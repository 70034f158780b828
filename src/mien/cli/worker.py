"""Work: claim tasks and run them until stopped."""

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from mien.assembly import build_worker
from mien.engine.supervisor import stop_with_parent
from mien.settings import read_settings


def worker(
    data: Annotated[Path | None, typer.Option(help="The server's data folder.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True, help="End when standard input ends.")] = False,
) -> None:
    """Run tasks of the queue until stopped; prints `ready` once the networks are loaded.

    Several may work on one data folder, beside those that `mien serve` starts.

    Example: mien worker --data ./data
    """
    settings = read_settings(data=data)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if supervised:
        stop_with_parent(stop)
    working = build_worker(settings)
    print("ready", flush=True)
    working.run_until(stop)
