import sqlite3
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from mien.storage.change_watch import ChangeWatch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "words.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE words (word TEXT)")
    connection.close()
    return path


def commit(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO words VALUES ('word')")
    connection.close()


def waited(watch: ChangeWatch, timeout_seconds: float) -> float:
    before = monotonic()
    watch.wait(timeout_seconds)
    return monotonic() - before


def test_the_first_wait_returns_at_once(path: Path) -> None:
    assert waited(ChangeWatch(path), 5) < 1


def test_a_commit_since_the_last_wait_is_noticed_once(path: Path) -> None:
    watch = ChangeWatch(path)
    watch.wait(0)
    commit(path)
    assert waited(watch, 5) < 1
    assert waited(watch, 0.1) >= 0.1


def test_each_thread_is_told_of_a_commit(path: Path) -> None:
    watch = ChangeWatch(path)
    watch.wait(0)
    elsewhere: list[float] = []

    def wait_twice() -> None:
        watch.wait(0)
        elsewhere.append(waited(watch, 5))

    other = Thread(target=wait_twice)
    other.start()
    commit(path)
    here = waited(watch, 5)
    other.join()
    assert max(here, *elsewhere) < 1
