"""The tables, as SQLAlchemy Core. Nothing else in the product names a column of the ledger.

The log's own tables (``entry``, ``tile``, ``checkpoint``), what was published (``publication``),
what others added to it (``cosignature``, ``timestamp``) and the access log (``access``) are only
ever inserted into; triggers refuse UPDATE, DELETE and TRUNCATE. That is a seat belt: the proof is
the tree. ``folded`` and ``idempotency`` are derived from the entries and can be thrown away and
rebuilt; ``verification`` remembers when the verifier ran and what it said, ``witness_word`` what
each witness last said, and the ``notice_`` tables who wants to hear of what and what was sent.
``connection`` are the sources elsewhere that are listened to, ``inbound`` what they delivered.
``job`` is long work that was asked for, ``report_subscription`` are reports of every month.
``statement_draft`` is what people are about to sign.
``standing_`` tables hold the controls as they stand: derived from the entries, never evidence.
``access_head`` is the end of the access log, ``access_origin`` for a month the keyed digest of the
address behind a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Dialect


class Blob(TypeDecorator[bytes]):
    """Bytes, also where somebody edited them by hand and SQLite now holds them as text.

    What was tampered with must be read in order to be named.
    """

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bytes | None]:
        """Bytes as they are; text as its UTF-8."""
        del dialect, coltype

        def read(value: Any) -> bytes | None:
            if isinstance(value, str):
                return value.encode("utf-8", "surrogatepass")
            return None if value is None else bytes(value)

        return read


metadata: Final = MetaData()

log = Table(
    "log",
    metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False, unique=True),
    Column("origin", String(300), nullable=False, unique=True),
)

head = Table(
    "head",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("previous", Blob(32), nullable=False),
    Column("frontier", Blob, nullable=False),
    Column("root", Blob(32), nullable=False),
    Column("recorded_at", String(27), nullable=False),
    Column("checkpoint", Blob, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("recorded_at", String(27), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("model", String(100), nullable=False),
    Column("version", String(64), nullable=False),
    Column("environment", String(64), nullable=False),
    Column("leaf_hash", Blob(32), nullable=False),
    Column("envelope", Blob, nullable=False),
    Index("entry_by_kind", "log_id", "kind", "sequence"),
    Index("entry_by_model", "log_id", "model", "sequence"),
    Index("entry_by_actor", "log_id", "actor", "sequence"),
    Index("entry_by_time", "log_id", "recorded_at", "sequence"),
)

# Not every entry has a version or an environment, and few are refused: each index holds only those.
# A query must say the same words for its index to be used.
HAS_VERSION: Final = entry.c.version != literal_column("''")
HAS_ENVIRONMENT: Final = entry.c.environment != literal_column("''")
REFUSED: Final = entry.c.outcome == literal_column("'deny'")


def _part_of_entries(name: str, condition: ColumnElement[bool], *columns: str) -> Index:
    of = [entry.c.log_id, *(entry.c[column] for column in columns), entry.c.sequence]
    return Index(name, *of, sqlite_where=condition, postgresql_where=condition)


_part_of_entries("entry_by_version", HAS_VERSION, "version")
_part_of_entries("entry_by_model_version", HAS_VERSION, "model", "version")
_part_of_entries("entry_by_environment", HAS_ENVIRONMENT, "environment")
_part_of_entries("entry_refused", REFUSED, "outcome")

tile = Table(
    "tile",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("root", Blob(32), nullable=False),
    Column("hashes", Blob(8192), nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Blob, nullable=False),
)

publication = Table(
    "publication",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Blob, nullable=False),
    Column("published_at", String(27), nullable=False),
)

cosignature = Table(
    "cosignature",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("signer", String(300), primary_key=True),
    Column("line", Blob, nullable=False),
    Column("received_at", String(27), nullable=False),
)

witness_word = Table(
    "witness_word",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("signer", String(300), primary_key=True),
    Column("outcome", String(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("said_at", String(27), nullable=False),
)

timestamp = Table(
    "timestamp",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", String(300), primary_key=True),
    Column("token", Blob, nullable=False),
    Column("received_at", String(27), nullable=False),
)

verification = Table(
    "verification",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("begun_at", String(27), primary_key=True),
    Column("ended_at", String(27), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", Blob(32), nullable=False),
    Column("problems", Integer, nullable=False),
    Column("report", Blob, nullable=False),
)

folded = Table(
    "folded",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("model", String(100), nullable=False),
    Column("version", String(64), nullable=False),
    Column("environment", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("value", Blob, nullable=False),
    Index("folded_by_since", "log_id", "kind", "since"),
    Index("folded_by_model", "log_id", "kind", "model", "since"),
    Index("folded_by_status", "log_id", "kind", "status", "since"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("key", Blob(32), primary_key=True),
    Column("command", Blob(32), nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

vault = Table(
    "vault",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("field", String(64), primary_key=True),
    Column("subject", String(32), nullable=False),
    Column("sealed", Blob, nullable=False),
    Index("vault_by_subject", "log_id", "subject"),
)

vault_key = Table(
    "vault_key",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("subject", String(32), primary_key=True),
    Column("wrapped", Blob, nullable=False),
)

hourly = Table(
    "hourly",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("actor", String(32), primary_key=True),
    Column("hour", String(13), nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("cut", BigInteger, nullable=False),
)

notice_subscription = Table(
    "notice_subscription",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("subscription_id", String(40), primary_key=True),
    Column("subscriber", String(32), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("topics", Text, nullable=False),
    Column("model", String(100), nullable=False),
    Column("environment", String(64), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("created_at", String(27), nullable=False),
    Index("notice_subscription_by_subscriber", "log_id", "subscriber"),
)

notice_cursor = Table(
    "notice_cursor",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)

notice_delivery = Table(
    "notice_delivery",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("occasion", String(64), primary_key=True),
    Column("subscription_id", String(40), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("channel", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(27), nullable=False),
    Column("settled_at", String(27), nullable=False),
    Column("failure", Text, nullable=False),
    Index("notice_delivery_by_due", "log_id", "state", "channel", "due_at"),
    Index("notice_delivery_by_settled", "log_id", "state", "settled_at"),
)

job = Table(
    "job",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("log_id", Integer, ForeignKey("log.log_id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("wanted", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("key", String(250), nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", String(40), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("asked_at", String(27), nullable=False),
    Column("begun_at", String(27), nullable=False),
    Column("ended_at", String(27), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", String(27), nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("result", BigInteger, nullable=False),
    Column("failure", Text, nullable=False),
    UniqueConstraint("log_id", "owner", "key"),
    Index("job_by_state", "log_id", "state", "number"),
    Index("job_by_owner", "log_id", "owner", "number"),
)

report_subscription = Table(
    "report_subscription",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("subscription_id", String(16), primary_key=True),
    Column("owner", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("framework", String(64), nullable=False),
    Column("models", Text, nullable=False),
    Column("environments", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("month", String(7), nullable=False),
    Column("job", Integer, nullable=False),
    Column("last_month", String(7), nullable=False),
    Column("result", BigInteger, nullable=False),
    Column("failure", Text, nullable=False),
)

statement_draft = Table(
    "statement_draft",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("control", String(100), primary_key=True),
    Column("draft_id", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", String(32), nullable=False),
    Column("changed_by", String(32), nullable=False),
    Column("hands", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("changed_at", String(27), nullable=False),
    Column("due", String(10), nullable=False),
    Column("sealed", Blob, nullable=False),
)

access = Table(
    "access",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("via", String(16), nullable=False),
    Column("route", String(64), nullable=False),
    Column("concerns", String(300), nullable=False),
    Column("status", Integer, nullable=False),
    Column("many", BigInteger, nullable=False),
    Column("recorder", String(16), nullable=False),
    Column("chain", Blob(32), nullable=False),
    Index("access_by_time", "log_id", "at"),
    Index("access_by_actor", "log_id", "actor", "number"),
    Index("access_by_kind", "log_id", "kind", "number"),
)

access_head = Table(
    "access_head",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("chain", Blob(32), nullable=False),
)

access_origin = Table(
    "access_origin",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("digest", String(32), nullable=False),
    Index("access_origin_by_time", "log_id", "at"),
)

connection = Table(
    "connection",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("type", String(16), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("silent_hours", Integer, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("heard_at", String(27), nullable=False),
    Column("refused_at", String(27), nullable=False),
    Column("silence_told_at", String(27), nullable=False),
)

inbound = Table(
    "inbound",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("connection", String(64), primary_key=True),
    Column("delivery", String(64), primary_key=True),
    Column("received_at", String(27), nullable=False),
    Column("state", String(16), nullable=False),
    Column("settled_at", String(27), nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("failure", Text, nullable=False),
    Column("body", Blob, nullable=False),
    Index("inbound_by_state", "log_id", "state", "received_at"),
    Index("inbound_by_connection", "log_id", "connection", "received_at"),
)

standing_note = Table(
    "standing_note",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("name", String(300), primary_key=True),
    Column("value", Blob, nullable=False),
)

standing_unit = Table(
    "standing_unit",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("name", String(300), primary_key=True),
    Column("again", String(27), nullable=False),
    Column("value", Blob, nullable=False),
    Index("standing_unit_by_again", "log_id", "again"),
)

standing_deviation = Table(
    "standing_deviation",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("piece", String(16), primary_key=True),
    Column("missing", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    Column("unit", String(300), primary_key=True),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    Column("value", Blob, nullable=False),
    Index("standing_deviation_by_unit", "log_id", "unit"),
)

standing_turn = Table(
    "standing_turn",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("control", String(100), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("verdict", String(24), nullable=False),
    Column("before", String(24), nullable=False),
    Column("cause", String(16), nullable=False),
    Index("standing_turn_by_position", "log_id", "position"),
)

guard_metadata: Final = MetaData()

guard = Table(
    "guard",
    guard_metadata,
    Column("origin", String(300), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", Blob(32), nullable=False),
    Column("checkpoint", Text, nullable=False),
)

APPEND_ONLY: Final = (
    "entry",
    "tile",
    "checkpoint",
    "publication",
    "cosignature",
    "timestamp",
    "access",
)
