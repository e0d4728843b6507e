"""Drafts of what people will sign for controls."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement_draft",
        sa.Column(
            "log_id",
            sa.Integer,
            sa.ForeignKey("log.log_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("control", sa.String(100), primary_key=True),
        sa.Column("draft_id", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("author", sa.String(32), nullable=False),
        sa.Column("changed_by", sa.String(32), nullable=False),
        sa.Column("hands", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
