"""Statements that wait to be signed by passkeys, and what people call their passkeys."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_statement",
        sa.Column("nonce", sa.String(32), primary_key=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("used_at", sa.String(27)),
    )
    op.create_table(
        "identity_passkey_name",
        sa.Column("passkey", sa.String(64), primary_key=True),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
    )
