import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mien.engine.supervisor import Supervisor, WorkerFailed

WORKER = """
import signal, sys, threading
from mien.engine.supervisor import stop_with_parent
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
stop_with_parent(stop, grace_seconds=1)
print("ready", flush=True)
while not stop.wait(0.05):
    pass
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import sys, time
from mien.engine.supervisor import Supervisor
supervisor = Supervisor([sys.executable, "-c", sys.argv[1]], 1)
supervisor.start(30)
print(supervisor.process_ids[0], flush=True)
time.sleep(60)
"""


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    # Whoever adopted a child may not have buried it yet.
    state = Path(f"/proc/{process_id}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_workers_are_running_once_started_and_gone_once_stopped() -> None:
    supervisor = Supervisor(python(WORKER), 2)
    supervisor.start(30)
    children = supervisor.process_ids
    assert len(children) == 2 and all(is_alive(child) for child in children)
    supervisor.stop()
    assert supervisor.process_ids == []
    assert not any(is_alive(child) for child in children)


def test_a_worker_that_dies_is_replaced() -> None:
    supervisor = Supervisor(python(WORKER), 1)
    supervisor.start(30)
    (first,) = supervisor.process_ids
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: supervisor.process_ids not in ([], [first]))
    supervisor.stop()


def test_a_worker_that_does_not_end_is_killed() -> None:
    supervisor = Supervisor(python(STUBBORN), 1, grace_seconds=0.2)
    supervisor.start(30)
    (child,) = supervisor.process_ids
    supervisor.stop()
    assert not is_alive(child)


def test_a_worker_that_ends_before_it_is_ready_is_told_at_once() -> None:
    supervisor = Supervisor(python("raise SystemExit(3)"), 1)
    with pytest.raises(WorkerFailed, match="worker 1 ended with exit code 3"):
        supervisor.start(30)


def test_a_worker_that_is_never_ready_is_told_in_time() -> None:
    supervisor = Supervisor(python("import time; time.sleep(60)"), 1, grace_seconds=1)
    with pytest.raises(WorkerFailed, match="not ready in time"):
        supervisor.start(0.3)
    assert supervisor.process_ids == []


def test_workers_end_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([*python(PARENT), WORKER], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not is_alive(child))
