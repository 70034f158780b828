from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event, Thread
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import Connection, PoolProxiedConnection, make_url, text
from sqlalchemy.exc import DBAPIError

from mien.domain.errors import JobNotFound, LeaseLost
from mien.domain.job import Outcome, Status
from mien.storage.postgres_database import PostgresDatabase
from mien.storage.schema import REVISION
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.upgrade import revision
from tests.fakes_engine import a_job
from tests.fakes_postgresql import PostgresServer


@pytest.fixture
def database(postgresql: PostgresServer) -> Iterator[PostgresDatabase]:
    url = postgresql.new_database()
    opened = PostgresDatabase(make_url(url))
    yield opened
    opened.close()
    postgresql.drop(url)


def cut(connection: Connection) -> None:
    """Let the server end this connection in the middle of its transaction."""
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_the_tables_are_at_the_newest_migration(database: PostgresDatabase) -> None:
    assert database.read(revision) == REVISION


def test_reading_cannot_write(database: PostgresDatabase) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        database.read(lambda connection: connection.execute(text("DELETE FROM jobs")))


def test_an_operation_that_fails_leaves_nothing(database: PostgresDatabase) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO garbage VALUES ('kept', 1)"))
        raise JobNotFound

    with pytest.raises(JobNotFound):
        database.write(fail)
    assert database.read(lambda connection: connection.execute(text("SELECT * FROM garbage")).all()) == []


def test_an_operation_whose_connection_breaks_is_done_once(database: PostgresDatabase) -> None:
    tries = []

    def note(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("UPDATE counters SET value = value + 1 WHERE name = 'crashes'"))
        if len(tries) == 1:
            cut(connection)

    database.write(note)
    assert (len(tries), counted(database)) == (2, 1)


def test_an_operation_whose_commit_went_unanswered_is_not_done_twice(
    database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    commit = database._engine.dialect.do_commit

    def commit_and_break(connection: PoolProxiedConnection) -> None:
        commit(connection)
        if len(tries) == 1:
            monkeypatch.undo()
            connection.driver_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def note(connection: Connection) -> str:
        tries.append(1)
        connection.execute(text("UPDATE counters SET value = value + 1 WHERE name = 'crashes'"))
        return "noted"

    monkeypatch.setattr(database._engine.dialect, "do_commit", commit_and_break)
    assert database.write(note) == "noted"
    assert (len(tries), counted(database)) == (1, 1)


def counted(database: PostgresDatabase) -> float:
    query = text("SELECT value FROM counters WHERE name = 'crashes'")
    return float(database.read(lambda connection: connection.execute(query).scalar_one()))


def test_two_that_lock_each_other_out_both_succeed(database: PostgresDatabase) -> None:
    met = [Event(), Event()]

    def touch(first: int) -> int:
        def both(connection: Connection) -> None:
            for number, name in enumerate(("crashes", "quarantines")[:: 1 if first else -1]):
                connection.execute(text("UPDATE counters SET value = value + 1 WHERE name = :name"), {"name": name})
                if number == 0:
                    met[first].set()
                    met[1 - first].wait(2)

        database.write(both)
        return first

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(touch, (0, 1))) == [0, 1]
    assert counted(database) == 2


def test_nothing_accepted_is_lost_when_the_server_crashes_in_the_middle(
    postgresql: PostgresServer, database: PostgresDatabase
) -> None:
    store, accepted, stop = SqlJobStore(database), list[str](), Event()

    def work() -> None:
        while not stop.is_set():
            accepted.append(store.add(a_job()))
            while task := store.claim("w", 300):
                # A crash may forget a claim, never a job: the task then waits again.
                with suppress(LeaseLost):
                    store.commit(task, Outcome("results", num_predictions=1))

    worker = Thread(target=work)
    worker.start()
    for _ in range(2):
        before = len(accepted)
        while len(accepted) < before + 3:
            sleep(0.01)
        postgresql.stop(postgresql.CRASH)
        postgresql.start()
    stop.set()
    worker.join(60)
    assert not worker.is_alive()
    ended = [store.get(job_id, None) for job_id in accepted]
    assert {(job.status, job.num_predictions) for job in ended} == {(Status.COMPLETED, 1)}


def test_who_waits_is_woken_after_the_server_came_back(postgresql: PostgresServer, database: PostgresDatabase) -> None:
    store = SqlJobStore(database)
    store.wait_for_work(0)
    postgresql.stop(postgresql.CRASH)
    postgresql.start()
    deadline = monotonic() + 30
    woken: list[float] = []

    def wait() -> None:
        while not store.claim("w", 30) and monotonic() < deadline:
            store.wait_for_work(10)
        woken.append(monotonic())

    waiting = Thread(target=wait)
    waiting.start()
    sleep(2)
    added = monotonic()
    store.add(a_job())
    waiting.join()
    assert woken[0] - added < 2
