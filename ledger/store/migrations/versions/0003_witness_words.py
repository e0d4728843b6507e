"""What each witness last said: a note for people, which may change and can be lost."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "witness_word",
        sa.Column(
            "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
        ),
        sa.Column("signer", sa.String(300), primary_key=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("said_at", sa.String(27), nullable=False),
    )
