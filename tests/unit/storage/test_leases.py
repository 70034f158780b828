from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from mien.domain.job import Outcome
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import StandingClock, a_job


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "mien.db")
    yield opened
    opened.close()


def test_no_step_walks_over_all_jobs_or_tasks(database: SqliteDatabase) -> None:
    """With 500 jobs of 100 sources, a claim that reads them all would hold every other writer up."""
    seen: list[tuple[str, Any]] = []
    event.listen(
        database._writing, "before_cursor_execute", lambda _c, _cur, text, values, _x, _m: seen.append((text, values))
    )
    store, clock = _store(database)
    store.add(a_job(callback_url="http://ann.example/done"))
    first = store.claim("w1", 30)
    assert first is not None
    store.heartbeat(first, 30)
    clock.move(31)
    again = store.claim("w2", 30)
    assert again is not None
    store.release(again)
    last = store.claim("w3", 30)
    assert last is not None
    store.commit(last, Outcome("results"))
    assert store.due_delivery(60) is not None
    steps = [step for text, values in seen for step in _plan(database, text, values)]
    # Owners, and jobs with something to join, lie in their index in the order of turns, and the first is taken.
    assert {step for step in steps if "SCAN" in step or "TEMP" in step} <= {
        "SCAN flows USING INDEX flows_in_turn",
        "SCAN jobs USING INDEX jobs_with_joins",
        "SCAN CONSTANT ROW",
    }


def test_looking_for_work_in_vain_does_not_take_the_write_lock(database: SqliteDatabase) -> None:
    store, _ = _store(database)
    before = database.commits
    assert store.claim("w1", 30) is None
    assert store.due_delivery(60) is None
    assert database.commits == before


def _store(database: SqliteDatabase) -> tuple[SqlJobStore, StandingClock]:
    clock = StandingClock()
    return SqlJobStore(database, clock), clock


def _plan(database: SqliteDatabase, text: str, values: Any) -> list[str]:
    if not text.lstrip().upper().startswith(("SELECT", "UPDATE")):
        return []
    explained = f"EXPLAIN QUERY PLAN {text}"
    # A statement that runs for many rows is planned once; newer Pythons refuse to explain it many times.
    values = values[0] if isinstance(values, list) else values
    return [row[3] for row in database.read(lambda connection: connection.exec_driver_sql(explained, values).all())]
