"""A place to run sources as a whole and in pieces: every part real but the networks, unless a pipeline is given."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Piece, PieceOutcome, Progress, Split, Task
from mien.domain.request import InferenceRequest
from mien.domain.source import FileSource, Source
from mien.engine.run_task import run_task
from mien.engine.task_parts import Splitting, TaskParts
from mien.intake.acquire import Acquirer
from mien.media.limits import MediaLimits
from mien.media.opening import open_media, text_media
from mien.media.png import encode_png
from mien.media.recordings import Recordings
from mien.pipeline.analyze import Pipeline
from mien.storage.fsspec_blobs import FsspecBlobs

JOB = "3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b"


class FarBlobs(FsspecBlobs):
    """Keep blobs as if they lay on another machine."""

    def local_path(self, key: str) -> Path | None:
        return None


@dataclass
class Workshop:
    """Run tasks over local files as several workers would; `pipeline` measures."""

    folder: Path
    pipeline: Pipeline
    piece_seconds: float = 300.0
    piece_files: float = 4.0
    told: list[tuple[Progress, int]] = field(default_factory=list)
    far: bool = False
    intake: Acquirer = field(default_factory=lambda: Acquirer(Path))

    @property
    def blobs(self) -> FsspecBlobs:
        return (FarBlobs if self.far else FsspecBlobs)(f"file://{self.folder}/blobs")

    def task(self, path: Path, models: dict[str, dict[str, Any]], **given: Any) -> Task:
        source: Source = FileSource(filename=path.name, content_type=None, md5sum="0" * 32, upload=str(path))
        request = InferenceRequest(models=models, files=(source,), **given)
        return Task(JOB, 0, source, request, "w1", 1)

    def parts(self, whole: bool = False) -> TaskParts:
        limits = MediaLimits()
        splitting = Splitting(
            self.intake,
            Recordings(limits),
            self.pipeline.needs,
            self.pipeline.stitching,
            piece_seconds=self.piece_seconds,
            piece_files=self.piece_files,
        )
        return TaskParts(
            self.intake.acquire,
            lambda path, subtitles, scratch, asked: open_media(path, limits, scratch, asked, subtitles),
            text_media,
            self.pipeline.analyze,
            encode_png,
            self.blobs,
            self.folder / "scratch",
            splitting=None if whole else splitting,
        )

    def step(self, task: Task) -> Outcome | Split:
        return run_task(
            task, Cancellation(), self.parts(), lambda progress, number: self.told.append((progress, number))
        )

    def whole(self, task: Task) -> Outcome:
        """Run the source as one task; the results lie beside those of the pieces."""
        outcome = run_task(replace(task, worker="whole"), Cancellation(), self.parts(whole=True))
        assert isinstance(outcome, Outcome)
        return outcome

    def split(self, task: Task, seed: int | None = None) -> tuple[Outcome, list[Piece]]:
        """Run the source in pieces, by several workers and in any order; return the outcome and the pieces."""
        found = self.step(task)
        assert isinstance(found, Split)
        ended = list(self.ended(task, found, seed))
        ended.sort(key=lambda one: (one.piece.first, one.piece.begin_seconds or 0.0, one.piece.number))
        joined = self.step(replace(task, joined=tuple(ended), kept=found.kept, attempt=2, worker="joiner"))
        assert isinstance(joined, Outcome)
        return joined, [one.piece for one in ended]

    def ended(self, task: Task, found: Split, seed: int | None = None) -> Iterator[PieceOutcome]:
        order = random.Random(seed)
        waiting = [replace(piece, number=number) for number, piece in enumerate(found.pieces)]
        made = len(waiting)
        while waiting:
            piece = waiting.pop(order.randrange(len(waiting)) if seed is not None else 0)
            worker = f"w{order.randrange(3)}"
            one = self.step(replace(task, piece=piece, kept=found.kept, worker=worker))
            if isinstance(one, Outcome):
                yield PieceOutcome(piece, one)
                continue
            waiting += [replace(part, number=made + number) for number, part in enumerate(one.pieces)]
            made += len(one.pieces)

    def element(self, outcome: Outcome) -> bytes:
        with self.blobs.read(f"{outcome.results}/predictions.json") as stream:
            return stream.read()

    def predictions(self, outcome: Outcome) -> Any:
        return json.loads(self.element(outcome))

    def artifacts(self, outcome: Outcome) -> dict[str, bytes]:
        with self.blobs.read(f"{outcome.results}/artifacts.zip") as stream, ZipFile(stream) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def artifact_bytes(self, outcome: Outcome) -> bytes:
        with self.blobs.read(f"{outcome.results}/artifacts.zip") as stream:
            return stream.read()
