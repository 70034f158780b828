"""Measured results and a store in memory, for tests of the HTTP door and its shapes."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO, cast

import numpy as np
from starlette.testclient import TestClient

from mien.domain.errors import JobNotFound, QueueFull
from mien.domain.job import Job, JobProgress, JobQuery, Outcome, SourceProgress, Status
from mien.domain.labels import (
    BURST_DESCRIPTIONS,
    EMOTIONS_48,
    EMOTIONS_53,
    FACE_DESCRIPTIONS,
    FACS,
    SENTIMENT,
    TOXICITY,
    Heads,
    Labels,
)
from mien.domain.network import Floats
from mien.domain.request import FacemeshOptions, FaceOptions, Options
from mien.domain.result import ModelResult, Prediction, SpeechMetadata
from mien.domain.segment import (
    Box,
    EntityMention,
    FaceCrop,
    Position,
    SoundSegment,
    SpeechSegment,
    TextSegment,
    TimeSpan,
)
from mien.server.app import build_app
from mien.server.parts import Entry, Inside, Limits, ServerParts, TableMaking
from mien.storage.jobs import DeliveryLog, Jobs, JobStore, Outcomes, QueueFigures, WorkerReport
from mien.storage.keys import KeyOptions, KeyRecord, Scope

FACE_HEADS: Heads = {"emotions": EMOTIONS_48, "facs": FACS, "descriptions": FACE_DESCRIPTIONS}
BURST_HEADS: Heads = {"emotions": EMOTIONS_48, "descriptions": BURST_DESCRIPTIONS}
LANGUAGE_HEADS: Heads = {"emotions": EMOTIONS_53, "sentiment": SENTIMENT, "toxicity": TOXICITY}


def row(labels: Labels) -> Floats:
    """Return scores that tell their labels apart: 0.000, 0.001, 0.002, …"""
    return np.arange(len(labels), dtype=np.float32) / 1000


def face_prediction(frame: int = 0, track: str = "unknown", heads: Heads = FACE_HEADS) -> Prediction:
    crop = FaceCrop(
        track=track,
        frame=frame,
        time=frame / 30,
        prob=0.9993,
        box=Box(120.5, 80.25, 210.0, 260.75),
        mesh=np.zeros((468, 3), np.float32),
        crop=np.zeros((4, 4, 3), np.uint8),
        picture=np.zeros((5, 4, 3), np.uint8),
    )
    return Prediction(crop, {head: row(labels) for head, labels in heads.items()})


def speech_prediction(text: str | None = "Good morning.") -> Prediction:
    segment = SpeechSegment(
        text=text,
        time=TimeSpan(0.41, 1.37),
        confidence=0.97,
        speaker_confidence=None,
        samples=np.zeros(8, np.float32),
    )
    return Prediction(segment, {"emotions": row(EMOTIONS_48)})


def word_prediction(text: str, begin: int) -> Prediction:
    segment = TextSegment(text=text, position=Position(begin, begin + len(text)))
    return Prediction(segment, {"emotions": row(EMOTIONS_53)})


def burst_prediction() -> Prediction:
    burst = SoundSegment(time=TimeSpan(2.0, 3.0), samples=np.zeros(4, np.float32))
    return Prediction(burst, {head: row(labels) for head, labels in BURST_HEADS.items()})


def mention_prediction(entity: str, begin: int) -> Prediction:
    mention = EntityMention(
        entity=entity,
        position=Position(begin, begin + len(entity)),
        entity_confidence=0.8,
        support=1234.0,
        uri=f"https://example.org/wiki/{entity}",
        link_word=entity,
    )
    return Prediction(mention, {"emotions": row(EMOTIONS_53)})


def facemesh_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("facemesh", {"emotions": EMOTIONS_48}, predictions)


def burst_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("burst", BURST_HEADS, predictions)


def ner_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("ner", {"emotions": EMOTIONS_53}, predictions)


def face_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("face", FACE_HEADS, predictions)


def prosody_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("prosody", {"emotions": EMOTIONS_48}, predictions, SpeechMetadata(0.94, "en"))


def language_result(*predictions: Prediction) -> ModelResult:
    return ModelResult("language", LANGUAGE_HEADS, predictions)


class MemoryJobs:
    """Keep jobs in memory: what the HTTP door needs of a job store, and `finish` for what a worker would do."""

    def __init__(self, queue_limit: int = 500) -> None:
        self.kept: dict[str, Job] = {}
        self.ended: dict[str, list[Outcome]] = {}
        self.shares: dict[str, float] = {}
        self.log: list[DeliveryLog] = []
        self.seen: list[WorkerReport] = []
        self.told = QueueFigures()
        self.queue_limit = queue_limit
        self.changed = Event()
        self.looks = 0

    def add(self, job: Job) -> str:
        for other in self.kept.values():
            if job.idempotency_key and (other.owner, other.idempotency_key) == (job.owner, job.idempotency_key):
                return other.id
        if sum(other.status is Status.QUEUED for other in self.kept.values()) >= self.queue_limit:
            raise QueueFull
        self.kept[job.id] = job
        self.changed.set()
        return job.id

    def progress(self, job_id: str, owner: str | None) -> JobProgress:
        job = self.get(job_id, owner)
        self.looks += 1
        share = 1.0 if job.status.final else self.shares.get(job_id, 0.0)
        sources = tuple(
            SourceProgress(index, source.name, share, job.status) for index, source in enumerate(job.request.sources())
        )
        return JobProgress(job, share, 30.0 * (1 - share) if share else None, sources)

    def tag(self, job_id: str, owner: str | None, tags: tuple[str, ...]) -> None:
        self.kept[job_id] = replace(self.get(job_id, owner), tags=tags)

    def cancel(self, job_id: str, owner: str | None) -> None:
        if not self.get(job_id, owner).status.final:
            self.finish(job_id, status=Status.FAILED, message="job was cancelled")

    def delete(self, job_id: str, owner: str | None) -> None:
        del self.kept[self.get(job_id, owner).id]
        self.changed.set()

    def deliveries(self, job_id: str, owner: str | None) -> "list[DeliveryLog]":
        self.get(job_id, owner)
        return self.log

    def latest_deliveries(self, owner: str | None, limit: int) -> "list[DeliveryLog]":
        mine = [log for log in self.log if log.delivery.owner == owner]
        return mine[:limit]

    def redeliver(self, job_id: str, owner: str | None) -> int:
        return len(self.log)

    def figures(self) -> QueueFigures:
        return self.told

    def workers(self) -> "list[WorkerReport]":
        return self.seen

    def wait_for_work(self, timeout_seconds: float) -> None:
        self.changed.wait(timeout_seconds)
        self.changed.clear()

    def move(self, job_id: str, share: float) -> None:
        """Let a job run and be so far."""
        self.shares[job_id] = share
        self.kept[job_id] = replace(self.kept[job_id], status=Status.IN_PROGRESS, started_ms=1)
        self.changed.set()

    def get(self, job_id: str, owner: str | None) -> Job:
        job = self.kept.get(job_id)
        if job is None or job.owner != owner:
            raise JobNotFound
        return job

    def list(self, owner: str | None, query: JobQuery) -> Jobs:
        mine = [job for job in [*self.kept.values()] if job.owner == owner and query.tags <= {*job.tags}]
        wanted = [job for job in mine if not query.statuses or job.status in query.statuses]
        return sorted(wanted, key=lambda job: job.created_ms, reverse=query.direction == "desc")[: query.limit]

    def outcomes(self, job_id: str) -> Outcomes:
        return self.ended[job_id]

    def finish(self, job_id: str, *outcomes: Outcome, status: Status = Status.COMPLETED, **state: Any) -> None:
        self.ended[job_id] = [*outcomes]
        self.kept[job_id] = replace(self.kept[job_id], status=status, started_ms=2, ended_ms=10**6, **state)
        self.changed.set()


class MemoryBlobs:
    """Keep blobs in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    @contextmanager
    def write(self, key: str) -> Iterator[BinaryIO]:
        buffer = io.BytesIO()
        yield buffer
        self.kept[key] = buffer.getvalue()

    def read(self, key: str) -> BinaryIO:
        return io.BytesIO(self.kept[key])

    def exists(self, key: str) -> bool:
        return key in self.kept

    def delete(self, prefix: str) -> None:
        for key in [key for key in self.kept if key == prefix or key.startswith(f"{prefix}/")]:
            del self.kept[key]

    def children(self, prefix: str) -> Iterator[tuple[str, int]]:
        names = {key.removeprefix(f"{prefix}/").split("/")[0] for key in self.kept if key.startswith(f"{prefix}/")}
        yield from ((name, 0) for name in sorted(names))

    def local_path(self, key: str) -> Path | None:
        return None


