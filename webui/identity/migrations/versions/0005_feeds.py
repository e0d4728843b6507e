"""Whom a list of people or an identity provider tells of, and its groups."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_feed_person",
        sa.Column("feed", sa.String(64), primary_key=True),
        sa.Column("actor_id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("other", sa.String(64)),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.UniqueConstraint("feed", "digest"),
    )
    op.create_index("identity_feed_person_by_other", "identity_feed_person", ["feed", "other"])
    op.create_table(
        "identity_feed_group",
        sa.Column("feed", sa.String(64), primary_key=True),
        sa.Column("group_id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("other", sa.String(64)),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.UniqueConstraint("feed", "digest"),
    )
    op.create_table(
        "identity_feed_member",
        sa.Column("feed", sa.String(64), primary_key=True),
        sa.Column("group_id", sa.String(32), primary_key=True),
        sa.Column("actor_id", sa.String(32), primary_key=True),
    )
    op.create_index("identity_feed_member_by_actor", "identity_feed_member", ["actor_id"])
