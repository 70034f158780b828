"""Tell many clients what becomes of jobs, from one thread that looks when the store changes."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from mien.domain.errors import JobNotFound
from mien.domain.job import Job, JobQuery, Status
from mien.storage.jobs import Clock, JobStore
from mien.wire.progress import brief_progress, progress_object, tagged_job

logger = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.2
LOOK_SECONDS = 1.0
AFTER_TROUBLE_SECONDS = 2.0
MOST_JOBS = 1000
MOST_MEASURED = 50
ACTIVE = frozenset({Status.QUEUED, Status.IN_PROGRESS})
FINAL = frozenset({Status.COMPLETED, Status.FAILED})


@dataclass(frozen=True)
class Told:
    """Hold one event: its name, `state`, `progress`, `deleted` or `end`, which job it is about, and its data."""

    name: str
    job_id: str
    data: dict[str, Any]


class Subscription:
    """Hold what one client has not been told yet; of several events of one name about a job it keeps the last."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._waiting: dict[tuple[str, str], Told] = {}
        self.closed = False

    async def next(self, timeout_seconds: float) -> list[Told]:
        """Return what there is to tell; nothing when the time is over or the watch has ended."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout_seconds)
        except TimeoutError:
            return []
        self._ready.clear()
        told, self._waiting = list(self._waiting.values()), {}
        return told

    def offer(self, events: list[Told]) -> None:
        """Take events, from any thread."""
        self._call(self._take, events)

    def close(self) -> None:
        """Let the client know that nothing more will come, from any thread."""
        self._call(self._end, None)

    def _call(self, what: Callable[[Any], None], given: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, given)
        except RuntimeError:
            # The loop has ended, and the client with it.
            return

    def _take(self, events: list[Told]) -> None:
        for told in events:
            self._waiting.pop((told.job_id, told.name), None)
            self._waiting[told.job_id, told.name] = told
        self._ready.set()

    def _end(self, _: Any) -> None:
        self.closed = True
        self._ready.set()


@dataclass
class Topic:
    """Hold what is watched, one job or all of an owner, who watches it, and what was told last."""

    owner: str
    job_id: str | None
    since_ms: int
    watchers: list[Subscription] = field(default_factory=list)
    latest: dict[tuple[str, str], Told] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


class Watch:
    """Look at what clients watch whenever the store has changed, each thing once however many watch it."""

    def __init__(self, jobs: JobStore, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._topics: dict[tuple[str, str | None], Topic] = {}
        self._lock = Lock()
        self._wanted = Event()
        self._thread: Thread | None = None
        self._closed = False

    def subscribe(self, owner: str, job_id: str | None, watcher: Subscription) -> None:
        """Tell a client how a job of this owner is, or all of them are, and then whatever changes. Blocks on the store.

        Raises JobNotFound.
        """
        if job_id is not None:
            self._jobs.get(job_id, owner)
        with self._lock:
            topic = self._topics.setdefault((owner, job_id), Topic(owner, job_id, self._clock()))
            topic.watchers.append(watcher)
            if topic.latest:
                watcher.offer(list(topic.latest.values()))
            self._look(topic)
            if self._closed:
                watcher.close()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="mien-watch", daemon=True)
                self._thread.start()
        self._wanted.set()

    def forget(self, owner: str, job_id: str | None, watcher: Subscription) -> None:
        """Stop telling a client."""
        with self._lock:
            topic = self._topics.get((owner, job_id))
            if topic is None or watcher not in topic.watchers:
                return
            topic.watchers.remove(watcher)
            if not topic.watchers:
                del self._topics[owner, job_id]

    def close(self) -> None:
        """End every subscription, those to come too. Takes no lock: it is called when a signal comes."""
        self._closed = True
        self._wanted.set()
        for topic in list(self._topics.values()):
            for watcher in list(topic.watchers):
                watcher.close()

    def _run(self) -> None:
        while not self._closed:
            self._wanted.wait()
            began = time.monotonic()
            try:
                self._jobs.wait_for_work(LOOK_SECONDS)
                self._look_at_all()
            except Exception:
                logger.exception("events: trouble with the store")
                time.sleep(AFTER_TROUBLE_SECONDS)
            time.sleep(max(0.0, SHORTEST_PAUSE_SECONDS - (time.monotonic() - began)))

    def _look_at_all(self) -> None:
        with self._lock:
            topics = list(self._topics.values())
            if not topics and not self._closed:
                self._wanted.clear()
        for topic in topics:
            with self._lock:
                if topic.watchers:
                    self._look(topic)

    def _look(self, topic: Topic) -> None:
        one = topic.job_id is not None
        seen = list(self._one(topic.owner, topic.job_id)) if topic.job_id is not None else self._all(topic)
        fresh = [told for told in seen if topic.latest.get((told.job_id, told.name)) != told]
        # What ended among all jobs was told once, and is not what those who come later must know first.
        topic.latest = {(told.job_id, told.name): told for told in seen if one or told.job_id in topic.active}
        for watcher in topic.watchers if fresh else ():
            watcher.offer(fresh)

    def _one(self, owner: str, job_id: str) -> Iterator[Told]:
        try:
            progress = self._jobs.progress(job_id, owner)
        except JobNotFound:
            yield from (Told("deleted", job_id, {"job_id": job_id}), _end(job_id))
            return
        yield Told("progress", job_id, progress_object(progress))
        yield _state(progress.job)
        if progress.job.status.final:
            yield _end(job_id)

    def _all(self, topic: Topic) -> list[Told]:
        active = self._jobs.list(topic.owner, JobQuery(limit=MOST_JOBS, statuses=ACTIVE))
        told = [_state(job) for job in active]
        running = [job.id for job in active if job.status is Status.IN_PROGRESS]
        told += [seen for job_id in running[:MOST_MEASURED] for seen in self._brief(topic.owner, job_id)]
        now = {job.id for job in active}
        told += self._ended(topic, topic.active - now)
        topic.active = now
        return told

    def _brief(self, owner: str, job_id: str) -> Iterator[Told]:
        try:
            yield Told("progress", job_id, brief_progress(self._jobs.progress(job_id, owner)))
        except JobNotFound:
            return

    def _ended(self, topic: Topic, gone: set[str]) -> Iterator[Told]:
        """Tell of jobs that are no longer active, and of those that came and ended between two looks."""
        query = JobQuery(limit=MOST_JOBS, statuses=FINAL, sort_by="ended")
        lately = [job for job in self._jobs.list(topic.owner, query) if (job.ended_ms or 0) >= topic.since_ms]
        yield from (_state(job) for job in lately if job.id not in topic.ended)
        topic.ended = {job.id for job in lately}
        for job_id in gone - topic.ended:
            try:
                yield _state(self._jobs.get(job_id, topic.owner))
            except JobNotFound:
                yield Told("deleted", job_id, {"job_id": job_id})


def _state(job: Job) -> Told:
    shown = tagged_job(job)
    return Told("state", job.id, {"job_id": job.id, "state": shown["state"], "tags": shown["tags"]})


def _end(job_id: str) -> Told:
    return Told("end", job_id, {"job_id": job_id})
