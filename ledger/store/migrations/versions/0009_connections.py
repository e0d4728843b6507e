"""Sources elsewhere that are listened to, and what they delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _log_id() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def upgrade() -> None:
    op.create_table(
        "connection",
        _log_id(),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("silent_hours", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("heard_at", sa.String(27), nullable=False),
        sa.Column("refused_at", sa.String(27), nullable=False),
        sa.Column("silence_told_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "inbound",
        _log_id(),
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("delivery", sa.String(64), primary_key=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("settled_at", sa.String(27), nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("inbound_by_state", "inbound", ["log_id", "state", "received_at"])
    op.create_index("inbound_by_connection", "inbound", ["log_id", "connection", "received_at"])
