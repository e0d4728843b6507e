"""Reports that are made every month: of what, for whom, and how far they are."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_subscription",
        sa.Column(
            "log_id",
            sa.Integer,
            sa.ForeignKey("log.log_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("subscription_id", sa.String(16), primary_key=True),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("framework", sa.String(64), nullable=False),
        sa.Column("models", sa.Text, nullable=False),
        sa.Column("environments", sa.Text, nullable=False),
        sa.Column("recipients", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("job", sa.Integer, nullable=False),
        sa.Column("last_month", sa.String(7), nullable=False),
        sa.Column("result", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
    )
