from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection

from mien.storage.sqlite_database import SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "mien.db")
    opened.write(lambda connection: connection.exec_driver_sql("CREATE TABLE words (word TEXT UNIQUE)"))
    yield opened
    opened.close()


def say(connection: Connection, word: str) -> str:
    connection.exec_driver_sql("INSERT INTO words VALUES (?)", (word,))
    return word


def said(database: SqliteDatabase) -> list[str]:
    query = "SELECT word FROM words ORDER BY rowid"
    return list(database.read(lambda connection: connection.exec_driver_sql(query).scalars()))


def while_the_writer_is_busy(database: SqliteDatabase, threads: ThreadPoolExecutor) -> Event:
    """Hold the writer inside an operation until the event is set, so that what comes meanwhile waits together."""
    begun, go_on = Event(), Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(10)

    threads.submit(database.write, hold)
    begun.wait(10)
    return go_on


def hand_over(database: SqliteDatabase, count: int) -> None:
    """Return once this many operations wait for the writer."""
    deadline = monotonic() + 10
    while database._writer._queue.qsize() < count and monotonic() < deadline:
        sleep(0.005)


def test_each_caller_gets_its_own_answer(database: SqliteDatabase) -> None:
    with ThreadPoolExecutor(8) as threads:
        words = [str(number) for number in range(40)]
        answers = list(threads.map(lambda word: database.write(lambda connection: say(connection, word)), words))
    assert answers == words
    assert sorted(said(database)) == sorted(words)


def test_writes_that_wait_together_share_one_transaction(database: SqliteDatabase) -> None:
    with ThreadPoolExecutor(41) as threads:
        go_on = while_the_writer_is_busy(database, threads)
        before = database.commits
        waiting = [
            threads.submit(database.write, lambda connection, word=str(number): say(connection, word))
            for number in range(40)
        ]
        hand_over(database, 40)
        go_on.set()
        assert [future.result(10) for future in waiting] == [str(number) for number in range(40)]
    assert database.commits - before == 2, "one for what held the writer, one for all the others"
    assert len(said(database)) == 40


def test_a_write_that_fails_takes_nothing_of_its_neighbours_along(database: SqliteDatabase) -> None:
    def say_twice(connection: Connection) -> None:
        say(connection, "twice")
        say(connection, "twice")

    with ThreadPoolExecutor(4) as threads:
        go_on = while_the_writer_is_busy(database, threads)
        before = threads.submit(database.write, lambda connection: say(connection, "before"))
        failing = threads.submit(database.write, say_twice)
        after = threads.submit(database.write, lambda connection: say(connection, "after"))
        hand_over(database, 3)
        go_on.set()
        assert (before.result(10), after.result(10)) == ("before", "after")
        with pytest.raises(Exception, match="UNIQUE"):
            failing.result(10)
    assert sorted(said(database)) == ["after", "before"]


def test_when_sqlite_rolls_back_by_itself_nobody_is_told_a_lie(database: SqliteDatabase) -> None:
    def roll_back(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")

    with ThreadPoolExecutor(4) as threads:
        go_on = while_the_writer_is_busy(database, threads)
        waiting = [
            threads.submit(database.write, lambda connection: say(connection, "before")),
            threads.submit(database.write, roll_back),
            threads.submit(database.write, lambda connection: say(connection, "after")),
        ]
        hand_over(database, 3)
        go_on.set()
        told = [future.exception(10) is None for future in waiting]
    assert sum(told) == len(said(database))
    database.write(lambda connection: say(connection, "later"))
    assert "later" in said(database)


def test_a_durable_write_is_synced_and_another_is_not(database: SqliteDatabase) -> None:
    def synchronous(connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert [database.write(synchronous, durable) for durable in (True, False, True)] == [2, 1, 2]


def test_a_closed_writer_refuses(database: SqliteDatabase) -> None:
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write(lambda connection: say(connection, "late"))
