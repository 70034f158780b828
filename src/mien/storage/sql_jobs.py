"""Keep jobs, their tasks and the messages about them in a database."""

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from sqlalchemy import Connection, select

from mien.domain.errors import LeaseLost
from mien.domain.job import Job, JobProgress, JobQuery, Outcome, Progress, Split, Status, Task
from mien.domain.request import InferenceRequest
from mien.storage import (
    delivery_rows,
    endings,
    forgetting,
    job_rows,
    leases,
    progress_rows,
    splitting,
    submission,
    watching,
)
from mien.storage.database import Database, announce
from mien.storage.jobs import (
    Clock,
    Delivery,
    DeliveryLogs,
    Jobs,
    Names,
    Outcomes,
    QueueFigures,
    Tasks,
    WorkerReport,
    WorkerReports,
)
from mien.storage.schema import JOIN, jobs
from mien.storage.task_rows import Request, ended_pieces, to_task

MAX_QUEUED_JOBS = 500
REMEMBERED_REQUESTS = 16


def wall_clock_ms() -> int:
    """Return the time of day in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class SqlJobStore:
    """Keep jobs in the database; at most `max_queued_jobs` of them may wait to be started.

    `chance` gives numbers of 0…1 by which the waits between tries to deliver differ.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock = wall_clock_ms,
        max_queued_jobs: int = MAX_QUEUED_JOBS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._clock = clock
        self._max_queued_jobs = max_queued_jobs
        self._chance = chance
        self._requests = _Requests()

    def add(self, job: Job) -> str:
        """Keep a new job with a task per source and return its id; an earlier one's when it was submitted before.

        Raises QueueFull and IdempotencyConflict.
        """
        row, most = job_rows.job_row(job), self._max_queued_jobs
        return self._database.write(lambda connection: submission.add(connection, job, row, most, self._clock()))

    def get(self, job_id: str, owner: str | None) -> Job:
        """Return one job. Raises JobNotFound, also for jobs of other owners and for malformed ids."""
        return job_rows.to_job(self._database.read(lambda connection: job_rows.find(connection, job_id, owner)))

    def outcomes(self, job_id: str) -> Outcomes:
        """Return what became of the sources that have ended, in their order."""
        return self._database.read(lambda connection: job_rows.ended_outcomes(connection, job_id))

    def progress(self, job_id: str, owner: str | None) -> JobProgress:
        """Say how far a job is. Raises JobNotFound."""

        def look(connection: Connection) -> JobProgress:
            row = job_rows.find(connection, job_id, owner)
            return progress_rows.job_progress(
                job_rows.to_job(row), progress_rows.rows_of(connection, row.seq), self._clock()
            )

        return self._database.read(look)

    def tag(self, job_id: str, owner: str | None, tags: tuple[str, ...]) -> None:
        """Let these be the job's tags. Raises JobNotFound."""

        def change(connection: Connection) -> None:
            row = job_rows.find(connection, job_id, owner, lock=True)
            job_rows.set_tags(connection, row.seq, tags)

        self._database.write(change)

    def cancel(self, job_id: str, owner: str | None) -> None:
        """Drop the tasks that wait and ask those that run to stop; a final job stays as it is. Raises JobNotFound."""

        def drop(connection: Connection) -> None:
            row = job_rows.find(connection, job_id, owner, lock=True)
            if not Status(row.status).final:
                endings.drop_waiting(connection, row.seq, self._clock())
                announce(connection)

        self._database.write(drop)

    def delete(self, job_id: str, owner: str | None) -> None:
        """Forget a job at once and put its blobs on the garbage list; its leases are lost. Raises JobNotFound."""

        def forget(connection: Connection) -> None:
            row = job_rows.find(connection, job_id, owner, lock=True)
            forgetting.forget(connection, row, self._clock())
            announce(connection)

        self._database.write(forget)

    def claim(self, worker: str, lease_seconds: float) -> Task | None:
        """Lease the next task to a worker: one that waits, or one whose lease has ended. None when there is none."""
        return next(iter(self.claim_many(worker, lease_seconds, 1)), None)

    def claim_many(self, worker: str, lease_seconds: float, limit: int) -> Tasks:
        """Lease up to `limit` tasks of one job that are small together; no task when none waits."""
        # Idle workers look without taking the write lock.
        if not self._database.read(lambda connection: leases.is_work(connection, self._clock())):
            return []

        def claim(connection: Connection) -> Tasks:
            wanted = leases.Claim(worker, limit, self._clock(), self._after(lease_seconds))
            claimed = leases.claim(connection, wanted)
            return [] if claimed is None else self._tasks(connection, claimed, worker)

        # A power cut may forget a claim: the task then simply waits again.
        return self._database.write(claim, durable=False)

    def heartbeat(self, task: Task, lease_seconds: float, progress: Progress | None = None) -> bool:
        """Renew the lease, note how far the task is, return False when a cancel was asked. Raises LeaseLost."""
        return self._database.write(
            lambda connection: leases.renew(connection, task, self._after(lease_seconds), progress), durable=False
        )

    def commit(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a task; the last one closes its job in the same transaction. Raises LeaseLost."""
        if self.commit_many([(task, outcome)]):
            raise LeaseLost

    def commit_many(self, ended: Sequence[tuple[Task, Outcome]]) -> Tasks:
        """Record what became of several tasks in one transaction; return those whose lease was lost."""
        return self._database.write(lambda connection: endings.end_many(connection, ended, self._clock()))

    def split(self, task: Task, split: Split) -> None:
        """Let pieces wait in place of the task; they are numbered anew. Raises LeaseLost."""
        self._database.write(lambda connection: splitting.split(connection, task, split, self._clock()))

    def release(self, task: Task) -> None:
        """Put the task back to wait, as if this attempt had not been. Raises LeaseLost."""
        self._database.write(lambda connection: leases.release(connection, task, self._clock()))

    def crashed(self, task: Task, suspect: int | None, reason: str | None = None) -> None:
        """Put back a task that ended its process, perhaps at this file of the source. Raises LeaseLost."""
        crash = leases.Crash(suspect, reason)
        self._database.write(lambda connection: leases.crashed(connection, task, crash, self._clock()))

    def abandon(self, worker: str) -> None:
        """Let the leases of a worker end at once: its process is known to be gone."""
        self._database.write(lambda connection: leases.abandon(connection, worker, self._clock()), durable=False)

    def wait_for_work(self, timeout_seconds: float) -> None:
        """Return when something has changed since this thread last asked, or when the time is over."""
        self._database.wait_for_change(timeout_seconds)

    def due_delivery(self, lease_seconds: float) -> Delivery | None:
        """Lease the message that has been due longest; it is due again when the lease ends without an answer."""
        if not self._database.read(lambda connection: delivery_rows.is_due(connection, self._clock())):
            return None
        return self._database.write(
            lambda connection: delivery_rows.lease_due(connection, self._clock(), self._after(lease_seconds))
        )

    def delivery_sent(self, delivery: Delivery, answer: str = "delivered") -> None:
        """Note that the message arrived, and what was answered."""
        self._database.write(lambda connection: delivery_rows.note_sent(connection, delivery, answer, self._clock()))

    def delivery_failed(self, delivery: Delivery, reason: str, retry_after_seconds: float | None = None) -> None:
        """Note why the message did not arrive; it is due again later, or given up after the last attempt."""
        wait = delivery_rows.Wait(self._clock(), self._chance(), retry_after_seconds)
        self._database.write(lambda connection: delivery_rows.note_failed(connection, delivery, reason, wait))

    def deliveries(self, job_id: str, owner: str | None) -> DeliveryLogs:
        """Return what is known of the messages about a job. Raises JobNotFound."""
        return self._database.read(lambda connection: delivery_rows.log(connection, job_id, owner))

    def latest_deliveries(self, owner: str | None, limit: int) -> DeliveryLogs:
        """Return what is known of the messages about the jobs that were started last, the latest job first."""
        return self._database.read(lambda connection: delivery_rows.latest(connection, owner, limit))

    def redeliver(self, job_id: str, owner: str | None) -> int:
        """Let all messages about an ended job be due again; return how many there are. Raises JobNotFound."""
        return self._database.write(
            lambda connection: delivery_rows.redeliver(connection, job_id, owner, self._clock())
        )

    def expire(self, before_ms: int, limit: int) -> int:
        """Forget at most `limit` jobs that ended before this time, as `delete` does; return how many."""
        return self._database.write(lambda connection: forgetting.expire(connection, before_ms, limit, self._clock()))

    def garbage(self, limit: int) -> Names:
        """Return prefixes of blobs that may be deleted now; each comes again until it is `collected`."""
        return self._database.read(lambda connection: forgetting.due_garbage(connection, limit, self._clock()))

    def collected(self, prefix: str) -> None:
        """Note that the blobs under a prefix from `garbage` are deleted."""
        self._database.write(lambda connection: forgetting.collected(connection, prefix, self._clock()))

    def known(self, job_ids: Sequence[str]) -> set[str]:
        """Return which of these jobs exist."""
        return self._database.read(lambda connection: forgetting.known(connection, job_ids))

    def live_results(self, job_id: str) -> set[str]:
        """Return the folders that a job's committed tasks point at: results, and media kept for its pieces."""
        return self._database.read(lambda connection: forgetting.live_results(connection, job_id))

    def worker_seen(self, report: WorkerReport) -> None:
        """Note what a worker says of itself."""
        self._database.write(lambda connection: watching.note_worker(connection, report, self._clock()), durable=False)

    def workers(self) -> WorkerReports:
        """Return what was last heard of each worker, the latest first; those silent for an hour are left out."""
        return self._database.read(lambda connection: watching.workers_seen(connection, self._clock()))

    def figures(self) -> QueueFigures:
        """Return what is to be watched of the queue."""
        return self._database.read(lambda connection: watching.figures(connection, self._clock()))

    def list(self, owner: str | None, query: JobQuery) -> Jobs:
        """Return the jobs the query asks for, in its order."""
        selection = job_rows.listed(owner, query)
        rows = self._database.read(lambda connection: connection.execute(selection).all())
        return [job_rows.to_job(row) for row in rows]

    def _tasks(self, connection: Connection, claimed: leases.Claimed, worker: str) -> Tasks:
        request = self._requests.of(connection, claimed)
        return [
            to_task(
                row,
                claimed.job_id,
                worker,
                request,
                ended_pieces(connection, claimed.seq, row.position) if row.phase == JOIN else None,
            )
            for row in claimed.rows
        ]

    def _after(self, seconds: float) -> int:
        return self._clock() + round(seconds * 1000)


class _Requests:
    """Remember the requests of the jobs worked on last: reading one with thousands of sources takes a while."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, Request] = OrderedDict()
        self._lock = Lock()

    def of(self, connection: Connection, claimed: leases.Claimed) -> Request:
        """Return the request of the job these tasks belong to."""
        with self._lock:
            known = self._read.get(claimed.job_id)
        if known is not None:
            return known
        text = connection.execute(select(jobs.c.request).where(jobs.c.seq == claimed.seq)).scalar_one()
        request = InferenceRequest.model_validate_json(text)
        read = (request, request.sources())
        with self._lock:
            self._read[claimed.job_id] = read
            while len(self._read) > REMEMBERED_REQUESTS:
                self._read.popitem(last=False)
        return read
