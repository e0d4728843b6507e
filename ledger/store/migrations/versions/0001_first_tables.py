"""The first tables, and triggers that refuse to change what is append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "tile", "checkpoint")


def upgrade() -> None:
    _log_tables()
    _derived_tables()
    _vault_tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _of_log() -> sa.Column:
    return sa.Column(
        "log_id", sa.Integer, sa.ForeignKey("log.log_id"), primary_key=True, autoincrement=False
    )


def _log_tables() -> None:
    op.create_table(
        "log",
        sa.Column("log_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("origin", sa.String(300), nullable=False, unique=True),
    )
    op.create_table(
        "head",
        _of_log(),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("previous", sa.LargeBinary(32), nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("checkpoint", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "entry",
        _of_log(),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    op.create_index("entry_by_kind", "entry", ["log_id", "kind", "sequence"])
    op.create_index("entry_by_model", "entry", ["log_id", "model", "sequence"])
    op.create_index("entry_by_actor", "entry", ["log_id", "actor", "sequence"])
    op.create_index("entry_by_time", "entry", ["log_id", "recorded_at"])
    op.create_table(
        "tile",
        _of_log(),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("hashes", sa.LargeBinary(8192), nullable=False),
    )
    op.create_table(
        "checkpoint",
        _of_log(),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )


def _derived_tables() -> None:
    op.create_table(
        "folded",
        _of_log(),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("folded_by_since", "folded", ["log_id", "kind", "since"])
    op.create_index("folded_by_model", "folded", ["log_id", "kind", "model", "since"])
    op.create_index("folded_by_status", "folded", ["log_id", "kind", "status", "since"])
    op.create_table(
        "idempotency",
        _of_log(),
        sa.Column("key", sa.LargeBinary(32), primary_key=True),
        sa.Column("command", sa.LargeBinary(32), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _vault_tables() -> None:
    op.create_table(
        "vault",
        _of_log(),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("vault_by_subject", "vault", ["log_id", "subject"])
    op.create_table(
        "vault_key",
        _of_log(),
        sa.Column("subject", sa.String(32), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )


def _sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
