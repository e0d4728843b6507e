"""The tables of accounts, links, sessions, throttles and tokens, as SQLAlchemy Core.

No table holds a name, an e-mail address, a password or a secret in the clear: addresses, subjects
of single sign-on and recovery codes stand as HMAC-SHA256, passwords as Argon2id, random secrets as
SHA-256 (they have 190 bits or more). What must be read again (the secret of a second factor, whom
an unknown subject says to be) is encrypted. Times are RFC 3339 in UTC with microseconds, so that
the order of the text is the order of time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

account = Table(
    "identity_account",
    metadata,
    Column("actor_id", String(32), primary_key=True),
    Column("email_lookup", String(64), nullable=False, unique=True),
    Column("password_hash", String(255)),
    Column("created_at", String(27), nullable=False),
    Column("disabled", Boolean, nullable=False),
)

link = Table(
    "identity_link",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("used_at", String(27)),
)

session = Table(
    "identity_session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("session_id", String(16), nullable=False, unique=True),
    Column("actor_id", String(32), nullable=False),
    Column("via", String(16), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("last_seen_at", String(27), nullable=False),
    Column("revoked_at", String(27)),
    Column("confirmed_at", String(27)),
    Column("second_factor", Boolean),
    Column("acr", String(200)),
    Column("amr", String(200)),
    Column("provider", String(40)),
    Index("identity_session_by_actor", "actor_id"),
)

second_factor = Table(
    "identity_second_factor",
    metadata,
    Column("actor_id", String(32), primary_key=True),
    Column("secret", String(200), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("confirmed_at", String(27)),
    Column("last_step", BigInteger, nullable=False),
)

recovery_code = Table(
    "identity_recovery_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("actor_id", String(32), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("used_at", String(27)),
    Index("identity_recovery_code_by_actor", "actor_id"),
)

subject = Table(
    "identity_subject",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("last_used_at", String(27)),
    Index("identity_subject_by_actor", "actor_id"),
)

waiting = Table(
    "identity_waiting",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("wanted", String(2000), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
)

request = Table(
    "identity_request",
    metadata,
    Column("request_id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("provider", String(40), nullable=False),
    Column("told", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
)

device = Table(
    "identity_device",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("actor_id", String(32), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("last_used_at", String(27), nullable=False),
    Index("identity_device_by_actor", "actor_id"),
)

throttle = Table(
    "identity_throttle",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", String(27), nullable=False),
)

token = Table(
    "identity_token",
    metadata,
    Column("token_id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("actor_id", String(32), nullable=False),
    Column("label", String(100), nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("last_used_at", String(27)),
    Column("revoked_at", String(27)),
    Column("publisher", BigInteger),
    Column("proof", Text),
    Index("identity_token_by_actor", "actor_id"),
)

shown_id_token = Table(
    "identity_shown_id_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("expires_at", String(27), nullable=False),
    Index("identity_shown_id_token_by_expiry", "expires_at"),
)

exchange = Table(
    "identity_exchange",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", String(27), nullable=False),
    Column("code", String(40), nullable=False),
    Column("issuer", String(300), nullable=False),
    Column("repository_id", String(20), nullable=False),
    Column("publisher", BigInteger),
    Column("token_id", String(16)),
)

statement = Table(
    "identity_statement",
    metadata,
    Column("nonce", String(32), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("session_id", String(64), nullable=False),
    Column("statement", Text, nullable=False),
    Column("salt", String(64), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("used_at", String(27)),
)

passkey_name = Table(
    "identity_passkey_name",
    metadata,
    Column("passkey", String(64), primary_key=True),
    Column("actor_id", String(32), nullable=False),
    Column("name", String(60), nullable=False),
)

feed_person = Table(
    "identity_feed_person",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("actor_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("other", String(64)),
    Column("told", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("changed_at", String(27), nullable=False),
    UniqueConstraint("feed", "digest"),
    Index("identity_feed_person_by_other", "feed", "other"),
)

feed_group = Table(
    "identity_feed_group",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("group_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("other", String(64)),
    Column("told", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("changed_at", String(27), nullable=False),
    UniqueConstraint("feed", "digest"),
)

feed_member = Table(
    "identity_feed_member",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("group_id", String(32), primary_key=True),
    Column("actor_id", String(32), primary_key=True),
    Index("identity_feed_member_by_actor", "actor_id"),
)
