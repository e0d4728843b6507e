"""Whom a provider's subject is: recorded once, by (issuer, subject) and by nothing else.

An e-mail address names nobody here: addresses are given to other people, and providers let people
write what they like. The pair is stored as HMAC-SHA256, because the subject is personal data.

Somebody whom the provider knows and we don't can ask to be let in, where the settings say so: what
the provider says of them is kept encrypted until an administrator decides, thirty days at most.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select, update

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.accounts import ensure_account
from webui.identity.sealing import seal, unseal
from webui.identity.secret import keyed_digest, new_public_id
from webui.identity.tables import account, request, subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from webui.identity.providers import Provider
    from webui.wiring import Wiring

KEPT_DAYS: Final = 30
MOST_WAITING: Final = 200
_LONGEST: Final = 200


@dataclass(frozen=True)
class Linked:
    """A subject of a provider that is somebody here."""

    provider: str
    created_at: str
    last_used_at: str | None


@dataclass(frozen=True)
class Request:
    """Somebody who asks to be let in; name and address are what the provider says."""

    request_id: str
    provider: str
    name: str
    email: str
    verified: bool
    created_at: str


def find_subject(wiring: Wiring, provider: Provider, sub: str) -> str | None:
    """Who a subject is here, noted as used now; None where nobody is, or the account is closed."""
    digest = _digest(wiring, provider, sub)
    query = (
        select(subject.c.actor_id)
        .join(account, account.c.actor_id == subject.c.actor_id)
        .where(subject.c.digest == digest, account.c.disabled.is_(False))
    )
    with reading(wiring.engine) as connection:
        actor_id: str | None = connection.execute(query).scalar()
    if actor_id is not None:
        with writing(wiring.engine) as connection:
            connection.execute(
                update(subject)
                .where(subject.c.digest == digest)
                .values(last_used_at=format_instant(wiring.now()))
            )
    return actor_id


def link_subject(wiring: Wiring, provider: Provider, sub: str, actor_id: str) -> None:
    """Record that a subject is somebody; they have an account from then on.

    Raises:
        UnknownSubjectError: no such actor.
        ConflictError: the subject is somebody else, or the person has another one at this provider.
    """
    ensure_account(wiring, actor_id)
    digest = _digest(wiring, provider, sub)
    with writing(wiring.engine) as connection:
        rows = connection.execute(
            select(subject.c.digest, subject.c.actor_id).where(
                (subject.c.digest == digest)
                | ((subject.c.actor_id == actor_id) & (subject.c.provider == provider.name))
            )
        ).all()
        if [tuple(row) for row in rows] == [(digest, actor_id)]:
            return
        if rows:
            raise ConflictError(
                "This sign-in, or another one of this provider, is linked already.",
                code="subject-linked",
                remedy="Take the old link off first.",
            )
        connection.execute(
            insert(subject).values(
                digest=digest,
                provider=provider.name,
                actor_id=actor_id,
                created_at=format_instant(wiring.now()),
            )
        )
        connection.execute(delete(request).where(request.c.digest == digest))


def whose_subject(wiring: Wiring, provider: Provider, sub: str) -> str | None:
    """Who a subject is here, whether or not they may sign in; nothing is noted."""
    query = select(subject.c.actor_id).where(subject.c.digest == _digest(wiring, provider, sub))
    with reading(wiring.engine) as connection:
        actor_id: str | None = connection.execute(query).scalar()
    return actor_id


def linked_subjects(wiring: Wiring, actor_id: str) -> list[Linked]:
    """The sign-ins of providers that are somebody."""
    query = select(subject).where(subject.c.actor_id == actor_id).order_by(subject.c.created_at)
    with reading(wiring.engine) as connection:
        return [
            Linked(row.provider, row.created_at, row.last_used_at)
            for row in connection.execute(query)
        ]


def unlink_subject(wiring: Wiring, actor_id: str, provider: str) -> None:
    """Take a link off; somebody without a password keeps their last one.

    Raises:
        ConflictError: it is the only way in.
    """
    with writing(wiring.engine) as connection:
        hashed = connection.execute(
            select(account.c.password_hash).where(account.c.actor_id == actor_id)
        ).scalar()
        others = connection.execute(
            select(func.count()).where(
                subject.c.actor_id == actor_id, subject.c.provider != provider
            )
        ).scalar_one()
        if hashed is None and not others:
            raise ConflictError("This is your only way to sign in.", code="last-way-in")
        connection.execute(
            delete(subject).where(subject.c.actor_id == actor_id, subject.c.provider == provider)
        )


def note_request(wiring: Wiring, provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Keep the wish of somebody who is not known here; False where too many wait already."""
    digest, now = _digest(wiring, provider, str(claims["sub"])), wiring.now()
    told = {
        "sub": claims["sub"],
        "name": _line(claims.get("name")),
        "email": _line(claims.get("email")),
        "verified": claims.get("email_verified") is True,
    }
    with writing(wiring.engine) as connection:
        oldest = format_instant(now - timedelta(days=KEPT_DAYS))
        connection.execute(delete(request).where(request.c.created_at < oldest))
        waiting = connection.execute(select(func.count()).select_from(request)).scalar_one()
        known = select(request.c.digest).where(request.c.digest == digest)
        if connection.execute(known).first() is not None:
            return True
        if waiting >= MOST_WAITING:
            return False
        connection.execute(
            insert(request).values(
                request_id=new_public_id(),
                digest=digest,
                provider=provider.name,
                told=seal(wiring, "single-sign-on", digest, json.dumps(told).encode()),
                created_at=format_instant(now),
            )
        )
    return True


