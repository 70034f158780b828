"""Put a worker together without loading what measures: that happens in the child it starts."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from mien.engine.attendance import Attendance, resident_bytes, take_back
from mien.engine.worker import Worker
from mien.intake.addresses import Reach, read_networks, read_ports
from mien.intake.dialling import guarded_dial
from mien.runtime.processors import usable_memory_bytes
from mien.sandbox.confinement import Confinement
from mien.sandbox.limits import Retirement, TaskLimits, TimeLimit
from mien.sandbox.sandbox import Sandbox, SandboxRules
from mien.sandbox.warm_child import ChildCommand, sweep_folders
from mien.settings import PREFIX, Settings
from mien.storage.database import Database
from mien.storage.database_choice import open_database
from mien.storage.jobs import WorkerReport
from mien.storage.sql_jobs import SqlJobStore

SHARE_OF_MEMORY = 0.8
"""What a task may take at most of the container's memory; the worker and the server need some, too."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def open_store(settings: Settings) -> Database:
    """Return the database behind jobs and keys; one per process lets its writes share their commits."""
    return open_database(settings.store_url)


def build_sandbox(settings: Settings) -> Sandbox:
    """Return the sandbox of a worker with its first child on the way, having swept up what killed workers left."""
    scratch = settings.scratch_folder.absolute()
    sweep_folders(scratch)
    threads = {name: str(settings.threads) for name in THREAD_VARIABLES if name not in os.environ}
    told = {f"{PREFIX}DATA": str(settings.data.absolute()), f"{PREFIX}SCRATCH": str(scratch)}
    command = ChildCommand(
        [sys.executable, "-m", "mien.cli.child"],
        scratch,
        threads | told,
        confinement_of(settings),
        guarded_dial(Reach(private=True, ports=None) if settings.proxy else reach_of(settings)),
    )
    sandbox = Sandbox(command, sandbox_rules(settings))
    sandbox.is_ready()
    return sandbox


def confinement_of(settings: Settings) -> Confinement | None:
    """Return what the process that decodes may still do; None where it is not to be, or cannot be, confined."""
    if not settings.confine or sys.platform != "linux":
        return None
    blobs = urlsplit(settings.blobs_url)
    local = blobs.scheme == "file"
    folders = (Path(unquote(blobs.path)).absolute(),) if local else ()
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    # What talks to a server of its own beside downloads, which are dialled for it.
    talks = not local or settings.transcription_url is not None or settings.otel_endpoint is not None
    return Confinement(folders, network=talks)


def reach_of(settings: Settings) -> Reach:
    """Return which addresses downloads and callbacks may contact. Raises InvalidRequest for malformed settings."""
    networks, ports = read_networks(settings.allow_networks), read_ports(settings.allow_ports)
    return Reach(settings.allow_private_addresses, networks, ports)


@dataclass(frozen=True)
class Staff:
    """Hold a worker and what reports of it."""

    worker: Worker
    attendance: Attendance


def build_staff(settings: Settings, sandbox: Sandbox) -> Staff:
    """Return a worker that runs its tasks in the sandbox, having taken back what dead ones of this machine held."""
    host, process = socket.gethostname(), os.getpid()
    store = SqlJobStore(open_store(settings))
    take_back(store)
    worker = Worker(f"{host}-{process}-{uuid4().hex[:8]}", store, sandbox.run, settings.lease_seconds, sandbox)

    def look() -> WorkerReport:
        return WorkerReport(
            worker.name,
            host,
            process,
            memory_bytes=resident_bytes() + sandbox.memory_bytes,
            threads=settings.threads,
            tasks_done=worker.tasks_done,
            current=worker.current,
        )

    return Staff(worker, Attendance(store, look))


def sandbox_rules(settings: Settings) -> SandboxRules:
    """Return what tasks may use and when their process is replaced."""
    most = int(SHARE_OF_MEMORY * usable_memory_bytes())
    limits = TaskLimits(
        memory_bytes=min(settings.task_memory_bytes, most),
        file_bytes=settings.task_file_bytes,
        processes=settings.task_processes,
        wall=TimeLimit(settings.task_seconds, settings.task_seconds_per_media_second),
        processor=TimeLimit(settings.task_processor_seconds, settings.task_processor_seconds_per_media_second),
    )
    return SandboxRules(limits, Retirement(settings.child_tasks, settings.child_memory_bytes))
