"""A server on loopback over real stores, for tests that come over HTTP."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import uvicorn

from mien.results.stored_rows import write_stored_tables
from mien.server.app import build_app
from mien.server.listening import address, bind, configuration
from mien.server.parts import Inside, Limits, Sample, ServerParts, TableMaking
from mien.server.patience import Patience
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.keys import KeyOptions, Scope, SqlKeyStore
from mien.storage.sql_jobs import SqlJobStore, wall_clock_ms
from mien.storage.sqlite_database import SqliteDatabase
from mien.wire.requests import CONTRACT_MODELS
from tests.wire.measuring import RoteWorker


@dataclass(frozen=True)
class Running:
    """Hold where a server answers and the key it knows."""

    url: str
    key: str


@contextmanager
def running_server(folder: Path, limits: Limits | None = None) -> Iterator[Running]:
    """Run a server with all six models of the contract, measured by rote."""
    with closing(SqliteDatabase(folder / "mien.db")) as database:
        jobs, keys = SqlJobStore(database), SqlKeyStore(database, wall_clock_ms)
        blobs = FsspecBlobs(f"file://{folder}/blobs")
        parts = ServerParts(
            jobs, keys, blobs, CONTRACT_MODELS, wall_clock_ms, limits or Limits(), _inside(folder),
            tables=TableMaking(write_stored_tables, folder / "scratch"),
        )  # fmt: skip
        with RoteWorker(jobs, blobs), _listening(parts) as url:
            yield Running(url, keys.create("tests", KeyOptions(scopes=frozenset(Scope))))


def _inside(folder: Path) -> Inside:
    sample = folder / "sample.txt"
    sample.write_text("a sample")
    return Inside(
        card=lambda weights: f"# {weights}", samples=lambda: [Sample(sample.name, "text/plain", "CC0-1.0", sample)]
    )


@contextmanager
def _listening(parts: ServerParts) -> Iterator[str]:
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(configuration(build_app(parts), Patience()))
    ended = Event()

    def run() -> None:
        server.run(sockets=[bound])
        ended.set()

    Thread(target=run, daemon=True).start()
    try:
        yield address(bound)
    finally:
        server.should_exit = True
        assert ended.wait(15)
