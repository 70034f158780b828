"""Start workers as child processes, start them anew when they die, and take them down with the parent."""

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from threading import Event, Lock, Thread

from mien.domain.errors import MienError

logger = logging.getLogger(__name__)

READY = "ready"
READY_SECONDS = 120.0
GRACE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 10.0
STANDARD_INPUT = 0


class WorkerFailed(MienError):
    """A worker did not become ready."""


class Supervisor:
    """Keep `workers` children of one command running.

    A child says that it is ready with a line on its standard output that begins with `ready`, and watches its standard
    input with `stop_with_parent`, so that it ends when the parent does.
    """

    def __init__(self, command: Sequence[str], workers: int, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._posts = [_Post(tuple(command), number) for number in range(1, workers + 1)]

    def start(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Start all children and return when each is ready.

        Raises WorkerFailed, with all children stopped, when one ends before that or the time is over.
        """
        self.begin()
        self.wait_until_ready(timeout_seconds)

    def begin(self) -> None:
        """Start all children and return at once."""
        for post in self._posts:
            post.fill()

    def wait_until_ready(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Return when each child is ready.

        Raises WorkerFailed, with all children stopped, when one ends before that or the time is over.
        """
        deadline = time.monotonic() + timeout_seconds
        for post in self._posts:
            reason = post.wait_until_ready(deadline)
            if reason:
                self.stop()
                raise WorkerFailed(f"worker {post.number} {reason}")

    def stop(self) -> None:
        """Ask all children to end, and kill those that have not when the grace time is over."""
        for post in self._posts:
            post.terminate()
        deadline = time.monotonic() + self._grace_seconds
        for post in self._posts:
            post.wait_or_kill(deadline)

    @property
    def process_ids(self) -> list[int]:
        """Return the ids of the children that run now."""
        return [post.child.pid for post in self._posts if post.child is not None and post.child.poll() is None]


class _Post:
    """Keep one worker's place filled, from a thread of its own."""

    def __init__(self, command: Sequence[str], number: int) -> None:
        self.number = number
        self.child: subprocess.Popen[str] | None = None
        self._command = command
        self._stopping = Event()
        self._starting = Lock()
        self._known = Event()
        self._failure: str | None = None

    def fill(self) -> None:
        """Start the first child and replace each that ends."""
        Thread(target=self._keep_filled, name=f"mien-post-{self.number}", daemon=True).start()

    def wait_until_ready(self, deadline: float) -> str | None:
        """Return None once the first child is ready, else what went wrong."""
        if not self._known.wait(max(0.0, deadline - time.monotonic())):
            return "was not ready in time"
        return self._failure

    def terminate(self) -> None:
        """Ask the child to end; no other will follow."""
        with self._starting:
            self._stopping.set()
            if self.child is not None:
                self.child.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        """Return when the child has ended, by itself or by force."""
        if self.child is None:
            return
        try:
            self.child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("worker %d did not end by itself and was killed", self.number)
            self.child.kill()
            self.child.wait()

    def _keep_filled(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while (child := self._start_child()) is not None:
            began = time.monotonic()
            code = self._follow(child)
            if not self._known.is_set():
                self._failure = f"ended with exit code {code} before it was ready"
                self._known.set()
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            if not self._stopping.is_set():
                logger.warning("worker %d ended with exit code %s; the next starts in %.1f s", self.number, code, pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _start_child(self) -> subprocess.Popen[str] | None:
        with self._starting:
            if self._stopping.is_set():
                return None
            # The pipe to its input closes with this process, however it ends. In a session of its own the child does
            # not get the terminal's Ctrl-C, but the orderly stop that follows from it.
            self.child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            return self.child

    def _follow(self, child: subprocess.Popen[str]) -> int:
        """Read what a child says until it ends, and return its exit code."""
        with child:
            for line in child.stdout or ():
                logger.info("worker %d: %s", self.number, line.rstrip())
                if line.startswith(READY):
                    self._known.set()
        return child.wait()


def stop_with_parent(stop: Event, grace_seconds: float = GRACE_SECONDS, descriptor: int = STANDARD_INPUT) -> None:
    """Set the event when the parent has gone, and end this process by force if it is still there after the grace time.

    The parent is gone when the pipe it holds open, by default this process's standard input, comes to its end.
    """

    def watch() -> None:
        while os.read(descriptor, 1024):
            pass
        stop.set()
        time.sleep(grace_seconds)
        os._exit(1)

    Thread(target=watch, name="mien-parent", daemon=True).start()
