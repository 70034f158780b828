"""An uploaded archive with sound and broken members goes through one worker; the broken ones are named."""

import io
import json
from hashlib import md5
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.job import Job, Outcome, Status, Task
from mien.domain.request import InferenceRequest
from mien.domain.source import FileSource
from mien.engine.run_task import run_task
from mien.engine.task_parts import TaskParts
from mien.engine.worker import Worker
from mien.intake.acquire import Acquirer
from mien.media.opening import open_media, text_media
from mien.media.png import encode_png
from mien.pipeline.analyze import Pipeline
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import open_database
from tests.fakes import FakeRuntime, RedModel, WholePicture


def picture(red: int) -> bytes:
    return encode_png(np.full((80, 80, 3), (red, 0, 0), np.uint8))


def an_archive() -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("faces/1.png", picture(250))
        archive.writestr("empty.png", b"")
        archive.writestr("half.png", picture(250)[:60])
        archive.writestr("2.png", picture(10))
        archive.writestr("__MACOSX/._2.png", b"junk")
    return out.getvalue()


def a_worker(store: SqlJobStore, blobs: FsspecBlobs, scratch: Path) -> Worker:
    parts = TaskParts(
        acquire=Acquirer(lambda key: blobs.local_path(key) or blobs.read(key)).acquire,
        open_media=lambda path, _, scratch, cancellation: open_media(path, scratch=scratch, cancellation=cancellation),
        text_media=text_media,
        analyze=Pipeline({"red": RedModel}, [WholePicture], FakeRuntime()).analyze,
        encode_png=encode_png,
        blobs=blobs,
        scratch=scratch,
    )

    def run(task: Task, cancellation: Cancellation) -> Outcome:
        return run_task(task, cancellation, parts)

    return Worker("w1", store, run)


def test_the_sound_members_are_measured_and_the_broken_ones_are_named(tmp_path: Path) -> None:
    content, blobs = an_archive(), FsspecBlobs(f"file://{tmp_path}/blobs")
    with blobs.write("uploads/1/0") as stream:
        stream.write(content)
    upload = FileSource(filename="album.zip", content_type=None, md5sum=md5(content).hexdigest(), upload="uploads/1/0")
    request = InferenceRequest(models={"red": {"save_faces": True}}, files=(upload,))
    job = Job(str(uuid4()), "ann", request, Status.QUEUED, wall_clock_ms())
    database = open_database(f"sqlite:///{tmp_path}/mien.db")
    store = SqlJobStore(database)
    store.add(job)

    assert a_worker(store, blobs, tmp_path / "scratch").run_once()

    ended, (outcome,) = store.get(job.id, "ann"), store.outcomes(job.id)
    database.close()
    assert (ended.status, ended.num_predictions, ended.num_errors) == (Status.COMPLETED, 2, 2)
    with blobs.read(f"{outcome.results}/predictions.json") as stream:
        results = json.load(stream)["results"]
    assert [entry["file"] for entry in results["predictions"]] == ["faces/1.png", "2.png"]
    assert [entry["file"] for entry in results["errors"]] == ["empty.png", "half.png"]
    with blobs.read(f"{outcome.results}/artifacts.zip") as stream, ZipFile(stream) as artifacts:
        assert artifacts.namelist() == [
            "file-0-album.zip/faces/faces/1.png/unknown/frame=0.png",
            "file-0-album.zip/csv/faces/1.png/red.csv",
            "file-0-album.zip/faces/2.png/unknown/frame=0.png",
            "file-0-album.zip/csv/2.png/red.csv",
        ]
