"""API tokens: ``cst_``, 32 base62 characters (190 bits) and 6 that check them.

The check is the CRC-32 of the 32 characters in base62, so that a scanner of leaked secrets knows a
token from chance and a mistyped one is refused without a look-up. What is stored is SHA-256. A
token acts as its actor, within its scope; policy and ledger then say what that actor may.
"""

from __future__ import annotations

import contextlib
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from ledger.errors import OutsideError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.events.names import format_instant, parse_instant
from ledger.events.proof import IdTokenProof
from ledger.state.publishers import EXCHANGED_MINUTES
from ledger.store.database import reading, writing
from webui.identity.errors import TokenError
from webui.identity.scope import TokenScope
from webui.identity.secret import new_public_id, stored_form
from webui.identity.tables import account, token

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from ledger.errors import LedgerError
    from ledger.events.actor import Via
    from ledger.events.proof import Proof
    from ledger.state.publishers import PublisherState
    from webui.wiring import Wiring

PREFIX: Final = "cst_"
RANDOM_CHARACTERS: Final = 32
CHECK_CHARACTERS: Final = 6
LONGEST_DAYS: Final = 366
_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NOTED_EVERY: Final = timedelta(minutes=1)
_EXCHANGED_KEPT: Final = timedelta(days=7)
_BY_TOKEN: Final = frozenset({"token", "id-token"})
_GOOD: Final = (
    select(token.c.token_id)
    .outerjoin(account, account.c.actor_id == token.c.actor_id)
    .where(
        token.c.token_id.in_(bindparam("named", expanding=True)),
        token.c.revoked_at.is_(None),
        token.c.expires_at > bindparam("now"),
        account.c.disabled.is_not(True),
    )
)


@dataclass(frozen=True)
class Token:
    """A token as it may be shown: everything but the secret."""

    token_id: str
    actor_id: str
    label: str
    scope: TokenScope
    created_at: str
    created_by: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None


@dataclass(frozen=True)
class Bearer:
    """Who sent a request, how far the token reaches, and the proof for which it was given out."""

    actor: Actor
    scope: TokenScope
    proof: Proof | None = None


def new_token_secret() -> str:
    """A token with its check characters."""
    random = "".join(secrets.choice(_BASE62) for _ in range(RANDOM_CHARACTERS))
    return f"{PREFIX}{random}{_check(random)}"


def is_well_formed(secret: str) -> bool:
    """Whether a text has the shape of a token and its check characters are right."""
    random = secret[len(PREFIX) : len(PREFIX) + RANDOM_CHARACTERS]
    return (
        len(secret) == len(PREFIX) + RANDOM_CHARACTERS + CHECK_CHARACTERS
        and secret.startswith(PREFIX)
        and all(character in _BASE62 for character in secret[len(PREFIX) :])
        and secret.endswith(_check(random))
    )


def create_token(
    wiring: Wiring, *, actor_id: str, label: str, scope: TokenScope, days: int, created_by: str
) -> tuple[str, str]:
    """Make a token for an enrolled actor; returns its public id and its secret, shown once.

    Raises:
        UnknownSubjectError: no such actor.
    """
    wiring.reader.actor(actor_id)
    secret, token_id = new_token_secret(), new_public_id()
    now = wiring.now()
    with writing(wiring.engine) as connection:
        connection.execute(
            insert(token).values(
                token_id=token_id,
                digest=stored_form(secret),
                actor_id=actor_id,
                label=label,
                scope=scope.model_dump_json(),
                created_at=format_instant(now),
                created_by=created_by,
                expires_at=format_instant(now + timedelta(days=days)),
            )
        )
    return token_id, secret


def insert_exchanged(
    connection: Connection,
    rule: PublisherState,
    proof: IdTokenProof,
    scope: TokenScope,
    now: datetime,
) -> tuple[str, str]:
    """Make the short token of a CI job; its public id and its secret. Old ones are forgotten."""
    secret, token_id = new_token_secret(), new_public_id()
    old = token.c.expires_at < format_instant(now - _EXCHANGED_KEPT)
    connection.execute(delete(token).where(token.c.publisher.is_not(None), old))
    connection.execute(
        insert(token).values(
            token_id=token_id,
            digest=stored_form(secret),
            actor_id=rule.actor_id,
            label=f"publisher {rule.since}, run {proof.run}",
            scope=scope.model_dump_json(),
            created_at=format_instant(now),
            created_by=rule.actor_id,
            expires_at=format_instant(now + timedelta(minutes=EXCHANGED_MINUTES)),
            publisher=rule.since,
            proof=proof.model_dump_json(exclude_none=True),
        )
    )
    return token_id, secret


