"""Say what a job store does: take jobs, hand out tasks with a lease, record outcomes, remember whom to tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mien.domain.job import Job, JobProgress, JobQuery, Outcome, Progress, Split, Task

Clock = Callable[[], int]
"""Returns Unix milliseconds."""
Jobs = list[Job]
Tasks = list[Task]
Names = list[str]
Outcomes = list[Outcome]

DeliveryKind = Literal["callback", "mail"]


@dataclass(frozen=True)
class Delivery:
    """Hold one message that is due: whom to tell, and how, about which job.

    `address` is the URL of a callback or the address of a mail. `attempt` counts from 1 and proves the lease.
    """

    job_id: str
    owner: str
    kind: DeliveryKind
    address: str
    attempt: int


@dataclass(frozen=True)
class DeliveryAttempt:
    """Hold one try to deliver: when it began, how long it took and what came of it; both None while it runs."""

    at_ms: int
    milliseconds: int | None
    outcome: str | None


@dataclass(frozen=True)
class DeliveryLog:
    """Hold what is known of one message: its state `due`, `sent` or `given up`, when it is due, and every attempt."""

    delivery: Delivery
    state: str
    due_ms: int
    attempts: tuple[DeliveryAttempt, ...]


@dataclass(frozen=True)
class WorkerReport:
    """Hold what a worker says of itself; `current` is the file it measures. The store fills in `seen_ms`."""

    name: str
    host: str
    pid: int
    memory_bytes: int = 0
    device: str = "cpu"
    threads: int = 1
    tasks_done: int = 0
    current: str | None = None
    seen_ms: int = 0


@dataclass(frozen=True)
class QueueFigures:
    """Hold what is to be watched of a queue. `task_seconds` maps upper bounds to how many tasks took so long or less.

    `lease_expiries`, `crashes`, `quarantines` and the task seconds count from the making of the database on.
    """

    queued_jobs: int = 0
    queued_tasks: int = 0
    running_tasks: int = 0
    oldest_wait_seconds: float = 0.0
    lease_expiries: int = 0
    crashes: int = 0
    quarantines: int = 0
    deliveries_due: int = 0
    deliveries_failed: int = 0
    task_seconds_sum: float = 0.0
    task_seconds: dict[float, int] = field(default_factory=dict)


DeliveryLogs = list[DeliveryLog]
WorkerReports = list[WorkerReport]


class JobStore(Protocol):
    """Keep jobs and their tasks; every method may be called from many threads and processes at once.

    What `add`, `commit` and `split` have accepted survives a power cut. An owner of None means anybody's jobs.
    """

    def add(self, job: Job) -> str:
        """Keep a new job with a task per source and return its id; an earlier one's when it was submitted before.

        Raises QueueFull when too many jobs wait already, IdempotencyConflict when its `idempotency_key` was sent with
        another request.
        """

    def get(self, job_id: str, owner: str | None) -> Job:
        """Return one job. Raises JobNotFound, also for jobs of other owners and for malformed ids."""

    def list(self, owner: str | None, query: JobQuery) -> Jobs:
        """Return the jobs the query asks for, in its order."""

    def outcomes(self, job_id: str) -> Outcomes:
        """Return what became of the sources that have ended, in their order."""

    def progress(self, job_id: str, owner: str | None) -> JobProgress:
        """Say how far a job is. Raises JobNotFound."""

    def tag(self, job_id: str, owner: str | None, tags: tuple[str, ...]) -> None:
        """Let these be the job's tags. Raises JobNotFound."""

    def cancel(self, job_id: str, owner: str | None) -> None:
        """Drop the tasks that wait and ask those that run to stop; a final job stays as it is. Raises JobNotFound."""

    def delete(self, job_id: str, owner: str | None) -> None:
        """Forget a job at once and put its blobs on the garbage list; its leases are lost. Raises JobNotFound."""

    def claim(self, worker: str, lease_seconds: float) -> Task | None:
        """Lease the next task to a worker: one that waits, or one whose lease has ended. None when there is none."""

    def claim_many(self, worker: str, lease_seconds: float, limit: int) -> Tasks:
        """Lease up to `limit` tasks of one job that are small together; no task when none waits."""

    def heartbeat(self, task: Task, lease_seconds: float, progress: Progress | None = None) -> bool:
        """Renew the lease, note how far the task is, return False when a cancel was asked. Raises LeaseLost."""

    def commit(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a task; the last one closes its job in the same transaction. Raises LeaseLost."""

    def commit_many(self, ended: Sequence[tuple[Task, Outcome]]) -> Tasks:
        """Record what became of several tasks in one transaction; return those whose lease was lost."""

    def split(self, task: Task, split: Split) -> None:
        """Let pieces wait in place of the task; they are numbered anew. Raises LeaseLost.

        When all pieces of a source have ended, it waits again, to be joined. A piece may be split, too: what it leaves
        in `kept` is used by its pieces, else what it was given itself.
        """

    def release(self, task: Task) -> None:
        """Put the task back to wait, as if this attempt had not been. Raises LeaseLost."""

    def crashed(self, task: Task, suspect: int | None, reason: str | None = None) -> None:
        """Put back a task that ended its process, perhaps by this file of the source, and count it; say how it ended.

        Raises LeaseLost.
        """

    def abandon(self, worker: str) -> None:
        """Let the leases of a worker end at once: its process is known to be gone."""

    def wait_for_work(self, timeout_seconds: float) -> None:
        """Return when something has changed since this thread last asked, or when the time is over."""

    def due_delivery(self, lease_seconds: float) -> Delivery | None:
        """Lease the message that has been due longest; it is due again when the lease ends without an answer."""

    def delivery_sent(self, delivery: Delivery, answer: str = "delivered") -> None:
        """Note that the message arrived, and what was answered."""

    def delivery_failed(self, delivery: Delivery, reason: str, retry_after_seconds: float | None = None) -> None:
        """Note why the message did not arrive; it is due again later, or given up after the last attempt."""

    def deliveries(self, job_id: str, owner: str | None) -> DeliveryLogs:
        """Return what is known of the messages about a job. Raises JobNotFound."""

    def latest_deliveries(self, owner: str | None, limit: int) -> DeliveryLogs:
        """Return what is known of the messages about the jobs that were started last, the latest job first."""

    def redeliver(self, job_id: str, owner: str | None) -> int:
        """Let all messages about an ended job be due again; return how many there are. Raises JobNotFound."""

    def expire(self, before_ms: int, limit: int) -> int:
        """Forget at most `limit` jobs that ended before this time, as `delete` does; return how many."""

    def garbage(self, limit: int) -> Names:
        """Return prefixes of blobs that may be deleted now; each comes again until it is `collected`."""

    def collected(self, prefix: str) -> None:
        """Note that the blobs under a prefix from `garbage` are deleted."""

    def known(self, job_ids: Sequence[str]) -> set[str]:
        """Return which of these jobs exist."""

    def live_results(self, job_id: str) -> set[str]:
        """Return the folders that a job's committed tasks point at: results, and media kept for its pieces."""

    def worker_seen(self, report: WorkerReport) -> None:
        """Note what a worker says of itself."""

    def workers(self) -> WorkerReports:
        """Return what was last heard of each worker, the latest first; those silent for an hour are left out."""

    def figures(self) -> QueueFigures:
        """Return what is to be watched of the queue."""
