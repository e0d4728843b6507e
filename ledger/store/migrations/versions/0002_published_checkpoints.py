"""Published checkpoints, what others added to them, and the runs of the verifier."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("publication", "cosignature", "timestamp")


def upgrade() -> None:
    op.create_table(
        "publication",
        _of_log(),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("published_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "cosignature",
        _of_log(),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("signer", sa.String(300), primary_key=True),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "timestamp",
        _of_log(),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("authority", sa.String(300), primary_key=True),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "verification",
        _of_log(),
        sa.Column("begun_at", sa.String(27), primary_key=True),
        sa.Column("ended_at", sa.String(27), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("problems", sa.Integer, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _of_log() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def _sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )


def _postgresql_triggers() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
