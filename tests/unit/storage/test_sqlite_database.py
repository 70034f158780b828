import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from mien.domain.errors import InvalidRequest
from mien.storage.sqlite_database import SqliteDatabase, open_database

OPEN = "import sys; from mien.storage.sqlite_database import open_database; open_database(sys.argv[1]).close()"


def test_a_new_file_is_made_with_its_folders(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/data/mien.db").close()
    assert (tmp_path / "data" / "mien.db").exists()


@pytest.mark.parametrize("url", ["postgresql://host/mien", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="sqlite:///PATH"):
        open_database(url)


def test_the_file_is_in_wal_mode(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "mien.db")
    mode = database.read(lambda connection: connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    database.close()
    assert mode == "wal"


def test_reading_cannot_write(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "mien.db")
    with pytest.raises(OperationalError, match="readonly"):
        database.read(lambda connection: connection.exec_driver_sql("DELETE FROM jobs"))
    database.close()


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mien.db"
    opening = [subprocess.Popen([sys.executable, "-c", OPEN, url]) for _ in range(3)]
    assert [process.wait(60) for process in opening] == [0, 0, 0]
