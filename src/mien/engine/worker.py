"""Claim tasks, run them and commit what became of them."""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, LeaseLost
from mien.domain.job import Outcome, Task
from mien.engine.lease import kept_lease
from mien.storage.jobs import JobStore

logger = logging.getLogger(__name__)

Run = Callable[[Task, Cancellation], Outcome]
LEASE_SECONDS = 30.0
IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0


class Stopping(Cancelled):
    """the worker is stopping"""


class Worker:
    """Run one task at a time. `name` must be nobody else's, now or before; it may be part of a path."""

    def __init__(self, name: str, store: JobStore, run: Run, lease_seconds: float = LEASE_SECONDS) -> None:
        self._name = name
        self._store = store
        self._run = run
        self._lease_seconds = lease_seconds
        self._stopping = False
        self._current: Cancellation | None = None
        self._lock = Lock()

    def run_once(self) -> bool:
        """Claim a task, run and commit it; return False when there is none."""
        task = self._store.claim(self._name, self._lease_seconds)
        if task is None:
            return False
        logger.info("job %s, source %d: attempt %d begins", task.job_id, task.index, task.attempt)
        try:
            self._run_claimed(task)
        except LeaseLost:
            logger.warning("job %s, source %d: the lease was lost", task.job_id, task.index)
        return True

    def run_until(self, stop: Event) -> None:
        """Run tasks until the event is set; then stop the task that runs and put it back."""
        Thread(target=self._stop_after, args=(stop,), name="mien-stop", daemon=True).start()
        while not stop.is_set():
            try:
                found = self.run_once()
            except Exception:
                # The task, if there was one, is claimed again when its lease ends; this attempt counts.
                logger.exception("worker %s: a task could not be ended", self._name)
                stop.wait(AFTER_TROUBLE_SECONDS)
                continue
            if not found and not stop.is_set():
                self._store.wait_for_work(IDLE_SECONDS)

    def _run_claimed(self, task: Task) -> None:
        cancellation = self._watched()
        try:
            with kept_lease(self._store, task, cancellation, self._lease_seconds):
                outcome = self._run(task, cancellation)
        except Stopping:
            self._store.release(task)
            return
        except Cancelled as cancelled:
            outcome = Outcome(results="", usable=False, reason=cancelled.message)
        finally:
            self._current = None
        self._store.commit(task, outcome)

    def _watched(self) -> Cancellation:
        """Return a new cancellation that a stop will set; already set if the stop came first."""
        cancellation = Cancellation()
        with self._lock:
            self._current = cancellation
            if self._stopping:
                cancellation.cancel(Stopping())
        return cancellation

    def _stop_after(self, stop: Event) -> None:
        stop.wait()
        with self._lock:
            self._stopping = True
            if self._current is not None:
                self._current.cancel(Stopping())
