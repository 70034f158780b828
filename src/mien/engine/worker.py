"""Claim tasks, run them and commit what became of them."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Protocol

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, LeaseLost
from mien.domain.job import Outcome, Progress, Split, Task
from mien.engine.lease import Heart, HeldTask
from mien.sandbox.sandbox import KilledFromOutside, TaskCrashed
from mien.storage.jobs import JobStore

logger = logging.getLogger(__name__)

Run = Callable[[Task, Cancellation], Outcome | Split]
LEASE_SECONDS = 30.0
IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0
TASKS_AT_ONCE = 32
KILLS_FROM_OUTSIDE = 10
"""How often a task is begun anew because somebody killed its process; after that it is as if the task had done it."""

KILLED_REMEMBERED = 1000
COMMIT_SECONDS = 0.1
"""How long a result may wait for its neighbours', so that tiny tasks share their commits."""


class Stopping(Cancelled):
    """the worker is stopping"""


class Place(Protocol):
    """Be where tasks run: says how far the present one is, and whether one could begin at once."""

    @property
    def progress(self) -> Progress | None:
        """Return how far the task is that runs, if that is known."""

    def is_ready(self, timeout_seconds: float) -> bool:
        """Say whether a task could begin at once, having waited a little for that."""


class Here:
    """Be this process: always ready."""

    progress: Progress | None = None

    def is_ready(self, timeout_seconds: float) -> bool:
        """Say that a task could begin."""
        return True


class Worker:
    """Run one task at a time. `name` must be nobody else's, now or before; it may be part of a path.

    `place` is where `run` runs a task, by default this process.
    """

    def __init__(
        self, name: str, store: JobStore, run: Run, lease_seconds: float = LEASE_SECONDS, place: Place | None = None
    ) -> None:
        self.name = name
        self.tasks_done = 0
        self._store = store
        self._run = run
        self._lease_seconds = lease_seconds
        self._place = place or Here()
        self._heart = Heart(store, lease_seconds, lambda: self._place.progress)
        self._stopping = False
        self._lock = Lock()
        self._killed: Counter[tuple[str, int, int]] = Counter()

    @property
    def current(self) -> str | None:
        """Return the file that is being measured, as far as it is known."""
        progress = self._place.progress
        return progress.file if progress is not None else None

    def run_once(self) -> bool:
        """Claim what is next, run and commit it; return False when there is nothing, or nothing can begin yet."""
        if not self._place.is_ready(IDLE_SECONDS):
            return False
        tasks = self._claimed()
        if tasks:
            self._run_claimed(tasks)
        return bool(tasks)

    def run_until(self, stop: Event) -> None:
        """Run tasks until the event is set; then stop the task that runs and put it back."""
        Thread(target=self._stop_after, args=(stop,), name="mien-stop", daemon=True).start()
        while not stop.is_set():
            try:
                found = self.run_once()
            except Exception:
                # The task, if there was one, is claimed again when its lease ends; this attempt counts.
                logger.exception("worker %s: a task could not be ended", self.name)
                stop.wait(AFTER_TROUBLE_SECONDS)
                continue
            if not found and not stop.is_set() and self._place.is_ready(IDLE_SECONDS):
                self._store.wait_for_work(IDLE_SECONDS)

    def _claimed(self) -> Sequence[Task]:
        return self._store.claim_many(self.name, self._lease_seconds, TASKS_AT_ONCE)

    def _run_claimed(self, tasks: Sequence[Task]) -> None:
        with self._lock:
            waiting = self._heart.hold(tasks)
            if self._stopping:
                self._heart.stop_all(Stopping())
        batch = _Batch(self._store, self._heart)
        try:
            with self._heart.beating():
                while waiting:
                    self._run_one(waiting.pop(0), batch)
        finally:
            for one in waiting:
                batch.put_back(one)
        batch.commit()

    def _may_run_again(self, task: Task) -> bool:
        place = (task.job_id, task.index, task.piece.number if task.piece else -1)
        if len(self._killed) > KILLED_REMEMBERED:
            self._killed.clear()
        self._killed[place] += 1
        return self._killed[place] <= KILLS_FROM_OUTSIDE

    def _run_one(self, one: HeldTask, batch: "_Batch") -> None:
        task = one.task
        logger.info("job %s, source %d: attempt %d begins", task.job_id, task.index, task.attempt)
        began = time.monotonic()
        self._heart.runs(one)
        try:
            one.cancellation.check()
            result = self._run(task, one.cancellation)
        except LeaseLost:
            _log_lost(task)
        except Stopping:
            batch.put_back(one)
        except Cancelled as cancelled:
            batch.add(one, Outcome(results="", usable=False, reason=cancelled.message))
        except TaskCrashed as crash:
            logger.warning("job %s, source %d: the task was stopped: %s", task.job_id, task.index, crash.message)
            if isinstance(crash, KilledFromOutside) and self._may_run_again(task):
                batch.put_back(one)
            else:
                batch.crashed(one, crash)
        except Exception:
            batch.commit()
            raise
        else:
            batch.add(one, result)
            self.tasks_done += 1
        finally:
            self._heart.runs(None)
            if not batch.holds(one):
                self._heart.let_go(one)
        if time.monotonic() - began > COMMIT_SECONDS or batch.has_waited(COMMIT_SECONDS):
            batch.commit()

    def _stop_after(self, stop: Event) -> None:
        stop.wait()
        with self._lock:
            self._stopping = True
            self._heart.stop_all(Stopping())


class _Batch:
    """Gather what became of tasks that were claimed together, and commit it in one transaction."""

    def __init__(self, store: JobStore, heart: Heart) -> None:
        self._store = store
        self._heart = heart
        self._ended: list[tuple[HeldTask, Outcome]] = []
        self._since = 0.0

    def add(self, one: HeldTask, result: Outcome | Split) -> None:
        """Take a result; a split is written at once, an outcome with those of its neighbours."""
        if isinstance(result, Split):
            self._let_go(one, lambda: self._store.split(one.task, result))
            return
        self._since = self._since if self._ended else time.monotonic()
        self._ended.append((one, result))

    def holds(self, one: HeldTask) -> bool:
        """Say whether a task's outcome is still to be committed."""
        return any(held is one for held, _ in self._ended)

    def has_waited(self, seconds: float) -> bool:
        """Say whether an outcome has waited this long."""
        return bool(self._ended) and time.monotonic() - self._since > seconds

    def commit(self) -> None:
        """Write all outcomes; those whose lease was lost are somebody else's by now."""
        ended, self._ended = self._ended, []
        if not ended:
            return
        for task in self._store.commit_many([(one.task, outcome) for one, outcome in ended]):
            _log_lost(task)
        for one, _ in ended:
            self._heart.let_go(one)

    def crashed(self, one: HeldTask, crash: TaskCrashed) -> None:
        """Put back a task that ended its process."""
        self._let_go(one, lambda: self._store.crashed(one.task, crash.suspect, crash.message))

    def put_back(self, one: HeldTask) -> None:
        """Put back a task that was not run to its end."""
        with suppress(Exception):  # its lease will end
            self._let_go(one, lambda: self._store.release(one.task))

    def _let_go(self, one: HeldTask, write: Callable[[], None]) -> None:
        try:
            write()
        except LeaseLost:
            _log_lost(one.task)
        finally:
            self._heart.let_go(one)


def _log_lost(task: Task) -> None:
    logger.warning("job %s, source %d: the lease was lost", task.job_id, task.index)
