"""Open a SQLite file as the database of all stores: WAL, one writer, readers that never wait for it."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from mien.domain.errors import InvalidRequest
from mien.storage.change_watch import ChangeWatch
from mien.storage.upgrade import upgrade
from mien.storage.writer import Writer

T = TypeVar("T")
BUSY_SECONDS = 30.0
READERS = 8


class SqliteDatabase:
    """Run operations on one SQLite file that other processes use, too; opening it creates or upgrades the tables."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _switch_to_wal(path)
        self._writing = _engine(path, "BEGIN IMMEDIATE", ("PRAGMA foreign_keys = ON",), 1)
        self._reading = _engine(path, "BEGIN", ("PRAGMA query_only = ON",), READERS)
        upgrade(self._reading, self._writing)
        self._watch = ChangeWatch(path)
        self._writer = Writer(self._writing, self._watch.notify)

    @property
    def commits(self) -> int:
        """Count the transactions this process has committed."""
        return self._writer.commits

    def write(self, operation: Callable[[Connection], T], durable: bool = True) -> T:
        """Run an operation and return its result once it is committed. Raises what it raises."""
        return self._writer.write(operation, durable)

    def read(self, operation: Callable[[Connection], T]) -> T:
        """Run an operation that changes nothing on a snapshot of the file."""
        with self._reading.connect() as connection:
            return operation(connection)

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Return when anybody has committed since this thread last asked, or when the time is over."""
        self._watch.wait(timeout_seconds)

    def close(self) -> None:
        """Finish the writes that wait and let go of the file."""
        self._writer.close()
        self._watch.close()
        self._reading.dispose()
        self._writing.dispose()


def open_database(url: str) -> SqliteDatabase:
    """Open the database at `sqlite:///PATH`. Raises InvalidRequest for other addresses."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise InvalidRequest(f"{parsed.render_as_string()}: the job store must be sqlite:///PATH")
    return SqliteDatabase(Path(parsed.database))


def _engine(path: Path, begin: str, pragmas: tuple[str, ...], connections: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        # The driver must not begin transactions on its own: they would take the write lock too late.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0 if connections == 1 else 4 * connections,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _switch_to_wal(path: Path) -> None:
    # SQLite does not wait by itself when several processes switch a new file at once.
    deadline = time.monotonic() + BUSY_SECONDS
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
    finally:
        connection.close()
