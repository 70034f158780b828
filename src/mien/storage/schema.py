"""Describe the tables; the migrations build them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    literal_column,
)

REVISION = "0003"
"""The newest migration; a database that is there needs no upgrade."""

QUEUED, RUNNING, SPLIT, DONE = "queued", "running", "split", "done"
MEASURE, JOIN = "measure", "join"
DUE, SENT, GIVEN_UP = "due", "sent", "given up"
WHOLE = -1
"""The piece of the row that stands for the source itself."""

# SQLite numbers rows by itself only where the key is a plain INTEGER.
_RowNumber = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _partial_index(name: str, *columns: object, where: object) -> None:
    Index(name, *columns, sqlite_where=where, postgresql_where=where)  # type: ignore[arg-type]  # any column goes


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
    # Rows of its tasks by state, so that claim and commit need not count them; `remaining` counts sources.
    Column("waiting", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("remaining", Integer, nullable=False),
    Column("joins", Integer, nullable=False),
    # When its next task begins, in media seconds served to each job of its owner.
    Column("virtual_time", Double, nullable=False),
    # What its sources took so far, for estimating the others.
    Column("measured_tasks", Integer, nullable=False),
    Column("measured_seconds", Double, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("tags", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("digest", String(64)),
)
Index("jobs_by_status", jobs.c.status)
Index("jobs_by_owner", jobs.c.owner, jobs.c.created_ms)
# These conditions are written out, never bound: only then does the database see that a partial index fits.
HAS_WAITING = jobs.c.waiting > literal_column("0")
HAS_JOINS = jobs.c.joins > literal_column("0")
HAS_ENDED = jobs.c.ended_ms.is_not(None)
HAS_IDEMPOTENCY_KEY = jobs.c.idempotency_key.is_not(None)
# A job that was not begun goes before one whose turn is the same, and QUEUED comes after IN_PROGRESS in the alphabet.
_partial_index("jobs_in_turn", jobs.c.owner, jobs.c.virtual_time, jobs.c.status.desc(), jobs.c.seq, where=HAS_WAITING)
_partial_index("jobs_with_joins", jobs.c.seq, where=HAS_JOINS)
_partial_index("jobs_by_end", jobs.c.ended_ms, where=HAS_ENDED)
Index(
    "jobs_by_idempotency_key",
    jobs.c.owner,
    jobs.c.idempotency_key,
    unique=True,
    sqlite_where=HAS_IDEMPOTENCY_KEY,
    postgresql_where=HAS_IDEMPOTENCY_KEY,
)

job_tags = Table(
    "job_tags",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
)
Index("jobs_by_tag", job_tags.c.tag, job_tags.c.job)

tasks = Table(
    "tasks",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("piece", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", String),
    Column("lease_until_ms", BigInteger),
    # What the piece covers, as JSON; and in the row of a source, how many pieces were made and have not ended.
    Column("part", Text),
    Column("pieces_made", Integer, nullable=False),
    Column("pieces_left", Integer, nullable=False),
    Column("kept", Text),
    Column("crashes", Integer, nullable=False),
    Column("suspects", Text),
    Column("progress", Text),
    # Media seconds: as estimated or charged, until the task has ended; then as measured.
    Column("cost", Double, nullable=False),
    Column("results", String),
    Column("num_predictions", BigInteger),
    Column("num_errors", BigInteger),
    Column("usable", Boolean),
    Column("reason", Text),
    Column("media_seconds", Double),
    Column("seconds", Double),
)
Index("tasks_by_state", tasks.c.job, tasks.c.state, tasks.c.position, tasks.c.piece)
IS_RUNNING = tasks.c.state == literal_column(f"'{RUNNING}'")
_partial_index("tasks_by_lease", tasks.c.lease_until_ms, where=IS_RUNNING)

flows = Table(
    "flows",
    metadata,
    Column("owner", String, primary_key=True),
    # Tasks of this owner that wait; when its next one begins; and when a new job of this owner would begin.
    Column("waiting", Integer, nullable=False),
    Column("virtual_time", Double, nullable=False),
    Column("job_time", Double, nullable=False),
)
FLOW_WAITS = flows.c.waiting > literal_column("0")
_partial_index("flows_in_turn", flows.c.virtual_time, flows.c.waiting, flows.c.owner, where=FLOW_WAITS)

deliveries = Table(
    "deliveries",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("address", Text, nullable=False),
    Column("state", String(16), nullable=False),
    # `attempt` counts for good and proves the lease, `tries` from the last time it was asked for.
    Column("attempt", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
)
IS_DUE = deliveries.c.state == literal_column(f"'{DUE}'")
_partial_index("deliveries_by_time", deliveries.c.due_ms, where=IS_DUE)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("job", _RowNumber, ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("milliseconds", BigInteger),
    Column("outcome", Text),
)

garbage = Table(
    "garbage",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("due_ms", BigInteger, primary_key=True),
)
Index("garbage_by_time", garbage.c.due_ms)

workers = Table(
    "workers",
    metadata,
    Column("name", String, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("device", Text, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("tasks_done", BigInteger, nullable=False),
    Column("current", Text),
    Column("seen_ms", BigInteger, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Double, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("email", Text),
    # How many times the share of another key its jobs get while both wait.
    Column("weight", Double, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("jobs_per_day", BigInteger),
)
