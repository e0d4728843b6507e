"""The access log, its end, and for a while where requests came from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _log_id() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def upgrade() -> None:
    op.create_table(
        "access",
        _log_id(),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("concerns", sa.String(300), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("many", sa.BigInteger, nullable=False),
        sa.Column("recorder", sa.String(16), nullable=False),
        sa.Column("chain", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("access_by_time", "access", ["log_id", "at"])
    op.create_index("access_by_actor", "access", ["log_id", "actor", "number"])
    op.create_index("access_by_kind", "access", ["log_id", "kind", "number"])
    op.create_table(
        "access_head",
        _log_id(),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "access_origin",
        _log_id(),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
    )
    op.create_index("access_origin_by_time", "access_origin", ["log_id", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER access_refuses_change BEFORE UPDATE OR DELETE ON access "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER access_refuses_truncate BEFORE TRUNCATE ON access "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER access_refuses_{verb.lower()} BEFORE {verb} ON access "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
