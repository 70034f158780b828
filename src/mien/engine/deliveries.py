"""Send the callbacks and mails that are due."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from threading import BoundedSemaphore, Event, Thread

from mien.delivery.callback import Letter, NotDelivered, callback_body
from mien.domain.errors import JobNotFound
from mien.domain.job import Job, Status
from mien.domain.source import Source
from mien.storage.blobs import BlobStore
from mien.storage.jobs import Delivery, JobStore
from mien.wire.predictions import failed_source, join_sources

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
SENDERS = 8
IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0
CHUNK_BYTES = 64 * 1024
NO_MAIL_SERVER = "not sent: no mail server is set up"
INTERNAL_ERROR = "internal error"


@dataclass(frozen=True)
class Couriers:
    """Hold who carries what: `callback` posts a letter, `mail` writes a mail about a job to an address and sends it.

    Both raise NotDelivered. `mail` is None where no mail server is set up.
    """

    callback: Callable[[Letter], None]
    mail: Callable[[str, Job], None] | None = None


class Deliveries:
    """Send what is due, up to `SENDERS` at a time, so that a slow receiver holds up no other."""

    def __init__(self, store: JobStore, blobs: BlobStore, couriers: Couriers) -> None:
        self._store = store
        self._blobs = blobs
        self._couriers = couriers

    def run_until(self, stop: Event) -> None:
        """Send messages until the event is set; those being sent then are due again when their lease ends."""
        free = BoundedSemaphore(SENDERS)
        while not stop.is_set():
            if not free.acquire(timeout=IDLE_SECONDS):
                continue
            delivery = self._due(stop)
            if delivery is None:
                free.release()
                continue
            Thread(target=self._send_one, args=(delivery, free), name="mien-delivery", daemon=True).start()

    def _due(self, stop: Event) -> Delivery | None:
        try:
            delivery = self._store.due_delivery(LEASE_SECONDS)
        except Exception:
            logger.exception("deliveries: trouble with the store")
            stop.wait(AFTER_TROUBLE_SECONDS)
            return None
        if delivery is None:
            self._store.wait_for_work(IDLE_SECONDS)
        return delivery

    def _send_one(self, delivery: Delivery, free: BoundedSemaphore) -> None:
        try:
            self._deliver(delivery)
        except Exception:
            logger.exception("job %s: what became of its %s could not be noted", delivery.job_id, delivery.kind)
        finally:
            free.release()

    def deliver_once(self) -> bool:
        """Send the message that has been due longest; return False when there is none."""
        delivery = self._store.due_delivery(LEASE_SECONDS)
        if delivery is None:
            return False
        self._deliver(delivery)
        return True

    def _deliver(self, delivery: Delivery) -> None:
        try:
            answer = self._carried(delivery)
        except JobNotFound:
            # It was deleted in the meantime, and its messages with it.
            return
        except NotDelivered as error:
            self._failed(delivery, error.message, error.retry_after_seconds)
            return
        except Exception:
            logger.exception("job %s: internal error in its %s", delivery.job_id, delivery.kind)
            self._failed(delivery, INTERNAL_ERROR, None)
            return
        logger.info("job %s: %s attempt %d: %s", delivery.job_id, delivery.kind, delivery.attempt, answer)
        self._store.delivery_sent(delivery, answer)

    def _failed(self, delivery: Delivery, reason: str, retry_after_seconds: float | None) -> None:
        told = (delivery.job_id, delivery.kind, delivery.attempt, reason)
        logger.warning("job %s: %s attempt %d failed: %s", *told)
        self._store.delivery_failed(delivery, reason, retry_after_seconds)

    def _carried(self, delivery: Delivery) -> str:
        """Send one message and return what is noted of it. Raises NotDelivered."""
        job = self._store.get(delivery.job_id, delivery.owner)
        if delivery.kind == "callback":
            body = partial(callback_body, job, partial(self._predictions, job))
            self._couriers.callback(Letter(delivery.address, f"msg_{job.id}", body))
            return "delivered"
        if self._couriers.mail is None:
            return NO_MAIL_SERVER
        self._couriers.mail(delivery.address, job)
        return "handed to the mail server"

    def _predictions(self, job: Job) -> Iterator[bytes]:
        if job.status is not Status.COMPLETED:
            return join_sources(())
        sources = zip(job.request.sources(), self._store.outcomes(job.id), strict=True)
        return join_sources(self._element(source, outcome.results, outcome.reason) for source, outcome in sources)

    def _element(self, source: Source, results: str, reason: str | None) -> Iterator[bytes]:
        if not results:
            yield failed_source(source, reason or INTERNAL_ERROR)
            return
        with self._blobs.read(f"{results}/predictions.json") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk


def mail_by(
    write: Callable[[str, Job, str | None], EmailMessage], send: Callable[[EmailMessage], None], public_url: str | None
) -> Callable[[str, Job], None]:
    """Return what mails about a job, with a link to it if the server has a public address."""
    base = public_url.rstrip("/") if public_url else None

    def mail(address: str, job: Job) -> None:
        send(write(address, job, f"{base}/v0/batch/jobs/{job.id}" if base else None))

    return mail
