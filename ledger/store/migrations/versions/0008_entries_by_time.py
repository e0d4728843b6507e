"""Entries found by time and number: all of one commit share an instant."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("entry_by_time", "entry")
    op.create_index("entry_by_time", "entry", ["log_id", "recorded_at", "sequence"])
