"""Say what a job store does: take jobs, hand out tasks with a lease, record outcomes, remember callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mien.domain.job import Job, JobQuery, Outcome, Task

Clock = Callable[[], int]
"""Returns Unix milliseconds."""
Jobs = list[Job]
Outcomes = list[Outcome]


@dataclass(frozen=True)
class Callback:
    """Hold one callback that is due: whom to tell about which job. `attempt` counts from 1 and proves the lease."""

    job_id: str
    owner: str
    url: str
    attempt: int


class JobStore(Protocol):
    """Keep jobs and their tasks; every method may be called from many threads and processes at once.

    What `add` and `commit` have accepted survives a power cut. An owner of None means anybody's jobs.
    """

    def add(self, job: Job) -> None:
        """Keep a new job with a task per source. Raises QueueFull when too many jobs wait already."""

    def get(self, job_id: str, owner: str | None) -> Job:
        """Return one job. Raises JobNotFound, also for jobs of other owners and for malformed ids."""

    def list(self, owner: str | None, query: JobQuery) -> Jobs:
        """Return the jobs the query asks for, in its order."""

    def outcomes(self, job_id: str) -> Outcomes:
        """Return what became of the tasks that have ended, in the order of the sources."""

    def cancel(self, job_id: str, owner: str | None) -> None:
        """Drop the tasks that wait and ask those that run to stop; a final job stays as it is. Raises JobNotFound."""

    def claim(self, worker: str, lease_seconds: float) -> Task | None:
        """Lease the next task to a worker: one that waits, or one whose lease has ended. None when there is none."""

    def heartbeat(self, task: Task, lease_seconds: float) -> bool:
        """Renew the lease and return False when a cancel was asked. Raises LeaseLost."""

    def commit(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a task; the last one closes its job in the same transaction. Raises LeaseLost."""

    def release(self, task: Task) -> None:
        """Put the task back to wait, as if this attempt had not been. Raises LeaseLost."""

    def wait_for_work(self, timeout_seconds: float) -> None:
        """Return when something has changed since this thread last asked, or when the time is over."""

    def due_callback(self, lease_seconds: float) -> Callback | None:
        """Lease the callback that has been due longest; it is due again when the lease ends without an answer."""

    def callback_sent(self, callback: Callback) -> None:
        """Note that the callback arrived."""

    def callback_failed(self, callback: Callback, reason: str) -> None:
        """Note why the callback did not arrive; it is due again later, or given up after the last attempt."""
