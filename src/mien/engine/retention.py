"""Forget jobs that were kept long enough, and delete the blobs and folders nobody needs any more."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Event

from mien.domain.errors import JobNotFound
from mien.storage.blobs import BlobStore
from mien.storage.jobs import Clock, JobStore

logger = logging.getLogger(__name__)

JOB_FOLDERS = ("uploads", "results", "working")
"""Where blobs lie under the id of their job."""

GARBAGE_SECONDS = 5.0
EXPIRE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 900.0
AT_ONCE = 200
_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class RetentionRules:
    """Say how many days after its end a job is kept, 0 for ever, and when blobs without a job are deleted.

    Uploads are deleted when their job has ended, unless `keep_uploads` says that they go with the job.
    """

    days: float = 30.0
    orphan_seconds: float = 3600.0
    keep_uploads: bool = False


class Retention:
    """Forget what is old and delete what is garbage; several may do so at once. `sweep` cleans the scratch folder."""

    def __init__(
        self, store: JobStore, blobs: BlobStore, rules: RetentionRules, clock: Clock, sweep: Callable[[], None]
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._rules = rules
        self._clock = clock
        self._sweep = sweep
        self._clean: set[str] = set()

    def run_until(self, stop: Event) -> None:
        """Do all of it again and again until the event is set."""
        between_orphans = min(LONGEST_PAUSE_SECONDS, self._rules.orphan_seconds / 4)
        steps = [
            _Step("old jobs", self.expire, EXPIRE_SECONDS),
            _Step("garbage", self.collect, GARBAGE_SECONDS),
            _Step("scratch folders", self._sweep, between_orphans),
            _Step("orphaned blobs", self.remove_orphans, between_orphans, time.monotonic() + between_orphans),
        ]
        while not stop.is_set():
            for step in steps:
                if not stop.is_set():
                    step.take_if_due()
            stop.wait(min(GARBAGE_SECONDS, between_orphans))

    def expire(self) -> None:
        """Forget the jobs that ended so many days ago."""
        if not self._rules.days:
            return
        before_ms = self._clock() - round(self._rules.days * 86_400_000)
        while forgotten := self._store.expire(before_ms, AT_ONCE):
            logger.info("%d jobs were older than %g days and are forgotten", forgotten, self._rules.days)

    def collect(self) -> None:
        """Delete the uploads of ended jobs and all blobs of forgotten ones; what cannot be deleted now stays listed."""
        failed: set[str] = set()
        while fresh := [prefix for prefix in self._store.garbage(AT_ONCE) if prefix not in failed]:
            for prefix in fresh:
                try:
                    if not self._is_kept(prefix):
                        self._blobs.delete(prefix)
                    self._store.collected(prefix)
                except Exception:
                    logger.exception("a blob could not be deleted, and will be tried again")
                    failed.add(prefix)

    def _is_kept(self, prefix: str) -> bool:
        top, _, job_id = prefix.partition("/")
        return self._rules.keep_uploads and top == "uploads" and bool(self._store.known([job_id]))

    def remove_orphans(self) -> None:
        """Delete blobs that belong to no job, and what a job that has ended needs no more, once they are old enough."""
        before_ms = self._clock() - round(self._rules.orphan_seconds * 1000)
        for top in JOB_FOLDERS:
            old = self._old(top, before_ms)
            while names := list(islice(old, AT_ONCE)):
                known = self._store.known(names)
                for job_id in names:
                    if job_id not in known:
                        self._remove(f"{top}/{job_id}")
                    elif top != "uploads":
                        self._tidy(top, job_id, before_ms)

    def _old(self, folder: str, before_ms: int) -> Iterator[str]:
        for name, written_ms in self._blobs.children(folder):
            if written_ms < before_ms and _JOB_ID.fullmatch(name):
                yield name

    def _tidy(self, top: str, job_id: str, before_ms: int) -> None:
        """Delete the working folder of a job that has ended, and results of attempts that were not committed."""
        if f"{top}/{job_id}" in self._clean:
            return
        try:
            job = self._store.get(job_id, None)
        except JobNotFound:
            return
        if job.ended_ms is None or job.ended_ms >= before_ms:
            return
        if top == "working":
            self._remove(f"{top}/{job_id}")
            return
        live = self._store.live_results(job_id)
        for place in self._attempts(f"{top}/{job_id}"):
            if not any(folder == place or folder.startswith(f"{place}/") for folder in live):
                self._remove(place)
        self._clean.add(f"{top}/{job_id}")

    def _attempts(self, folder: str) -> list[str]:
        sources = [f"{folder}/{name}" for name, _ in self._blobs.children(folder)]
        return [f"{source}/{name}" for source in sources for name, _ in self._blobs.children(source)]

    def _remove(self, prefix: str) -> None:
        logger.info("blobs that belong to nothing are deleted: %s", prefix)
        self._blobs.delete(prefix)


@dataclass
class _Step:
    name: str
    take: Callable[[], None]
    seconds: float
    due: float = 0.0

    def take_if_due(self) -> None:
        """Take the step if it is time; trouble is logged, and the step comes again."""
        if time.monotonic() < self.due:
            return
        try:
            self.take()
        except Exception:
            logger.exception("%s: trouble while cleaning up", self.name)
        self.due = time.monotonic() + self.seconds
