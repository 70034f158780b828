"""Bring a database to the newest schema when it is opened, also when several processes open it at once."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

from mien.storage.database import OneAtATime, hold
from mien.storage.schema import REVISION


def upgrade(reading: Engine, writing: Engine) -> None:
    """Run the migrations that the database has not seen, all in one transaction.

    On SQLite the transaction must take the write lock when it begins: the first process migrates, the others wait.
    """
    with reading.connect() as connection:
        if revision(connection) == REVISION:
            return
    with writing.begin() as connection:
        hold(connection, OneAtATime.UPGRADING)
        command.upgrade(_config(connection), "head")


def revision(connection: Connection) -> str | None:
    """Return the migration the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("mien.storage") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
