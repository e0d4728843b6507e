"""Entries found by version, environment and refusal; each index holds the rows that have one."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = (
    ("entry_by_version", ("version",), "version != ''"),
    ("entry_by_model_version", ("model", "version"), "version != ''"),
    ("entry_by_environment", ("environment",), "environment != ''"),
    ("entry_refused", ("outcome",), "outcome = 'deny'"),
)


def upgrade() -> None:
    for name, columns, condition in _INDEXES:
        op.create_index(
            name,
            "entry",
            ["log_id", *columns, "sequence"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
