"""Send the callbacks that are due."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from threading import BoundedSemaphore, Event, Thread

from mien.delivery.callback import CallbackFailed, callback_body
from mien.domain.job import Job, Status
from mien.storage.blobs import BlobStore
from mien.storage.jobs import Callback, JobStore
from mien.wire.predictions import join_sources

logger = logging.getLogger(__name__)

Body = Callable[[], Iterator[bytes]]
Send = Callable[[str, Body], None]
LEASE_SECONDS = 300.0
SENDERS = 8
IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0
CHUNK_BYTES = 64 * 1024


class Deliveries:
    """Send the callbacks that are due, up to `SENDERS` at a time, so that a slow receiver holds up no other."""

    def __init__(self, store: JobStore, blobs: BlobStore, send: Send) -> None:
        self._store = store
        self._blobs = blobs
        self._send = send

    def run_until(self, stop: Event) -> None:
        """Send callbacks until the event is set; those being sent then are due again when their lease ends."""
        free = BoundedSemaphore(SENDERS)
        while not stop.is_set():
            if not free.acquire(timeout=IDLE_SECONDS):
                continue
            callback = self._due(stop)
            if callback is None:
                free.release()
                continue
            Thread(target=self._send_one, args=(callback, free), name="mien-callback", daemon=True).start()

    def _due(self, stop: Event) -> Callback | None:
        try:
            callback = self._store.due_callback(LEASE_SECONDS)
        except Exception:
            logger.exception("callbacks: trouble with the store")
            stop.wait(AFTER_TROUBLE_SECONDS)
            return None
        if callback is None:
            self._store.wait_for_work(IDLE_SECONDS)
        return callback

    def _send_one(self, callback: Callback, free: BoundedSemaphore) -> None:
        try:
            self._deliver(callback)
        except Exception:
            logger.exception("job %s: what became of its callback could not be noted", callback.job_id)
        finally:
            free.release()

    def deliver_once(self) -> bool:
        """Send the callback that has been due longest; return False when there is none."""
        callback = self._store.due_callback(LEASE_SECONDS)
        if callback is None:
            return False
        self._deliver(callback)
        return True

    def _deliver(self, callback: Callback) -> None:
        reason = self._tried(callback)
        if reason is None:
            self._store.callback_sent(callback)
            return
        logger.warning("job %s: callback attempt %d failed: %s", callback.job_id, callback.attempt, reason)
        self._store.callback_failed(callback, reason)

    def _tried(self, callback: Callback) -> str | None:
        """Send one callback and return None, or why it did not arrive."""
        try:
            job = self._store.get(callback.job_id, callback.owner)
            self._send(callback.url, partial(callback_body, job, partial(self._predictions, job)))
        except CallbackFailed as error:
            return error.message
        except Exception:
            logger.exception("job %s: internal error in its callback", callback.job_id)
            return "internal error"
        return None

    def _predictions(self, job: Job) -> Iterator[bytes]:
        if job.status is not Status.COMPLETED:
            return join_sources(())
        return join_sources(self._blob(outcome.results) for outcome in self._store.outcomes(job.id))

    def _blob(self, results: str) -> Iterator[bytes]:
        with self._blobs.read(f"{results}/predictions.json") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
