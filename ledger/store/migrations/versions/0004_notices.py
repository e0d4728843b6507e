"""Notices: who wants to hear of what, how far the entries were looked at, and what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _log_id() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def upgrade() -> None:
    op.create_table(
        "notice_subscription",
        _log_id(),
        sa.Column("subscription_id", sa.String(40), primary_key=True),
        sa.Column("subscriber", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
    )
    op.create_index(
        "notice_subscription_by_subscriber", "notice_subscription", ["log_id", "subscriber"]
    )
    op.create_table(
        "notice_cursor", _log_id(), sa.Column("position", sa.BigInteger, nullable=False)
    )
    op.create_table(
        "notice_delivery",
        _log_id(),
        sa.Column("occasion", sa.String(64), primary_key=True),
        sa.Column("subscription_id", sa.String(40), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("settled_at", sa.String(27), nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
    )
    op.create_index(
        "notice_delivery_by_due", "notice_delivery", ["log_id", "state", "channel", "due_at"]
    )
    op.create_index(
        "notice_delivery_by_settled", "notice_delivery", ["log_id", "state", "settled_at"]
    )