def authenticate(wiring: Wiring, secret: str) -> Bearer:
    """Whose token this is.

    Raises:
        TokenError: nobody's: malformed, unknown, expired, revoked, or its account is disabled.
    """
    if not is_well_formed(secret):
        raise _refused()
    query = (
        select(token, account.c.disabled)
        .outerjoin(account, account.c.actor_id == token.c.actor_id)
        .where(token.c.digest == stored_form(secret))
    )
    with reading(wiring.engine) as connection:
        row = connection.execute(query).first()
    now = format_instant(wiring.now())
    if row is None or row.revoked_at is not None or row.expires_at <= now or row.disabled:
        raise _refused()
    _note_use(wiring, row)
    state = wiring.reader.actor(row.actor_id)
    proof = None if row.proof is None else IdTokenProof.model_validate_json(row.proof)
    via: Via = "token" if proof is None else "id-token"
    actor = Actor(id=state.id, type=state.type, via=via, credential=row.token_id)
    return Bearer(actor, TokenScope.model_validate_json(row.scope), proof)


def bearer_of(wiring: Wiring, header: str) -> Bearer:
    """Whose token an ``Authorization`` header carries (RFC 6750).

    Raises:
        TokenError: there is none, or it is nobody's.
    """
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError(
            "This needs an API token.",
            code="token-missing",
            remedy="Send `Authorization: Bearer cst_...`.",
        )
    return authenticate(wiring, secret.strip())


def no_longer_good(
    connection: Connection, actors: Collection[Actor], now: str
) -> dict[Actor, LedgerError]:
    """Those of some actors whose token opens nothing any more, and what they are told.

    For the transaction that would record what they ask.
    """
    tokens = {actor.credential: actor for actor in actors if actor.via in _BY_TOKEN}
    named = [token_id for token_id in tokens if token_id is not None]
    if not named:
        return {}
    good = set(connection.execute(_GOOD, {"named": named, "now": now}).scalars())
    return {tokens[token_id]: _refused() for token_id in named if token_id not in good}


def revoke_token(wiring: Wiring, token_id: str) -> None:
    """Revoke a token; it opens nothing from now on. Revoking twice changes nothing.

    Raises:
        UnknownSubjectError: no such token.
    """
    get_token(wiring, token_id)
    with writing(wiring.engine) as connection:
        connection.execute(
            update(token)
            .where(token.c.token_id == token_id, token.c.revoked_at.is_(None))
            .values(revoked_at=format_instant(wiring.now()))
        )


def get_token(wiring: Wiring, token_id: str) -> Token:
    """One token, or UnknownSubjectError."""
    with reading(wiring.engine) as connection:
        row = connection.execute(select(token).where(token.c.token_id == token_id)).first()
    if row is None:
        raise UnknownSubjectError("There is no such token.", pointer="/token_id")
    return _shown(row)


def list_tokens(wiring: Wiring, actor_id: str | None = None) -> Sequence[Token]:
    """The tokens of an actor, or of everybody, newest first; none that were exchanged."""
    query = (
        select(token)
        .where(token.c.publisher.is_(None))
        .order_by(token.c.created_at.desc(), token.c.token_id)
    )
    if actor_id is not None:
        query = query.where(token.c.actor_id == actor_id)
    with reading(wiring.engine) as connection:
        return [_shown(row) for row in connection.execute(query)]


def _check(random: str) -> str:
    """CRC-32 (the polynomial of zlib) in base62, most significant first."""
    rest = zlib.crc32(random.encode("ascii", "replace"))
    digits = ""
    for _ in range(CHECK_CHARACTERS):
        rest, digit = divmod(rest, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def _note_use(wiring: Wiring, row: Row[Any]) -> None:
    now = wiring.now()
    if row.last_used_at is not None and now - parse_instant(row.last_used_at) < _NOTED_EVERY:
        return
    # A database that can't be written can still be read.
    with contextlib.suppress(OutsideError), writing(wiring.engine) as connection:
        connection.execute(
            update(token)
            .where(token.c.token_id == row.token_id)
            .values(last_used_at=format_instant(now))
        )


def _shown(row: Row[Any]) -> Token:
    return Token(
        token_id=row.token_id,
        actor_id=row.actor_id,
        label=row.label,
        scope=TokenScope.model_validate_json(row.scope),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _refused() -> TokenError:
    return TokenError(
        "The API token is missing, malformed, unknown, expired or revoked.",
        remedy="Send `Authorization: Bearer cst_...` with a token that is valid now.",
    )
