"""Measure local files in this process: the path without a queue and without a server."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Protocol

from mien import __version__
from mien.assembly import LocalParts, build_face_reader, build_local
from mien.domain.cancellation import Cancellation
from mien.domain.errors import InvalidRequest
from mien.domain.job import Task
from mien.domain.media import PICTURES
from mien.domain.request import InferenceRequest
from mien.domain.segment import FaceCrop
from mien.domain.source import FileSource, Source
from mien.engine.in_place import Steps, run_in_place
from mien.engine.task_parts import Report, no_report
from mien.intake.subtitles import paired
from mien.models.explanation import ExplainedScore
from mien.results.measured import Measured
from mien.settings import Settings, read_settings
from mien.wire.predictions import failed_source
from mien.wire.requests import parse_request

Models = Mapping[str, Mapping[str, Any]]
Paths = str | Path | Iterable[str | Path]


def analyze(path: Paths = (), *, texts: Sequence[str] = (), **models: Mapping[str, Any]) -> Measured:
    """Measure a file, an archive, a folder, or several of them, or texts, and return the predictions array.

    Each further keyword names a model and gives its options, as in a request: `analyze("a.mp4", face={"fps_pred": 1})`;
    without any, every installed model runs. The array has one element per file (a folder stands for its files) and one
    for all texts, which are its files `1`, `2`, …; elements are shaped like the predictions endpoint's. It is a list
    that can also turn into tables and pictures (`to_pandas`, `to_csv`, `plot`, `report` …). A file that cannot be
    measured has its reason in `errors`. Raises InvalidRequest for a model that is not installed, for a wrong option,
    and for a path that does not exist.
    """
    if isinstance(texts, str):
        raise InvalidRequest("texts: must be a list of texts, not one")
    files = files_of(path) if path or not texts else []
    with open_measurement(files, models or None, texts=texts) as measurement:
        return Measured(json.loads(measured.element) for measured in measurement)


def explain(
    path: str | Path, face: int | None = None, top: int = 5, model: str = "face", at: float = 0.0
) -> list[dict[str, Any]]:
    """Say which evidence moved the strongest expression scores of the faces in a picture, or in one frame of a film.

    Of a film it is the first frame with a face from `at` seconds on. Each element names a face (`face`, from the left,
    `time`, `box`) and has in `emotions` the `top` scores: `name`, `score`, `base` (the logit of a neutral face) and
    `evidence`, a list of `kind`, `name`, `seen` and `added` (what it adds to the logit), largest first. Base and all
    that was added make the logit of the score. `face` chooses one face. Raises InvalidRequest when there is no such
    model, file or face, and ItemError for a file that cannot be read.
    """
    reader = build_face_reader(read_settings())
    if model not in reader.explain:
        raise InvalidRequest(f"model {model!r} cannot be explained: it must be one of {', '.join(reader.explain)}")
    if not Path(path).is_file():
        raise InvalidRequest(f"{path}: no such file")
    with reader.open_media(Path(path)) as media:
        if media.kind not in PICTURES:
            raise InvalidRequest(f"{path}: only faces are explained, and a file of kind {media.kind} shows none")
        faces = _faces_of_one_frame(reader.faces(media), at)
    if not faces:
        raise InvalidRequest(f"{path}: no face was found" + (f" from second {at:g} on" if at else ""))
    if face is not None and not 0 <= face < len(faces):
        raise InvalidRequest(f"{path}: there is no face {face}, the last is {len(faces) - 1}")
    numbers = range(len(faces)) if face is None else [face]
    told = reader.explain[model](faces)
    return [_explained_face(number, faces[number], told[number][:top]) for number in numbers]


def _faces_of_one_frame(faces: Iterator[FaceCrop], at: float) -> list[FaceCrop]:
    chosen: list[FaceCrop] = []
    for face in faces:
        if chosen and face.frame != chosen[0].frame:
            break
        if face.time >= at:
            chosen.append(face)
    return chosen


def _explained_face(number: int, face: FaceCrop, scores: Sequence[ExplainedScore]) -> dict[str, Any]:
    emotions = [
        {
            "name": score.name,
            "score": score.score,
            "base": score.base,
            "evidence": [asdict(term) for term in score.terms],
        }
        for score in scores
    ]
    return {"face": number, "frame": face.frame, "time": face.time, "box": asdict(face.box), "emotions": emotions}


@dataclass(frozen=True)
class MeasuredFile:
    """Hold what one file gave: its element of the predictions array, and its tables as a zip where it has any.

    The zip can be read until the next file is asked for.
    """

    file: str
    element: bytes
    artifacts: BinaryIO | None


@dataclass(frozen=True)
class LocalFile:
    """Name a local file as results will: a lone file by its name, one of a folder by its path in it."""

    path: Path
    name: str


def files_of(paths: Paths) -> list[LocalFile]:
    """Return the files a user means: files as they are, folders as all their files but hidden ones, sorted.

    Subtitles of a recording among them go with it and are no file of their own.
    Raises InvalidRequest naming a path that does not exist or a folder without files.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files = [file for path in given for file in _files_of(Path(path))]
    subtitles = set(paired([file.path.absolute().as_posix() for file in files]).values())
    return [file for file in files if file.path.absolute().as_posix() not in subtitles]


