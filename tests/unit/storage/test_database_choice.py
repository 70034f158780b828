from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.storage import database_choice
from mien.storage.database_choice import open_database
from mien.storage.sqlite_database import SqliteDatabase


def test_a_path_is_a_sqlite_file(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/mien.db")
    database.close()
    assert isinstance(database, SqliteDatabase)


@pytest.mark.parametrize("url", ["mysql://host/mien", "nonsense", "sqlite://"])
def test_what_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="sqlite:///PATH"):
        open_database(url)


def test_a_password_is_not_shown_and_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_choice, "find_spec", lambda _: None)
    with pytest.raises(InvalidRequest, match=r"mien\[postgres\]") as refused:
        open_database("postgresql://ann:hush@db.example/mien")
    assert "hush" not in refused.value.message