def list_requests(wiring: Wiring) -> Sequence[Request]:
    """Who asks to be let in, longest first."""
    with reading(wiring.engine) as connection:
        rows = connection.execute(select(request).order_by(request.c.created_at)).all()
    return [_shown(row, _told(wiring, row)) for row in rows]


def accept_request(wiring: Wiring, request_id: str, provider: Provider, actor_id: str) -> None:
    """Let somebody in as an enrolled person.

    Raises:
        UnknownSubjectError: there is no such request (any more) of this provider.
        ConflictError: as ``link_subject``.
    """
    row = _row(wiring, request_id)
    if row.provider != provider.name:
        raise _gone()
    link_subject(wiring, provider, str(_told(wiring, row)["sub"]), actor_id)


def get_request(wiring: Wiring, request_id: str) -> Request:
    """One request, or UnknownSubjectError."""
    row = _row(wiring, request_id)
    return _shown(row, _told(wiring, row))


def drop_request(wiring: Wiring, request_id: str) -> None:
    """Let somebody not in; they may ask again."""
    with writing(wiring.engine) as connection:
        connection.execute(delete(request).where(request.c.request_id == request_id))


def _row(wiring: Wiring, request_id: str) -> Row[Any]:
    with reading(wiring.engine) as connection:
        row = connection.execute(select(request).where(request.c.request_id == request_id)).first()
    if row is None:
        raise _gone()
    return row


def _told(wiring: Wiring, row: Row[Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(unseal(wiring, "single-sign-on", row.digest, row.told))
    return told


def _shown(row: Row[Any], told: Mapping[str, Any]) -> Request:
    return Request(
        row.request_id,
        row.provider,
        str(told["name"]),
        str(told["email"]),
        bool(told["verified"]),
        row.created_at,
    )


def _line(said: object) -> str:
    """What a provider says, as one printable line of bounded length."""
    text = said if isinstance(said, str) else ""
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST].strip()


def _digest(wiring: Wiring, provider: Provider, sub: str) -> str:
    return keyed_digest(wiring, "single-sign-on", f"{provider.issuer}\n{sub}")


def _gone() -> UnknownSubjectError:
    return UnknownSubjectError("This request is not there any more.", code="request-gone")
