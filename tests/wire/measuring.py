"""A worker for tests of the wire: real tasks of a real store, measured by rote, written as the engine writes them.

What a source gives follows from its name: `.png` is an image, `.wav` sound, `.mp4` both; `gone` cannot be fetched,
`slow` takes a moment, and a file whose bytes are `broken` cannot be decoded.
"""

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from zipfile import ZIP_DEFLATED, ZipFile

from mien.domain.errors import LeaseLost
from mien.domain.job import Outcome, Task
from mien.domain.media import MediaKind
from mien.domain.result import ItemFailure, ItemResult, ModelResult
from mien.domain.source import FileSource, TextSource
from mien.storage.blobs import BlobStore
from mien.storage.jobs import JobStore
from mien.wire.artifacts import table_path, top_directory
from mien.wire.predictions import failed_source, source_element
from mien.wire.requests import CONTRACT_MODELS
from mien.wire.tables import table
from tests.fakes_server import (
    FACE_HEADS,
    burst_prediction,
    burst_result,
    face_prediction,
    face_result,
    facemesh_result,
    language_result,
    mention_prediction,
    ner_result,
    prosody_result,
    speech_prediction,
    word_prediction,
)

KINDS = {"wav": MediaKind.AUDIO, "mp4": MediaKind.VIDEO}
MODELS = {
    MediaKind.IMAGE: ("face", "facemesh"),
    MediaKind.AUDIO: ("prosody", "burst", "language", "ner"),
    MediaKind.VIDEO: ("face", "facemesh", "prosody", "burst", "language", "ner"),
    MediaKind.TEXT: ("language", "ner"),
}
BROKEN = ItemFailure("broken.png", "file could not be decoded as image, audio, video or text")


class RoteWorker:
    """Work off tasks in a thread until stopped."""

    def __init__(self, jobs: JobStore, blobs: BlobStore) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._stopped = Event()
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> "RoteWorker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped.is_set():
            task = self._jobs.claim("rote", 60)
            if task is None:
                self._jobs.wait_for_work(0.2)
                continue
            with suppress(LeaseLost):  # the job was stopped or forgotten meanwhile
                self._jobs.commit(task, self._run(task))

    def _run(self, task: Task) -> Outcome:
        results = f"results/{task.job_id}/{task.index}-{task.attempt}"
        if "slow" in task.source.name:
            time.sleep(1.0)
        if "gone" in task.source.name:
            self._write(f"{results}/predictions.json", [failed_source(task.source, "could not download: HTTP 404")])
            return Outcome(results, num_errors=1, usable=False, reason="could not download: HTTP 404")
        if isinstance(task.source, FileSource) and self._blobs.read(task.source.upload).read() == b"broken":
            self._write(f"{results}/predictions.json", source_element(task.source, [], [BROKEN]))
            return Outcome(results, num_errors=1)
        items = list(measured(task))
        self._write(f"{results}/predictions.json", source_element(task.source, items))
        self._write(f"{results}/artifacts.zip", [artifacts(task, items)])
        return Outcome(results, num_predictions=sum(item.num_predictions for item in items))

    def _write(self, key: str, pieces: Iterator[bytes] | list[bytes]) -> None:
        with self._blobs.write(key) as stream:
            stream.writelines(pieces)


def measured(task: Task) -> Iterator[ItemResult]:
    names = [str(n) for n in range(1, len(task.source.texts) + 1)] if isinstance(task.source, TextSource) else []
    for name in names:
        yield ItemResult(name, MediaKind.TEXT, tuple(results(task, MediaKind.TEXT)))
    if not names:
        kind = KINDS.get(task.source.name.rpartition(".")[2], MediaKind.IMAGE)
        yield ItemResult(task.source.name, kind, tuple(results(task, kind)))


def results(task: Task, kind: MediaKind) -> Iterator[ModelResult]:
    for name in MODELS[kind]:
        if name in task.request.models:
            yield result(name, CONTRACT_MODELS[name].model_validate(task.request.models[name]).heads())


def result(name: str, heads: frozenset[str]) -> ModelResult:
    wanted = {head: labels for head, labels in FACE_HEADS.items() if head in heads}
    faces = [face_prediction(frame, track, wanted) for frame, track in ((0, "face_0"), (10, "face_0"), (10, "face_1"))]
    made = {
        "face": face_result(*faces),
        "facemesh": facemesh_result(faces[0]),
        "prosody": prosody_result(speech_prediction()),
        "burst": burst_result(burst_prediction()),
        "language": language_result(word_prediction("Good", 0), word_prediction("morning.", 5)),
        "ner": ner_result(mention_prediction("Paris", 10)),
    }
    return made[name]


def artifacts(task: Task, items: list[ItemResult]) -> bytes:
    alike = [source for source in task.request.sources()[: task.index] if source.type == task.source.type]
    top = top_directory(task.source, len(alike))
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for item in items:
            for one in item.models:
                archive.writestr(table_path(top, item.file, one.model), b"".join(table(one)))
    return buffer.getvalue()
