"""Accounts: which actor signs in with which e-mail address and password.

The address is found by HMAC-SHA256 of its normal form, so that the table does not hold it. Whether
an account exists is never said: one sentence and one cost for every wrong sign-in.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, or_, select, update

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.devices import place_of
from webui.identity.errors import SignInError
from webui.identity.passwords import hash_password, matches
from webui.identity.secret import keyed_digest
from webui.identity.sessions import revoke_sessions
from webui.identity.tables import account
from webui.identity.throttle import check_attempt, forget_failures, note_failure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webui.wiring import Wiring

_ADDRESS: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")


@dataclass(frozen=True)
class Account:
    """An account; ``can_sign_in`` is False while it has no password."""

    actor_id: str
    can_sign_in: bool
    created_at: str
    disabled: bool


def normal_address(email: str) -> str:
    """The form of an e-mail address that two spellings of it share.

    Raises:
        InputError: it is not an e-mail address.
    """
    text = unicodedata.normalize("NFKC", email).strip().casefold()
    if not _ADDRESS.fullmatch(text):
        raise InputError(
            "This is not an e-mail address.",
            code="email-invalid",
            pointer="/email",
            remedy="Write it as name@example.org.",
        )
    return text


def check_password_of(
    wiring: Wiring, email: str, password: str, address: str, browser: str = ""
) -> str:
    """The actor whose account these open.

    ``address`` is where the attempt comes from, ``browser`` the secret of a browser that may be
    known (``webui.identity.devices``).

    Raises:
        ThrottledError: too many attempts failed; the password was not looked at.
        SignInError: they open none.
    """
    lookup = _lookup(wiring, email)
    with reading(wiring.engine) as connection:
        row = connection.execute(select(account).where(account.c.email_lookup == lookup)).first()
    address = place_of(wiring, row.actor_id if row else "", browser, address)
    check_attempt(wiring, lookup, address)
    right = matches(row.password_hash if row else None, password)
    if row is None or not right or row.disabled:
        note_failure(wiring, lookup, address)
        raise SignInError(
            "E-mail address and password do not belong together.",
            remedy="Try again, or ask an administrator for a new link.",
        )
    forget_failures(wiring, lookup, address)
    actor_id: str = row.actor_id
    return actor_id


def check_password_again(wiring: Wiring, actor_id: str, password: str, address: str) -> None:
    """Check the password of somebody who is signed in.

    Raises:
        ThrottledError: too many attempts failed.
        SignInError: it is wrong.
    """
    key = f"change/{actor_id}"
    check_attempt(wiring, key, address)
    with reading(wiring.engine) as connection:
        query = select(account.c.password_hash).where(account.c.actor_id == actor_id)
        stored: str | None = connection.execute(query).scalar()
    if not matches(stored, password):
        note_failure(wiring, key, address)
        raise SignInError("The password is not right.", pointer="/password")
    forget_failures(wiring, key, address)


def change_password(wiring: Wiring, actor_id: str, old: str, new: str, address: str) -> None:
    """Change a password and close every session of its account.

    Raises:
        ThrottledError: too many attempts failed.
        SignInError: the old password is wrong.
        InputError: the new one is refused.
    """
    check_password_again(wiring, actor_id, old, address)
    hashed = hash_password(new)
    with writing(wiring.engine) as connection:
        connection.execute(
            update(account).where(account.c.actor_id == actor_id).values(password_hash=hashed)
        )
        revoke_sessions(connection, wiring, actor_id)


def create_account(wiring: Wiring, actor_id: str, password: str | None = None) -> None:
    """Give an enrolled actor an account, under the e-mail address that the vault holds.

    Without a password the account opens by one-time links alone.

    Raises:
        UnknownSubjectError: no such actor.
        InputError: the vault holds no e-mail address of the actor, or the password is refused.
        ConflictError: the actor or the address has an account already.
    """
    lookup = address_lookup(wiring, actor_id)
    hashed = None if password is None else hash_password(password)
    with writing(wiring.engine) as connection:
        insert_account(connection, wiring, actor_id, lookup, hashed)


def find_account(wiring: Wiring, actor_id: str) -> Account | None:
    """The account of an actor, or None."""
    with reading(wiring.engine) as connection:
        row = connection.execute(select(account).where(account.c.actor_id == actor_id)).first()
    if row is None:
        return None
    return Account(row.actor_id, row.password_hash is not None, row.created_at, row.disabled)


def get_account(wiring: Wiring, actor_id: str) -> Account:
    """The account of an actor, or UnknownSubjectError."""
    found = find_account(wiring, actor_id)
    if found is None:
        raise UnknownSubjectError("This actor has no account.", code="no-account")
    return found


def disable_account(wiring: Wiring, actor_id: str, *, disabled: bool = True) -> None:
    """Close an account to sign-ins, sessions and tokens, or open it again."""
    get_account(wiring, actor_id)
    with writing(wiring.engine) as connection:
        connection.execute(
            update(account).where(account.c.actor_id == actor_id).values(disabled=disabled)
        )


def ensure_account(wiring: Wiring, actor_id: str) -> None:
    """Give an enrolled person an account without a password, unless there is one.

    Raises:
        UnknownSubjectError: no such actor.
        ConflictError: the person's address belongs to another account.
    """
    if find_account(wiring, actor_id) is not None:
        return
    wiring.reader.actor(actor_id)
    email = wiring.reader.person(actor_id).email
    lookup = lookup_of(wiring, email) if email else keyed_digest(wiring, "email-lookup", actor_id)
    with writing(wiring.engine) as connection:
        insert_account(connection, wiring, actor_id, lookup, None)


def find_by_address(wiring: Wiring, email: str) -> str | None:
    """The actor whose open account has an address, or None.

    Raises:
        InputError: it is no address.
    """
    query = select(account.c.actor_id).where(
        account.c.email_lookup == lookup_of(wiring, email), account.c.disabled.is_(False)
    )
    with reading(wiring.engine) as connection:
        actor_id: str | None = connection.execute(query).scalar()
    return actor_id


def insert_account(
    connection: Connection, wiring: Wiring, actor_id: str, lookup: str, hashed: str | None
) -> None:
    """Insert an account.

    Raises:
        ConflictError: the actor or the address has one already.
    """
    taken = select(account.c.actor_id).where(
        or_(account.c.actor_id == actor_id, account.c.email_lookup == lookup)
    )
    if connection.execute(taken).first() is not None:
        raise ConflictError(
            "There is an account for this e-mail address or this actor already.",
            code="account-exists",
            pointer="/email",
        )
    connection.execute(
        insert(account).values(
            actor_id=actor_id,
            email_lookup=lookup,
            password_hash=hashed,
            created_at=format_instant(wiring.now()),
            disabled=False,
        )
    )


def address_lookup(wiring: Wiring, actor_id: str) -> str:
    """Under what the address of an enrolled actor is found, as the vault holds it."""
    wiring.reader.actor(actor_id)
    email = wiring.reader.person(actor_id).email
    if not email:
        raise InputError(
            "No e-mail address of this actor is known.",
            code="email-missing",
            remedy="Enrol the person with an e-mail address.",
        )
    return lookup_of(wiring, email)


def lookup_of(wiring: Wiring, email: str) -> str:
    """Under what an e-mail address is found."""
    return keyed_digest(wiring, "email-lookup", normal_address(email))


def _lookup(wiring: Wiring, email: str) -> str:
    """As ``lookup_of``, but what is no address at all finds nothing, at the same cost."""
    try:
        return lookup_of(wiring, email)
    except InputError:
        return keyed_digest(wiring, "email-lookup", "")
