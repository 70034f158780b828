"""Choose the database that a URL names."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from mien.domain.errors import InvalidRequest
from mien.storage.database import Database
from mien.storage.sqlite_database import open_database as open_sqlite

POSTGRES_PACKAGE: Final = "psycopg"


def open_database(url: str) -> Database:
    """Open the database at `sqlite:///PATH` or `postgresql://USER@HOST/NAME`. Raises InvalidRequest."""
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except ArgumentError as error:
        raise InvalidRequest("the job store must be sqlite:///PATH or postgresql://USER@HOST/NAME") from error
    if kind == "sqlite":
        return open_sqlite(url)
    if kind != "postgresql":
        raise InvalidRequest(
            f"{parsed.render_as_string()}: the job store must be sqlite:///PATH or postgresql://USER@HOST/NAME"
        )
    if find_spec(POSTGRES_PACKAGE) is None:
        raise InvalidRequest(
            f"{parsed.render_as_string()} needs the package {POSTGRES_PACKAGE}: pip install 'mien[postgres]'"
        )
    return cast(Database, import_module("mien.storage.postgres_database").PostgresDatabase(parsed))
