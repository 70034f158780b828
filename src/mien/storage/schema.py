"""Describe the tables; the migrations build them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    literal_column,
)

REVISION = "0001"
"""The newest migration; a database that is there needs no upgrade."""

QUEUED, RUNNING, DONE = "queued", "running", "done"
DUE, SENT, GIVEN_UP = "due", "sent", "given up"

# SQLite numbers rows by itself only where the key is a plain INTEGER.
_RowNumber = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("seq", _RowNumber, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("owner", String, nullable=False),
    Column("status", String(16), nullable=False),
    Column("request", Text, nullable=False),
    Column("callback_url", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("num_predictions", BigInteger, nullable=False),
    Column("num_errors", BigInteger, nullable=False),
    Column("message", Text),
    Column("cancel_asked", Boolean, nullable=False),
    # Tasks of this job by state, so that claim and commit need not count rows.
    Column("waiting", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("remaining", Integer, nullable=False),
)
Index("jobs_by_status", jobs.c.status)
Index("jobs_by_owner", jobs.c.owner, jobs.c.created_ms)
# These conditions are written out, never bound: only then does the database see that a partial index fits.
HAS_WAITING = jobs.c.waiting > literal_column("0")
Index(
    "jobs_with_waiting_tasks",
    jobs.c.running,
    jobs.c.seq,
    sqlite_where=HAS_WAITING,
    postgresql_where=HAS_WAITING,
)

tasks = Table(
    "tasks",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", String),
    Column("lease_until_ms", BigInteger),
    Column("results", String),
    Column("num_predictions", BigInteger),
    Column("num_errors", BigInteger),
    Column("usable", Boolean),
    Column("reason", Text),
)
Index("tasks_by_state", tasks.c.job, tasks.c.state, tasks.c.position)
IS_RUNNING = tasks.c.state == literal_column(f"'{RUNNING}'")
Index(
    "tasks_by_lease",
    tasks.c.lease_until_ms,
    sqlite_where=IS_RUNNING,
    postgresql_where=IS_RUNNING,
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("reason", Text),
)
IS_DUE = callbacks.c.state == literal_column(f"'{DUE}'")
Index(
    "callbacks_by_time",
    callbacks.c.due_ms,
    sqlite_where=IS_DUE,
    postgresql_where=IS_DUE,
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
)
