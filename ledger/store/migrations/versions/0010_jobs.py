"""Long work: what is asked for, who works on it, how far it is, how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("log_id", sa.Integer, sa.ForeignKey("log.log_id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("key", sa.String(250), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("asked_at", sa.String(27), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.String(27), nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("result", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.UniqueConstraint("log_id", "owner", "key"),
    )
    op.create_index("job_by_state", "job", ["log_id", "state", "number"])
    op.create_index("job_by_owner", "job", ["log_id", "owner", "number"])
