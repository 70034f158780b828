"""Say what the stores need of a database, so that another one can take SQLite's place."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, func, select, text

T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are read by name."""


class Database(Protocol):
    """Run operations on a connection, each in a transaction of its own as far as it can see."""

    def write(self, operation: Callable[[Connection], T], durable: bool = True) -> T:
        """Run an operation and return its result once it is committed; on disk, too, if durable.

        Raises what the operation raises, and then nothing of it is kept.
        """

    def read(self, operation: Callable[[Connection], T]) -> T:
        """Run an operation that changes nothing on a snapshot of the database."""

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Return when anybody has committed since this thread last asked, or when the time is over."""

    def close(self) -> None:
        """Finish the writes that wait and let go of the file."""


CHANNEL = "mien_changes"
"""Where a PostgreSQL server tells of changes."""


class OneAtATime(IntEnum):
    """Name what only one transaction may do at once, by the number of its lock."""

    ADDING = 7_406_001
    CLAIMING = 7_406_002
    UPGRADING = 7_406_003


def hold(connection: Connection, what: OneAtATime) -> None:
    """Wait until no other transaction does this; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int(what))))


def announce(connection: Connection) -> None:
    """Wake those who wait for a change once this transaction is committed; SQLite's file tells of it by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"NOTIFY {CHANNEL}"))
