"""Be the process in which a worker's tasks run; only a worker starts it."""

import argparse
import socket
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from mien.domain.errors import MienError
from mien.intake.dialling import Dial
from mien.intake.door import DialThroughDoor
from mien.sandbox.child import RunInChild, Tell, begin, confine, open_channel, serve
from mien.settings import Settings, read_settings
from mien.telemetry.logs import set_up


def main() -> None:
    """Tie this process to its worker and serve it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the channel to the worker")
    parser.add_argument("--parent", type=int, required=True, help="process id of the worker")
    parser.add_argument("--door", type=int, help="descriptor of the door through which connections are asked for")
    given = parser.parse_args()
    begin(given.parent)
    channel = open_channel(given.channel)
    # The worker gives each child a temporary folder of its own, and removes it when the child is gone.
    settings = read_settings(scratch=Path(tempfile.gettempdir()))
    set_up(settings.log_level, settings.log_format)
    try:
        dial = DialThroughDoor(socket.socket(fileno=given.door)) if given.door is not None else None
        serve(channel, lambda tell: _prepared(settings, tell, dial))
    except MienError as error:
        sys.exit(f"mien: {error.message}")


def _prepared(settings: Settings, tell: Tell, dial: Dial | None) -> RunInChild:
    # What measures takes seconds to load. It is loaded here, so that a worker's end in the meantime is noticed.
    limits = import_module("mien.workplace").sandbox_rules(settings).limits
    confine(limits.file_bytes, limits.memory_bytes)
    run: RunInChild = import_module("mien.assembly").build_task_run(settings, tell, dial)
    return run


if __name__ == "__main__":
    main()
