"""How strong a sign-in was, second factors, single sign-on, known browsers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity_session", sa.Column("confirmed_at", sa.String(27)))
    op.add_column("identity_session", sa.Column("second_factor", sa.Boolean))
    op.add_column("identity_session", sa.Column("acr", sa.String(200)))
    op.add_column("identity_session", sa.Column("amr", sa.String(200)))
    op.add_column("identity_session", sa.Column("provider", sa.String(40)))
    op.create_table(
        "identity_second_factor",
        sa.Column("actor_id", sa.String(32), primary_key=True),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("confirmed_at", sa.String(27)),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_recovery_code",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("used_at", sa.String(27)),
    )
    op.create_index("identity_recovery_code_by_actor", "identity_recovery_code", ["actor_id"])
    op.create_table(
        "identity_subject",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("last_used_at", sa.String(27)),
    )
    op.create_index("identity_subject_by_actor", "identity_subject", ["actor_id"])
    op.create_table(
        "identity_waiting",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("wanted", sa.String(2000), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "identity_request",
        sa.Column("request_id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "identity_device",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("last_used_at", sa.String(27), nullable=False),
    )
    op.create_index("identity_device_by_actor", "identity_device", ["actor_id"])
