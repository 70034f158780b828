from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from mien.storage.schema import REVISION, metadata
from mien.storage.sqlite_database import SqliteDatabase
from mien.storage.upgrade import revision


def test_the_migrations_build_the_tables_the_code_speaks_of(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "mien.db")
    compare = {"compare_type": True}
    differences = database.read(
        lambda connection: compare_metadata(MigrationContext.configure(connection, opts=compare), metadata)
    )
    built = database.read(_indexes)
    database.close()
    assert differences == []
    assert built == {
        index.name: str(index.dialect_options["sqlite"]["where"]).removeprefix(f"{table.name}.")
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }


def _indexes(connection: Connection) -> dict[str, str]:
    found = inspect(connection)
    return {
        str(index["name"]): str(index["dialect_options"]["sqlite_where"])
        for table in metadata.tables
        for index in found.get_indexes(table)
        if index.get("dialect_options", {}).get("sqlite_where") is not None
    }


def test_a_new_database_is_at_the_newest_migration(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "mien.db")
    at = database.read(revision)
    database.close()
    assert at == REVISION
