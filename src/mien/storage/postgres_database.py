"""Use a PostgreSQL server as the database of all stores: many writers, told of each other's changes by NOTIFY."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from mien.storage.notices import Notices
from mien.storage.upgrade import upgrade

logger = logging.getLogger(__name__)

T = TypeVar("T")
CONNECTIONS = 8
CONNECT_SECONDS = 10
PATIENCE_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
# Serialization failure, deadlock.
_LOST_RACES: Final = frozenset({"40001", "40P01"})
# The server is shutting down, was ended by an administrator or a crash of another process, or is starting up.
_SERVER_AWAY: Final = frozenset({"57P01", "57P02", "57P03", "53300"})
_BEGIN = text("SELECT pg_current_xact_id()::text")
_BEGIN_LIGHT = text("SELECT pg_current_xact_id()::text, set_config('synchronous_commit', 'off', true)")
_BECAME = text("SELECT pg_xact_status(CAST(:number AS xid8))")


class PostgresDatabase:
    """Run operations on a PostgreSQL database that other machines use, too; opening it creates or upgrades the tables.

    Operations that lose a race, and those whose connection breaks, are run again for up to `patience_seconds`. When a
    connection breaks while a transaction is being committed, the server is asked what became of it: an operation that
    was accepted is neither lost nor done twice.
    """

    def __init__(self, url: URL, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._engine = _engine(url)
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**snapshot)
        self._with_patience(lambda: upgrade(self._reading, self._engine))
        self._notices = Notices(self._engine)

    def write(self, operation: Callable[[Connection], T], durable: bool = True) -> T:
        """Run an operation and return its result once it is committed. Raises what it raises."""
        return self._with_patience(lambda: self._written(operation, durable))

    def read(self, operation: Callable[[Connection], T]) -> T:
        """Run an operation that changes nothing on a snapshot of the database."""

        def look() -> T:
            with self._reading.connect() as connection:
                return operation(connection)

        return self._with_patience(look)

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Return when somebody has told of a change since this thread last asked, or when the time is over."""
        self._notices.wait(timeout_seconds)

    def close(self) -> None:
        """Let go of the server."""
        self._notices.close()
        self._engine.dispose()

    def _written(self, operation: Callable[[Connection], T], durable: bool) -> T:
        with self._engine.connect() as connection:
            number = connection.execute(_BEGIN if durable else _BEGIN_LIGHT).scalar_one()
            result = operation(connection)
            try:
                connection.commit()
            except DBAPIError as error:
                if not _is_away(error) or not self._with_patience(lambda: self._was_committed(number)):
                    raise
            return result

    def _was_committed(self, number: str) -> bool:
        with self._reading.connect() as connection:
            became = connection.execute(_BECAME, {"number": number}).scalar()
        if became == "in progress":
            raise _StillOpen
        return bool(became == "committed")

    def _with_patience(self, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._patience_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return attempt()
            except _StillOpen:
                logger.info("waiting for the server to end a transaction whose connection broke")
            except DBAPIError as error:
                if time.monotonic() > deadline or not (_is_away(error) or _state(error) in _LOST_RACES):
                    raise
                logger.warning("trying again after trouble with the database: %s", type(error.orig).__name__)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


class _StillOpen(Exception):
    """A transaction has not ended yet."""


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_away(error: DBAPIError) -> bool:
    """Say whether the trouble is with the connection and not with what was asked."""
    state = _state(error) or ""
    unreachable = type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout") and not state
    return error.connection_invalidated or unreachable or state in _SERVER_AWAY or state.startswith("08")


def _engine(url: URL) -> Engine:
    keep_alive: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "mien", **keep_alive},
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS,
        max_overflow=3 * CONNECTIONS,
        pool_recycle=3600,
    )
