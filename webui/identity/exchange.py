"""Identity tokens of CI jobs exchanged for API tokens of ten minutes (RFC 8693).

A token is proved with its issuer's key, must meet a publisher that is trusted now, and opens once:
its ``jti`` is kept until it expires, in the database, so that no other process takes it either.
What comes of it acts as the publisher's workload, within the publisher's scope, and carries the
claims into every entry that it brings about.

Where several publishers admit a token, the one that asks for the most claims is taken, then the
oldest; whoever exchanges may name another. What was exchanged or refused is kept for a page, the
newest ``MOST_KEPT``; of tokens whose issuer nobody trusts nothing is kept.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.core.digest import hex_digest
from ledger.errors import OutsideError
from ledger.events.names import format_instant
from ledger.state.publishers import EXCHANGED_MINUTES, why_not
from ledger.store.database import reading, writing
from webui.identity.errors import IdentityError, IdTokenError, NotAdmittedError
from webui.identity.id_token import prove, read_identity, read_unproven
from webui.identity.scope import TokenScope
from webui.identity.tables import exchange as exchanges
from webui.identity.tables import shown_id_token
from webui.identity.tokens import insert_exchanged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.events.proof import IdTokenProof
    from ledger.state.publishers import PublisherState
    from webui.identity.id_token import Identity, Unproven
    from webui.wiring import Wiring

MOST_KEPT: Final = 500
MOST_PUBLISHERS: Final = 1_000
_ID: Final = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True)
class Exchanged:
    """What a job was given. ``secret`` is shown this once."""

    secret: str
    token_id: str
    actor_id: str
    publisher: int
    scope: TokenScope
    seconds: int


@dataclass(frozen=True)
class Tried:
    """One exchange or refusal, as it may be shown. ``code`` is empty where it went through."""

    at: str
    code: str
    issuer: str
    repository_id: str
    publisher: int | None
    token_id: str | None


def exchange(wiring: Wiring, compact: str, wanted: int | None = None) -> Exchanged:
    """Exchange an identity token; ``wanted`` names a publisher.

    Raises:
        IdTokenError: it does not prove what it says, or was exchanged before.
        NotAdmittedError: no publisher admits it.
        IssuerError: its issuer can't be asked for its keys now.
    """
    token = read_unproven(compact)
    rules = [rule for rule in trusted(wiring) if rule.issuer == token.issuer]
    if not rules:
        raise _nobody()
    try:
        identity = _proved(wiring, token, rules[0])
        rule, proof = _admitted(rules, identity, wanted)
        return _given(wiring, rule, proof, identity)
    except (IdentityError, OutsideError) as error:
        _note(wiring, token, error.code)
        raise


def trusted(wiring: Wiring) -> Sequence[PublisherState]:
    """The publishers that are trusted now, oldest first."""
    return wiring.reader.publishers(status="trusted", limit=MOST_PUBLISHERS)[::-1]


def tried(wiring: Wiring, limit: int = 50) -> list[Tried]:
    """The newest exchanges and refusals."""
    query = select(exchanges).order_by(exchanges.c.number.desc()).limit(limit)
    with reading(wiring.engine) as connection:
        return [
            Tried(row.at, row.code, row.issuer, row.repository_id, row.publisher, row.token_id)
            for row in connection.execute(query)
        ]


def last_exchanges(wiring: Wiring) -> dict[int, str]:
    """When each publisher's tokens were last exchanged, as far as that is kept."""
    query = (
        select(exchanges.c.publisher, func.max(exchanges.c.at))
        .where(exchanges.c.code == "", exchanges.c.publisher.is_not(None))
        .group_by(exchanges.c.publisher)
    )
    with reading(wiring.engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _proved(wiring: Wiring, token: Unproven, rule: PublisherState) -> Identity:
    private = rule.issuer in wiring.settings.private_issuers
    prove(token, wiring.issuers.key(rule.issuer, token.key_id, private=private))
    return read_identity(token, rule.provider, wiring.now())


def _admitted(
    rules: Sequence[PublisherState], identity: Identity, wanted: int | None
) -> tuple[PublisherState, IdTokenProof]:
    """The rule to act under. What a rule pins is told only to the repository that it names."""
    near = ""
    for rule in sorted(rules, key=lambda one: (-one.pins, one.since)):
        if wanted is not None and rule.since != wanted:
            continue
        proof = identity.shown_to(rule.since, with_workflow=rule.workflow is not None)
        code = why_not(rule, proof)
        if not code:
            return rule, proof
        same = (proof.repository_id, proof.owner_id) == (rule.repository_id, rule.owner_id)
        near = near or (code if same else "")
    if near:
        raise NotAdmittedError(
            "A publisher names this repository, but asks for another claim.",
            code=near,
            remedy="Compare the job with the publisher on the page Publishers.",
        )
    raise _nobody()


def _given(
    wiring: Wiring, rule: PublisherState, proof: IdTokenProof, identity: Identity
) -> Exchanged:
    """Spend the identity token and make the other, in one transaction."""
    now = wiring.now()
    scope = TokenScope(
        kinds=rule.kinds, models=rule.models or "*", environments=rule.deploys_to or "*"
    )
    spent = hex_digest(f"{rule.issuer}\n{identity.token_id}".encode())
    dialect = postgresql if wiring.engine.dialect.name == "postgresql" else sqlite
    once = dialect.insert(shown_id_token).on_conflict_do_nothing(index_elements=["digest"])
    fields = {"digest": spent, "expires_at": format_instant(identity.expires_at)}
    with writing(wiring.engine) as connection:
        moment = format_instant(now)
        connection.execute(delete(shown_id_token).where(shown_id_token.c.expires_at <= moment))
        if connection.execute(once, fields).rowcount != 1:
            raise IdTokenError(
                "This identity token was exchanged before.",
                code="id-token-replayed",
                remedy="Ask the CI service for a new one; each opens once.",
            )
        token_id, secret = insert_exchanged(connection, rule, proof, scope, now)
        _keep(connection, now, "", rule.issuer, rule.repository_id, rule.since, token_id)
    seconds = int(timedelta(minutes=EXCHANGED_MINUTES).total_seconds())
    return Exchanged(secret, token_id, rule.actor_id, rule.since, scope, seconds)


def _note(wiring: Wiring, token: Unproven, code: str) -> None:
    """Keep that a token was refused; a database that can't be written refuses it all the same."""
    claimed = token.claims.get("repository_id", token.claims.get("project_id", ""))
    repository = str(claimed) if _ID.fullmatch(str(claimed)) else ""
    with contextlib.suppress(OutsideError), writing(wiring.engine) as connection:
        _keep(connection, wiring.now(), code, token.issuer, repository, None, None)


def _keep(  # noqa: PLR0917 (the columns of a row)
    connection: Connection,
    now: datetime,
    code: str,
    issuer: str,
    repository_id: str,
    publisher: int | None,
    token_id: str | None,
) -> None:
    made = connection.execute(
        insert(exchanges).values(
            at=format_instant(now),
            code=code,
            issuer=issuer,
            repository_id=repository_id,
            publisher=publisher,
            token_id=token_id,
        )
    )
    (number,) = made.inserted_primary_key or (0,)
    connection.execute(delete(exchanges).where(exchanges.c.number <= number - MOST_KEPT))


def _nobody() -> NotAdmittedError:
    return NotAdmittedError(
        "No publisher admits this identity token.",
        code="publisher-none",
        remedy="An administrator trusts the repository on the page Publishers, by its ids.",
    )
