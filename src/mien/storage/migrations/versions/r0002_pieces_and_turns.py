"""Let sources be done in pieces and in a fair order; keep tags, messages with their attempts, and what to delete."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COUNTERS = ("virtual_time", "lease_expiries", "crashes", "quarantines", "task_seconds_sum")
BUCKETS = ("0.1", "0.5", "1", "2", "5", "10", "30", "60", "120", "300", "600", "1800", "inf")


def upgrade() -> None:
    """Bring the first schema to the second; running tasks keep their leases."""
    _extend_jobs()
    _create_tags()
    _rebuild_tasks()
    _create_flows()
    _replace_callbacks()
    _create_housekeeping()
    op.add_column("keys", sa.Column("email", sa.Text))
    op.add_column("keys", sa.Column("weight", sa.Double, nullable=False, server_default="1"))


def _extend_jobs() -> None:
    op.drop_index("jobs_with_waiting_tasks", "jobs")
    for name, kind, default in (
        ("joins", sa.Integer, "0"),
        ("virtual_time", sa.Double, "0"),
        ("measured_tasks", sa.Integer, "0"),
        ("measured_seconds", sa.Double, "0"),
        ("notify", sa.Boolean, sa.false()),
        ("tags", sa.Text, "[]"),
    ):
        op.add_column("jobs", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("jobs", sa.Column("idempotency_key", sa.Text))
    op.add_column("jobs", sa.Column("digest", sa.String(64)))
    _create_partial_index(
        "jobs_in_turn", "jobs", ["owner", "virtual_time", sa.text("status DESC"), "seq"], "waiting > 0"
    )
    _create_partial_index("jobs_with_joins", "jobs", ["seq"], "joins > 0")
    _create_partial_index("jobs_by_end", "jobs", ["ended_ms"], "ended_ms IS NOT NULL")
    where = sa.text("idempotency_key IS NOT NULL")
    columns = ["owner", "idempotency_key"]
    op.create_index("jobs_by_idempotency_key", "jobs", columns, unique=True, sqlite_where=where, postgresql_where=where)
    connection = op.get_bind()
    asked = connection.execute(sa.text("SELECT seq, request FROM jobs WHERE remaining > 0")).all()
    for seq, request in asked:
        if json.loads(request).get("notify"):
            connection.execute(sa.text("UPDATE jobs SET notify = true WHERE seq = :seq"), {"seq": seq})


def _create_tags() -> None:
    op.create_table("job_tags", _job(), sa.Column("tag", sa.Text, primary_key=True))
    op.create_index("jobs_by_tag", "job_tags", ["tag", "job"])


def _rebuild_tasks() -> None:
    # SQLite cannot change a primary key in place.
    op.create_table(
        "tasks_with_pieces",
        _job(),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("piece", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("lease_until_ms", sa.BigInteger),
        sa.Column("part", sa.Text),
        sa.Column("pieces_made", sa.Integer, nullable=False),
        sa.Column("pieces_left", sa.Integer, nullable=False),
        sa.Column("kept", sa.Text),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("suspects", sa.Text),
        sa.Column("progress", sa.Text),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("results", sa.String),
        sa.Column("num_predictions", sa.BigInteger),
        sa.Column("num_errors", sa.BigInteger),
        sa.Column("usable", sa.Boolean),
        sa.Column("reason", sa.Text),
        sa.Column("media_seconds", sa.Double),
        sa.Column("seconds", sa.Double),
    )
    same = "job, position, state, attempt, worker, lease_until_ms, results, num_predictions, num_errors, usable, reason"
    new = {"piece": "-1", "phase": "'measure'", "pieces_made": "0", "pieces_left": "0", "crashes": "0", "cost": "5"}
    columns, values = ", ".join(new), ", ".join(new.values())
    op.execute(f"INSERT INTO tasks_with_pieces ({same}, {columns}) SELECT {same}, {values} FROM tasks")
    op.drop_table("tasks")
    op.rename_table("tasks_with_pieces", "tasks")
    op.create_index("tasks_by_state", "tasks", ["job", "state", "position", "piece"])
    _create_partial_index("tasks_by_lease", "tasks", ["lease_until_ms"], "state = 'running'")


def _create_flows() -> None:
    op.create_table(
        "flows",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("virtual_time", sa.Double, nullable=False),
        sa.Column("job_time", sa.Double, nullable=False),
    )
    _create_partial_index("flows_in_turn", "flows", ["virtual_time", "waiting", "owner"], "waiting > 0")
    op.execute("INSERT INTO flows SELECT owner, SUM(waiting), 0, 0 FROM jobs GROUP BY owner")


def _replace_callbacks() -> None:
    op.create_table(
        "deliveries",
        _job(),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "delivery_attempts",
        _job(),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("milliseconds", sa.BigInteger),
        sa.Column("outcome", sa.Text),
    )
    op.execute("INSERT INTO deliveries SELECT job, 'callback', url, state, attempt, attempt, due_ms FROM callbacks")
    # Only the last reason was kept, and no times but when the next attempt is due.
    op.execute(
        "INSERT INTO delivery_attempts (job, kind, attempt, at_ms, outcome) "
        "SELECT job, 'callback', attempt, due_ms, reason FROM callbacks WHERE reason IS NOT NULL"
    )
    op.drop_table("callbacks")
    _create_partial_index("deliveries_by_time", "deliveries", ["due_ms"], "state = 'due'")


def _create_housekeeping() -> None:
    op.create_table(
        "garbage",
        sa.Column("prefix", sa.Text, primary_key=True),
        sa.Column("due_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_index("garbage_by_time", "garbage", ["due_ms"])
    op.create_table(
        "workers",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("memory_bytes", sa.BigInteger, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("tasks_done", sa.BigInteger, nullable=False),
        sa.Column("current", sa.Text),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
    )
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )
    names = (*COUNTERS, *(f"task_seconds_{bound}" for bound in BUCKETS))
    op.bulk_insert(counters, [{"name": name, "value": 0.0} for name in names])


def _job() -> sa.Column[int]:
    return sa.Column("job", _ROW_NUMBER, sa.ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True)


def _create_partial_index(name: str, table: str, columns: list[str | sa.TextClause], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
