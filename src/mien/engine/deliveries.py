"""Send the callbacks that are due."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

from mien.delivery.callback import CallbackFailed, callback_body
from mien.domain.job import Job, Status
from mien.storage.blobs import BlobStore
from mien.storage.jobs import Callback, JobStore
from mien.wire.predictions import join_sources

logger = logging.getLogger(__name__)

Body = Callable[[], Iterator[bytes]]
Send = Callable[[str, Body], None]
LEASE_SECONDS = 300.0
IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0
CHUNK_BYTES = 64 * 1024


class Deliveries:
    """Send one due callback after another; several may run side by side, in threads or processes."""

    def __init__(self, store: JobStore, blobs: BlobStore, send: Send) -> None:
        self._store = store
        self._blobs = blobs
        self._send = send

    def run_until(self, stop: Event) -> None:
        """Send callbacks until the event is set."""
        while not stop.is_set():
            try:
                sent = self.deliver_once()
            except Exception:
                logger.exception("callbacks: trouble with the store")
                stop.wait(AFTER_TROUBLE_SECONDS)
                continue
            if not sent:
                self._store.wait_for_work(IDLE_SECONDS)

    def deliver_once(self) -> bool:
        """Send the callback that has been due longest; return False when there is none."""
        callback = self._store.due_callback(LEASE_SECONDS)
        if callback is None:
            return False
        reason = self._tried(callback)
        if reason is None:
            self._store.callback_sent(callback)
            return True
        logger.warning("job %s: callback attempt %d failed: %s", callback.job_id, callback.attempt, reason)
        self._store.callback_failed(callback, reason)
        return True

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
