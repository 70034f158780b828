"""Create the tables for jobs, tasks, callbacks and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the first schema."""
    _create_jobs()
    _create_tasks()
    _create_callbacks()
    _create_keys()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("seq", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("callback_url", sa.Text),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("started_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
        sa.Column("num_predictions", sa.BigInteger, nullable=False),
        sa.Column("num_errors", sa.BigInteger, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("cancel_asked", sa.Boolean, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("running", sa.Integer, nullable=False),
        sa.Column("remaining", sa.Integer, nullable=False),
    )
    op.create_index("jobs_by_status", "jobs", ["status"])
    op.create_index("jobs_by_owner", "jobs", ["owner", "created_ms"])
    _create_partial_index("jobs_with_waiting_tasks", "jobs", ["running", "seq"], "waiting > 0")


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("job", _ROW_NUMBER, sa.ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("lease_until_ms", sa.BigInteger),
        sa.Column("results", sa.String),
        sa.Column("num_predictions", sa.BigInteger),
        sa.Column("num_errors", sa.BigInteger),
        sa.Column("usable", sa.Boolean),
        sa.Column("reason", sa.Text),
    )
    op.create_index("tasks_by_state", "tasks", ["job", "state", "position"])
    _create_partial_index("tasks_by_lease", "tasks", ["lease_until_ms"], "state = 'running'")


def _create_callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("job", _ROW_NUMBER, sa.ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
    )
    _create_partial_index("callbacks_by_time", "callbacks", ["due_ms"], "state = 'due'")


def _create_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )


def _create_partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
