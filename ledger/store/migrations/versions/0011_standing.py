"""Controls as they stand: units and their tallies, deviations, and the turns of verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _log_id() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def upgrade() -> None:
    op.create_table(
        "standing_note",
        _log_id(),
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "standing_unit",
        _log_id(),
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("again", sa.String(27), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("standing_unit_by_again", "standing_unit", ["log_id", "again"])
    op.create_table(
        "standing_deviation",
        _log_id(),
        sa.Column("piece", sa.String(16), primary_key=True),
        sa.Column("missing", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("unit", sa.String(300), primary_key=True),
        sa.Column("nth", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("standing_deviation_by_unit", "standing_deviation", ["log_id", "unit"])
    op.create_table(
        "standing_turn",
        _log_id(),
        sa.Column("control", sa.String(100), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("verdict", sa.String(24), nullable=False),
        sa.Column("before", sa.String(24), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
    )
    op.create_index("standing_turn_by_position", "standing_turn", ["log_id", "position"])
