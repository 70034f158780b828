"""Keep the lease of a task while it runs, and stop the task when the lease is lost or a cancel was asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, LeaseLost
from mien.domain.job import Task
from mien.storage.jobs import JobStore

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 3


@contextmanager
def kept_lease(store: JobStore, task: Task, cancellation: Cancellation, lease_seconds: float) -> Iterator[None]:
    """Renew the lease in a thread of its own until the block ends."""
    done = Event()

    def beat() -> None:
        while not done.wait(lease_seconds / BEATS_PER_LEASE):
            if not _renewed(store, task, cancellation, lease_seconds):
                return

    heart = Thread(target=beat, name="mien-heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()


def _renewed(store: JobStore, task: Task, cancellation: Cancellation, lease_seconds: float) -> bool:
    try:
        goes_on = store.heartbeat(task, lease_seconds)
    except LeaseLost as lost:
        cancellation.cancel(lost)
        return False
    except Exception:
        # A busy store is no reason to stop; if it stays so, somebody else gets the task and the commit says so.
        logger.exception("job %s, source %d: heartbeat failed", task.job_id, task.index)
        return True
    if not goes_on:
        cancellation.cancel(Cancelled())
    return True
