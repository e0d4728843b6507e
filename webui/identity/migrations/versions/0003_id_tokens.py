"""Identity tokens of CI jobs: which were spent, what was exchanged, and what tokens prove."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_shown_id_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_index(
        "identity_shown_id_token_by_expiry", "identity_shown_id_token", ["expires_at"]
    )
    op.create_table(
        "identity_exchange",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("repository_id", sa.String(20), nullable=False),
        sa.Column("publisher", sa.BigInteger),
        sa.Column("token_id", sa.String(16)),
    )
    op.add_column("identity_token", sa.Column("publisher", sa.BigInteger))
    op.add_column("identity_token", sa.Column("proof", sa.Text))
