"""Let keys be limited in what they may do, for how long and how often, and be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Keys that are there may do what they could, for ever."""
    op.add_column("keys", sa.Column("scopes", sa.Text, nullable=False, server_default="read write admin"))
    for name in ("expires_ms", "revoked_ms", "jobs_per_day"):
        op.add_column("keys", sa.Column(name, sa.BigInteger))
