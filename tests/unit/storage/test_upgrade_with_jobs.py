"""A database of the first schema comes to the newest with everything that is in it."""

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, Engine, create_engine, event, text

from mien.domain.job import Status
from mien.storage.sql_jobs import SqlJobStore
from mien.storage.sqlite_database import SqliteDatabase
from mien.storage.upgrade import _config
from tests.fakes_engine import NOON_MS, StandingClock, a_request

JOBS = ("queued", "running", "done")
IDS = {name: f"{number:08x}-0000-4000-8000-000000000000" for number, name in enumerate(JOBS)}


def first_schema(path: Path) -> None:
    """Make a database of the first schema: a job that waits, one with a running and a waiting task, one that ended."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    _begin_at_once(engine)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
        request = a_request("one.mp4", "two.mp4").model_copy(update={"notify": True}).model_dump_json()
        kept = (
            ("queued", "QUEUED", (2, 0, 2)),
            ("running", "IN_PROGRESS", (1, 1, 2)),
            ("done", "COMPLETED", (0, 0, 0)),
        )
        for seq, (name, status, counts) in enumerate(kept, 1):
            _insert_job(connection, seq, IDS[name], status, request, counts)
        for job, position, state in ((1, 0, "queued"), (1, 1, "queued"), (2, 0, "running"), (2, 1, "queued")):
            _insert_task(connection, job, position, state)
        for position in (0, 1):
            _insert_task(connection, 3, position, "done")
        connection.execute(
            text("INSERT INTO callbacks VALUES (3, 'http://ann.example/', 'due', 2, :due, 'HTTP 500')"),
            {"due": NOON_MS + 1000},
        )
        connection.execute(text("INSERT INTO keys VALUES ('k', 'ann', 'hash', 0)"))
    engine.dispose()


def _begin_at_once(engine: Engine) -> None:
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def _insert_job(
    connection: Connection, seq: int, job_id: str, status: str, request: str, counts: tuple[int, int, int]
) -> None:
    ended = NOON_MS if status == "COMPLETED" else None
    started = None if status == "QUEUED" else NOON_MS
    connection.execute(
        text(
            "INSERT INTO jobs VALUES (:seq, :id, 'ann', :status, :request, 'http://ann.example/', :created, :started, "
            ":ended, 6, 0, NULL, false, :waiting, :running, :remaining)"
        ),
        {"seq": seq, "id": job_id, "status": status, "request": request, "created": NOON_MS, "started": started}
        | {"ended": ended}
        | dict(zip(("waiting", "running", "remaining"), counts, strict=True)),
    )


def _insert_task(connection: Connection, job: int, position: int, state: str) -> None:
    values = {
        "queued": "0, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "running": f"1, 'w1', {NOON_MS + 30_000}, NULL, NULL, NULL, NULL, NULL",
        "done": "1, 'w1', NULL, 'results/x', 3, 0, true, NULL",
    }[state]
    connection.execute(text(f"INSERT INTO tasks VALUES ({job}, {position}, '{state}', {values})"))


def test_jobs_tasks_callbacks_and_keys_are_all_there_after_the_upgrade(tmp_path: Path) -> None:
    first_schema(tmp_path / "mien.db")
    database, clock = SqliteDatabase(tmp_path / "mien.db"), StandingClock()
    store = SqlJobStore(database, clock)
    states = {name: store.get(job_id, "ann").status for name, job_id in IDS.items()}
    assert states == {"queued": Status.QUEUED, "running": Status.IN_PROGRESS, "done": Status.COMPLETED}
    assert [outcome.results for outcome in store.outcomes(IDS["done"])] == ["results/x"] * 2
    told = store.figures()
    assert (told.queued_jobs, told.queued_tasks, told.running_tasks, told.deliveries_due) == (1, 3, 1, 1)
    clock.move(31)
    claims = list(iter(lambda: store.claim("w2", 30), None))
    assert sorted((task.job_id, task.index, task.attempt) for task in claims) == [
        (IDS["queued"], 0, 1),
        (IDS["queued"], 1, 1),
        (IDS["running"], 0, 2),
        (IDS["running"], 1, 1),
    ]
    delivery = store.due_delivery(60)
    assert delivery is not None and (delivery.job_id, delivery.attempt) == (IDS["done"], 3)
    asked = database.read(lambda connection: connection.execute(text("SELECT id, notify FROM jobs ORDER BY seq")).all())
    weight = database.read(lambda connection: connection.execute(text("SELECT weight FROM keys")).scalar())
    database.close()
    assert [bool(notify) for _, notify in asked] == [True, True, False]
    assert weight == 1.0
