"""Keep jobs, tasks and callbacks in a database."""

import time

from sqlalchemy import Connection

from mien.domain.errors import QueueFull
from mien.domain.job import Job, JobQuery, Outcome, Status, Task
from mien.domain.request import InferenceRequest
from mien.storage import callback_rows, endings, job_rows, leases
from mien.storage.database import Database
from mien.storage.jobs import Callback, Clock, Jobs, Outcomes

MAX_QUEUED_JOBS = 500


def wall_clock_ms() -> int:
    """Return the time of day in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class SqlJobStore:
    """Keep jobs in the database; at most `max_queued_jobs` of them may wait to be started."""

    def __init__(
        self, database: Database, clock: Clock = wall_clock_ms, max_queued_jobs: int = MAX_QUEUED_JOBS
    ) -> None:
        self._database = database
        self._clock = clock
        self._max_queued_jobs = max_queued_jobs

    def add(self, job: Job) -> None:
        """Keep a new job with a task per source. Raises QueueFull when too many jobs wait already."""
        row = job_rows.job_row(job)

        def insert_if_room(connection: Connection) -> None:
            if job_rows.count_queued(connection) >= self._max_queued_jobs:
                raise QueueFull(f"{self._max_queued_jobs} jobs are queued; try again later")
            job_rows.insert_job(connection, row)

        self._database.write(insert_if_room)

    def get(self, job_id: str, owner: str | None) -> Job:
        """Return one job. Raises JobNotFound, also for jobs of other owners and for malformed ids."""
        return job_rows.to_job(self._database.read(lambda connection: job_rows.find(connection, job_id, owner)))

    def outcomes(self, job_id: str) -> Outcomes:
        """Return what became of the tasks that have ended, in the order of the sources."""
        return self._database.read(lambda connection: job_rows.ended_outcomes(connection, job_id))

    def cancel(self, job_id: str, owner: str | None) -> None:
        """Drop the tasks that wait and ask those that run to stop; a final job stays as it is. Raises JobNotFound."""

        def drop(connection: Connection) -> None:
            row = job_rows.find(connection, job_id, owner)
            if not Status(row.status).final:
                endings.drop_waiting(connection, row.seq, self._clock())

        self._database.write(drop)

    def claim(self, worker: str, lease_seconds: float) -> Task | None:
        """Lease the next task to a worker: one that waits, or one whose lease has ended. None when there is none."""
        # Idle workers look without taking the write lock.
        if not self._database.read(lambda connection: leases.is_work(connection, self._clock())):
            return None
        # A power cut may forget a claim: the task then simply waits again.
        row = self._database.write(
            lambda connection: leases.claim(connection, worker, self._clock(), self._after(lease_seconds)),
            durable=False,
        )
        if row is None:
            return None
        request = InferenceRequest.model_validate_json(row.request)
        return Task(row.id, row.position, request.sources()[row.position], request, worker, row.attempt)

    def heartbeat(self, task: Task, lease_seconds: float) -> bool:
        """Renew the lease and return False when a cancel was asked. Raises LeaseLost."""
        return self._database.write(
            lambda connection: leases.renew(connection, task, self._after(lease_seconds)), durable=False
        )

    def commit(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a task; the last one closes its job in the same transaction. Raises LeaseLost."""

        def end(connection: Connection) -> None:
            job = leases.change_held(connection, task, endings.ended_task(outcome))
            endings.count_ended(connection, job.seq, outcome, self._clock())

        self._database.write(end)

    def release(self, task: Task) -> None:
        """Put the task back to wait, as if this attempt had not been. Raises LeaseLost."""
        self._database.write(lambda connection: leases.release(connection, task, self._clock()))

    def wait_for_work(self, timeout_seconds: float) -> None:
        """Return when something has changed since this thread last asked, or when the time is over."""
        self._database.wait_for_change(timeout_seconds)

    def due_callback(self, lease_seconds: float) -> Callback | None:
        """Lease the callback that has been due longest; it is due again when the lease ends without an answer."""
        if not self._database.read(lambda connection: callback_rows.is_due(connection, self._clock())):
            return None
        return self._database.write(
            lambda connection: callback_rows.lease_due(connection, self._clock(), self._after(lease_seconds))
        )

    def callback_sent(self, callback: Callback) -> None:
        """Note that the callback arrived."""
        self._database.write(lambda connection: callback_rows.note_sent(connection, callback))

    def callback_failed(self, callback: Callback, reason: str) -> None:
        """Note why the callback did not arrive; it is due again later, or given up after the last attempt."""
        self._database.write(lambda connection: callback_rows.note_failed(connection, callback, reason, self._clock()))

    def list(self, owner: str | None, query: JobQuery) -> Jobs:
        """Return the jobs the query asks for, in its order."""
        selection = job_rows.listed(owner, query)
        rows = self._database.read(lambda connection: connection.execute(selection).all())
        return [job_rows.to_job(row) for row in rows]

    def _after(self, seconds: float) -> int:
        return self._clock() + round(seconds * 1000)
