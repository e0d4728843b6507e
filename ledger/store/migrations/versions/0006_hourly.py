"""What each actor asked for within the hour: counters, which bound what refusals can fill."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hourly",
        sa.Column(
            "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
        ),
        sa.Column("actor", sa.String(32), primary_key=True),
        sa.Column("hour", sa.String(13), nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("cut", sa.BigInteger, nullable=False),
    )
