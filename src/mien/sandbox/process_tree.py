"""Look at a process with all that it started, and end them together."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_GET_CHILD_SUBREAPER = 37
LOOK_AGAIN_SECONDS = 1.0
KILL_SECONDS = 5.0
GONE = (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError)


@dataclass(frozen=True)
class Usage:
    """Hold what a process and its children use: resident bytes, seconds of processor time, and how many they are."""

    memory_bytes: int = 0
    processor_seconds: float = 0.0
    processes: int = 0


class ProcessTree:
    """Follow one process and its descendants; who they are is looked up about once a second."""

    def __init__(self, process_id: int) -> None:
        self._root = psutil.Process(process_id)
        self._members: list[psutil.Process] = [self._root]
        self._looked = 0.0
        self._ended_seconds: dict[int, float] = {}

    def usage(self) -> Usage:
        """Return what all of them use now; memory that the children share with others is counted once."""
        if time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
            self.look()
        memory, alive = 0, 0
        for member in self._members:
            with suppress(*GONE), member.oneshot():
                told = member.memory_info()
                memory += told.rss if member == self._root else max(0, told.rss - getattr(told, "shared", 0))
                times = member.cpu_times()
                # Those that have ended stay in the sum: their time was used, too.
                self._ended_seconds[member.pid] = times.user + times.system
                alive += 1
        return Usage(memory, sum(self._ended_seconds.values()), alive)

    def look(self) -> list[psutil.Process]:
        """Find all descendants now and return them."""
        descendants: list[psutil.Process] = []
        with suppress(*GONE):
            descendants = self._root.children(recursive=True)
        self._members = [self._root, *descendants]
        self._looked = time.monotonic()
        return descendants

    def busy_descendants(self) -> bool:
        """Say whether anything the process started is computing at this moment."""
        return any(_is_running(member) for member in self.look())

    def kill(self) -> None:
        """Kill the process, its group and all its descendants, and return when they are gone."""
        deadline = time.monotonic() + KILL_SECONDS
        members = [self._root, *self.look()]
        while members and time.monotonic() < deadline:
            # The group first: whoever it started a moment ago and took another group is found by the next look.
            _kill_group(self._root.pid)
            kill_all(members)
            members = [member for member in self.look() if _is_alive(member)]
        _kill_group(self._root.pid)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill these processes and wait a moment for them to be gone."""
    doomed = list(processes)
    for process in doomed:
        with suppress(*GONE):
            process.kill()
    psutil.wait_procs(doomed, timeout=KILL_SECONDS)


def kill_strays(mine: Collection[int]) -> None:
    """Kill all children of this process but these, with all they started; only where it adopts orphans, as a worker."""
    if not adopts_orphans():
        return
    deadline = time.monotonic() + KILL_SECONDS
    while time.monotonic() < deadline:
        strays = [child for child in psutil.Process().children() if child.pid not in mine]
        if not strays:
            return
        kill_all([*strays, *(one for stray in strays for one in _children(stray))])


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parents end, so that none of them gets away (Linux)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def adopts_orphans() -> bool:
    """Say whether this process is the parent of orphaned descendants."""
    answer = ctypes.c_int(0)
    return _prctl(PR_GET_CHILD_SUBREAPER, ctypes.addressof(answer)) == 0 and answer.value == 1


def die_with_parent(parent: int) -> None:
    """Have the system kill this process when the thread that started it ends (Linux); at once if that has happened.

    Changing the user clears it, so it has to come after that.
    """
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> int:
    if not sys.platform.startswith("linux"):
        return -1
    nothing = ctypes.c_ulong(0)
    return int(ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), nothing, nothing, nothing))


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(*GONE):
        found: list[psutil.Process] = process.children(recursive=True)
        return found
    return []


def _is_running(process: psutil.Process) -> bool:
    with suppress(*GONE):
        return bool(process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP))
    return False


def _is_alive(process: psutil.Process) -> bool:
    with suppress(*GONE):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
