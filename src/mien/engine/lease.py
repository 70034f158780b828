"""Keep the leases of claimed tasks, and stop a task when its lease is lost or a cancel was asked."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, LeaseLost
from mien.domain.job import Progress, Task
from mien.storage.jobs import JobStore

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 3
SLOWEST_BEAT_SECONDS = 0.3
"""A cancel is noticed by a heartbeat, so the running task's does not depend on the lease."""

TellProgress = Callable[[], Progress | None]


@dataclass(frozen=True)
class HeldTask:
    """Hold a claimed task and the flag that stops it."""

    task: Task
    cancellation: Cancellation = field(default_factory=Cancellation)


class Heart:
    """Renew the leases of the tasks it is given; the one that runs often and with its progress, the others seldom."""

    def __init__(self, store: JobStore, lease_seconds: float, progress: TellProgress) -> None:
        self._store = store
        self._lease_seconds = lease_seconds
        self._progress = progress
        self._changing = Lock()
        self._held: dict[tuple[str, int, int], HeldTask] = {}
        self._running: HeldTask | None = None
        self._all_beaten = time.monotonic()

    def hold(self, tasks: Sequence[Task]) -> list[HeldTask]:
        """Renew the leases of these tasks from now on."""
        held = [HeldTask(task) for task in tasks]
        with self._changing:
            self._held |= {_name(one.task): one for one in held}
        return held

    def runs(self, one: HeldTask | None) -> None:
        """Take note which task runs now."""
        with self._changing:
            self._running = one

    def let_go(self, one: HeldTask) -> None:
        """Renew the lease of this task no longer."""
        with self._changing:
            self._held.pop(_name(one.task), None)

    def stop_all(self, reason: Cancelled) -> None:
        """Set the flags of all tasks that are held."""
        with self._changing:
            for one in self._held.values():
                one.cancellation.cancel(reason)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Renew the leases in a thread of its own until the block ends."""
        done = Event()
        pause = min(SLOWEST_BEAT_SECONDS, self._lease_seconds / BEATS_PER_LEASE)
        self._all_beaten = time.monotonic()

        def beat() -> None:
            while not done.wait(pause):
                self._beat()

        thread = Thread(target=beat, name="mien-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _beat(self) -> None:
        with self._changing:
            running, held = self._running, list(self._held.values())
        if running is not None:
            self._renew(running, self._progress())
        if time.monotonic() - self._all_beaten < self._lease_seconds / BEATS_PER_LEASE:
            return
        self._all_beaten = time.monotonic()
        for one in held:
            if one is not running:
                self._renew(one, None)

    def _renew(self, one: HeldTask, progress: Progress | None) -> None:
        try:
            goes_on = self._store.heartbeat(one.task, self._lease_seconds, progress)
        except LeaseLost as lost:
            with self._changing:
                still_held = _name(one.task) in self._held
            if still_held:
                one.cancellation.cancel(lost)
                self.let_go(one)
            return
        except Exception:
            # A busy store is no reason to stop; if it stays so, somebody else gets the task and the commit says so.
            logger.exception("job %s, source %d: heartbeat failed", one.task.job_id, one.task.index)
            return
        if not goes_on:
            one.cancellation.cancel(Cancelled())


def _name(task: Task) -> tuple[str, int, int]:
    return task.job_id, task.index, task.piece.number if task.piece is not None else -1