def _files_of(path: Path) -> list[LocalFile]:
    if path.is_file():
        return [LocalFile(path, path.name)]
    if not path.is_dir():
        raise InvalidRequest(f"{path}: no such file or folder")
    inside = [(found.relative_to(path), found) for found in sorted(path.rglob("*")) if found.is_file()]
    shown = [
        LocalFile(found, (Path(path.resolve().name) / part).as_posix())
        for part, found in inside
        if not any(step.startswith(".") for step in part.parts)
    ]
    if not shown:
        raise InvalidRequest(f"{path}: the folder holds no files")
    return shown


class NamedSteps(Steps, Protocol):
    """Remember how far a source of this name is."""

    @property
    def name(self) -> str:
        """Return what sets its blobs apart from those of others."""


class Measurement:
    """Measure local files one after the other, each when it is asked for, then all texts; networks are loaded once."""

    def __init__(self, request: InferenceRequest, parts: LocalParts) -> None:
        self._sources = request.sources()
        self._request = request
        self._parts = parts
        self._passing: tuple[str, BinaryIO | None] | None = None

    @property
    def fingerprint(self) -> str:
        """Return what stands for all that decides on scores beside the file: options, version, networks, settings."""
        asked = self._request.model_dump(mode="json", include={"models", "transcription"})
        told = json.dumps([__version__, asked, *self._parts.deciding()], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def __iter__(self) -> Iterator[MeasuredFile]:
        return (self.measure(index) for index in range(len(self._sources)))

    def measure(self, index: int, report: Report = no_report, steps: NamedSteps | None = None) -> MeasuredFile:
        """Measure the file at this place of the list; `report` is told which file of an archive is next.

        With `steps`, a large file goes on where a process before has stopped, if the measurement's blobs were kept.
        """
        self.let_go()
        source, parts = self._sources[index], self._parts
        try:
            source = _with_checksum(source)
        except OSError as error:
            reason = f"{source.name}: {error.strerror or error}"
            return MeasuredFile(source.name, failed_source(source, reason), None)
        # What is remembered must be found again, also when the file's place in the list is another.
        job, place = (f"local-{steps.name}", 0) if steps else ("local", index)
        task = Task(job, place, source, self._request, worker="local", attempt=1)
        outcome = run_in_place(task, Cancellation(), parts.run, report, steps)
        with parts.blobs.read(f"{outcome.results}/predictions.json") as result:
            element = result.read()
        artifacts = f"{outcome.results}/artifacts.zip"
        opened = parts.blobs.read(artifacts) if parts.blobs.exists(artifacts) else None
        self._passing = (outcome.results, opened)
        return MeasuredFile(source.name, element, opened)

    def source(self, index: int) -> Source:
        """Return what the file at this place is called in results; its checksum is not known before it is measured."""
        return self._sources[index]

    def let_go(self) -> None:
        """Delete what the last measured file gave."""
        if self._passing is None:
            return
        results, opened = self._passing
        if opened is not None:
            opened.close()
        self._parts.blobs.delete(results)
        self._passing = None


@contextmanager
def open_measurement(
    files: Sequence[LocalFile],
    models: Models | None,
    settings: Settings | None = None,
    texts: Sequence[str] = (),
    pieces: Path | None = None,
) -> Iterator[Measurement]:
    """Offer the measurement of these files and texts; `pieces` is a folder that keeps what large files gave so far.

    Raises InvalidRequest before anything is measured when the models or their options are wrong.
    """
    if not files and not texts:
        raise InvalidRequest("no files were given")
    with TemporaryDirectory(prefix="mien-") as folder:
        parts = build_local(settings or read_settings(), Path(folder), pieces)
        measurement = Measurement(_request(files, texts, models, parts), parts)
        yield measurement
        measurement.let_go()


def _request(
    files: Sequence[LocalFile], texts: Sequence[str], models: Models | None, parts: LocalParts
) -> InferenceRequest:
    # Checksums are taken when a file's turn comes: thousands of films are not read twice before the first is measured.
    sources = tuple(
        FileSource(filename=file.name, content_type=None, md5sum="", upload=str(file.path.absolute())) for file in files
    )
    asked = {"models": models} | ({} if files else {"text": list(texts[:1])})
    checked = parse_request(asked, parts.options, sources[:1])
    return checked.model_copy(update={"files": sources, "texts": tuple(texts)})


def _with_checksum(source: Source) -> Source:
    if not isinstance(source, FileSource):
        return source
    with Path(source.upload).open("rb") as content:
        md5sum = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return source.model_copy(update={"md5sum": md5sum})