class OneKey:
    """Know a single key, and count how often it is looked up."""

    def __init__(self, scopes: frozenset[Scope] = frozenset(Scope)) -> None:
        self.key = "good-key"
        self.record = KeyRecord("owner-1", "test", KeyOptions(scopes=scopes))
        self.asked = 0

    def create(self, owner: str, options: KeyOptions | None = None) -> str:
        return self.key

    def take_over(self, key: str, owner: str, options: KeyOptions | None = None) -> None:
        raise NotImplementedError

    def find(self, key: str) -> KeyRecord | None:
        self.asked += 1
        return self.record if key == self.key else None

    def list(self) -> Sequence[KeyRecord]:
        return [self.record]

    def revoke(self, key_id: str) -> KeyRecord:
        raise NotImplementedError

    def count(self) -> int:
        return 1


@dataclass
class Door:
    """Hold a server in this process, what lies behind it, and a client that knows the key."""

    client: TestClient
    jobs: MemoryJobs
    blobs: MemoryBlobs
    keys: OneKey


def open_door(
    limits: Limits | None = None,
    queue_limit: int = 500,
    inside: Inside | None = None,
    scopes: frozenset[Scope] = frozenset(Scope),
    entry: Entry = Entry(),
    tables: TableMaking | None = None,
) -> Door:
    jobs, blobs, keys = MemoryJobs(queue_limit), MemoryBlobs(), OneKey(scopes)
    models: dict[str, type[Options]] = {"face": FaceOptions, "facemesh": FacemeshOptions}
    ticks = count(1)
    parts = ServerParts(
        jobs=cast(JobStore, jobs), keys=keys, blobs=blobs, models=models, clock=lambda: next(ticks),
        limits=limits or Limits(), inside=inside or Inside(), entry=entry, tables=tables,
    )  # fmt: skip
    client = TestClient(build_app(parts), headers={"X-Hume-Api-Key": keys.key}, raise_server_exceptions=False)
    return Door(client, jobs, blobs, keys)
