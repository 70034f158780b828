"""Be the child in which tasks run: load the networks once, then run one task after another until the worker goes."""

import faulthandler
import logging
import os
import queue
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.domain.job import Outcome, Progress, Split, Task
from mien.sandbox.messages import (
    Ended,
    Failed,
    Hearing,
    Length,
    Measuring,
    Ready,
    RunTask,
    Said,
    Taken,
    write_said,
)
from mien.sandbox.process_tree import die_with_parent

logger = logging.getLogger(__name__)

Report = Callable[[Progress, int], None]
"""Is told how far a task is, and the number of the file being measured."""
Tell = Callable[[float], None]
"""Is told how many seconds of media a file has once it is opened."""
RunInChild = Callable[[Task, Cancellation, Report], Outcome | Split]
Prepare = Callable[[Tell], RunInChild]

MOST_BADNESS = "1000"


def confine(file_bytes: int, memory_bytes: int) -> None:
    """Give up what a task does not need, for good: the place for privileges, too.

    No file may become larger than `file_bytes`; a single allocation beyond twice `memory_bytes` fails at once (what is
    really resident, the worker watches). The system, short of memory, shall end this process first. No core is dumped.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    # Not the address space: networks and waveforms are mapped, and their pages do not count.
    _lower(resource.RLIMIT_DATA, 2 * memory_bytes)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(MOST_BADNESS, "ascii")


def begin(parent: int) -> None:
    """Tie this process to the worker that started it: it never outlives it and leaves orderly stops to it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    faulthandler.enable(sys.stderr)
    die_with_parent(parent)


def open_channel(descriptor: int) -> Connection:
    """Return the channel to the worker, which children of this process do not inherit."""
    os.set_inheritable(descriptor, False)
    return Connection(descriptor)


def serve(channel: Connection, prepare: Prepare) -> None:
    """Say when ready, and then run what is asked, one task at a time, until the worker closes the channel."""
    _Child(channel).serve(prepare)


class _Child:
    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self._sending = Lock()
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._changing = Lock()
        self._running: tuple[str, int] | None = None
        self._cancellation = Cancellation()

    def serve(self, prepare: Prepare) -> None:
        Thread(target=self._listen, name="mien-listen", daemon=True).start()
        run = prepare(lambda seconds: self._say(Length(seconds)))
        self._say(Ready())
        while True:
            task = self._tasks.get()
            self._say(Taken())
            said = self._run(run, task)
            self._tidy()
            self._say(said)

    def _run(self, run: RunInChild, task: Task) -> Said:
        with self._changing:
            cancellation = self._cancellation
        try:
            return Ended(run(task, cancellation, self._report))
        except Cancelled:
            return Ended(None)
        except Exception as error:
            logger.exception("job %s, source %d: internal error", task.job_id, task.index)
            return Failed(type(error).__name__)
        finally:
            with self._changing:
                self._running = None

    def _report(self, progress: Progress, number: int) -> None:
        self._say(Measuring(progress, number))

    def _say(self, said: Said) -> None:
        with self._sending:
            self._channel.send_bytes(write_said(said))

    def _listen(self) -> None:
        hearing = Hearing()
        while True:
            try:
                asked = hearing.read(self._channel.recv_bytes())
            except (EOFError, OSError):
                _end_with_all_children()
                return
            with self._changing:
                if isinstance(asked, RunTask):
                    self._running = (asked.task.job_id, asked.task.index)
                    self._cancellation = Cancellation()
                    self._tasks.put(asked.task)
                elif self._running == (asked.job_id, asked.index):
                    self._cancellation.cancel(Cancelled())

    def _tidy(self) -> None:
        """Remove what a task left in the temporary folder, which is this child's alone."""
        if os.environ.get("TMPDIR") != tempfile.gettempdir():
            return
        for left in Path(tempfile.gettempdir()).iterdir():
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _end_with_all_children() -> None:
    with suppress(OSError):
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _lower(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    allowed = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (allowed, allowed))
