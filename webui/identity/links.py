"""One-time links: 256 random bits, kept as SHA-256, expiring, used once.

- ``first``: sets up the first administrator, who is enrolled and given the role by using it.
- ``invitation``: lets an enrolled person choose a password; sessions opened before are closed.
- ``recovery``: the same for somebody who starts anew (``webui.identity.recovery``): the second
  factor is taken off and known browsers are forgotten, too.
- ``sign-in``: opens a session of an existing account.

The secret stands in the fragment of the URL, which browsers send to nobody: it reaches no log and
no referrer. The page sends it by POST. Unknown, used and expired are never told apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import and_, delete, insert, select, update

from ledger.errors import LedgerError, RefusedError
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.events.people import ActorEnrolled, RoleGranted
from ledger.genesis import new_actor_id
from ledger.store.database import reading, writing
from webui.identity.accounts import address_lookup, get_account, insert_account, lookup_of
from webui.identity.administrators import ADMINISTRATOR
from webui.identity.devices import forget_devices
from webui.identity.errors import LinkError
from webui.identity.passwords import hash_password
from webui.identity.schema import prepare
from webui.identity.secret import new_secret, stored_form
from webui.identity.sessions import revoke_sessions
from webui.identity.tables import account, link
from webui.identity.totp import remove_second_factor

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ledger.events.event import Event
    from webui.wiring import Wiring

Purpose = Literal["first", "invitation", "recovery", "sign-in"]
FIRST_MINUTES: Final = 15
INVITATION_MINUTES: Final = 7 * 24 * 60
SIGN_IN_MINUTES: Final = 60
RECOVERY_MINUTES: Final = 60


def issue_setup_link(
    wiring: Wiring, *, for_actor: str | None = None, minutes: int | None = None
) -> str:
    """Make a link that sets a password, and return its secret, which is shown once.

    Without ``for_actor`` it sets up the first administrator and lasts 15 minutes; with it, it
    invites an enrolled person and lasts 7 days. ``minutes`` says otherwise.

    Raises:
        UnknownSubjectError: no such actor.
        InputError: the vault holds no e-mail address of the actor.
    """
    prepare(wiring.engine)
    if for_actor is None:
        return _issue(wiring, "first", new_actor_id(), minutes or FIRST_MINUTES)
    address_lookup(wiring, for_actor)
    return _issue(wiring, "invitation", for_actor, minutes or INVITATION_MINUTES)


def issue_sign_in_link(wiring: Wiring, actor_id: str, *, minutes: int = SIGN_IN_MINUTES) -> str:
    """Make a link that opens a session, and return its secret, which is shown once.

    Raises:
        UnknownSubjectError: the actor has no account.
    """
    prepare(wiring.engine)
    get_account(wiring, actor_id)
    return _issue(wiring, "sign-in", actor_id, minutes)


def issue_recovery_link(wiring: Wiring, actor_id: str) -> str:
    """Make a link by which somebody starts anew, and return its secret, which is shown once.

    Raises:
        UnknownSubjectError: no such actor.
        InputError: the vault holds no e-mail address of the actor.
    """
    address_lookup(wiring, actor_id)
    return _issue(wiring, "recovery", actor_id, RECOVERY_MINUTES)


def setup_url(base: str, secret: str) -> str:
    """The URL of a set-up or invitation link; ``base`` is such as ``http://localhost:8000``."""
    return f"{base}/setup#{secret}"


def sign_in_url(base: str, secret: str) -> str:
    """The URL of a sign-in link."""
    return f"{base}/login#{secret}"


def purpose_of(wiring: Wiring, secret: str) -> Purpose:
    """What a link is for, without using it.

    Raises:
        LinkError: it is for nothing (any more).
    """
    with reading(wiring.engine) as connection:
        query = select(link.c.purpose).where(_alive(wiring, secret))
        purpose: Purpose | None = connection.execute(query).scalar()
    if purpose is None:
        raise _dead()
    return purpose


def redeem_first(wiring: Wiring, secret: str, *, name: str, email: str, password: str) -> str:
    """Use a ``first`` link: enrol its user as administrator and open the account; the actor's id.

    The link is used up first. If the ledger then does not record the person, the link lives again.

    Raises:
        LinkError: the link is not, or no longer, one.
        InputError: name, address or password are refused.
        RefusedError: the policy in force does not let the service appoint an administrator.
    """
    lookup, hashed = lookup_of(wiring, email), hash_password(password)
    fields = {"actor_type": "person", "name": name, "email": email.strip()}
    asked = read_command(ActorEnrolled.kind, {"actor_id": new_actor_id(), **fields}, pointer="")
    with writing(wiring.engine) as connection:
        actor_id = _use(connection, wiring, secret, "first")
        insert_account(connection, wiring, actor_id, lookup, hashed)
    try:
        _appoint(wiring, actor_id, asked.model_copy(update={"actor_id": actor_id}))
    except LedgerError:
        with writing(wiring.engine) as connection:
            connection.execute(delete(account).where(account.c.actor_id == actor_id))
            connection.execute(
                update(link).where(link.c.digest == stored_form(secret)).values(used_at=None)
            )
        raise
    return actor_id


def redeem_invitation(wiring: Wiring, secret: str, *, password: str) -> str:
    """Use an ``invitation`` or ``recovery`` link: set the password; returns the actor's id.

    Raises:
        LinkError: the link is not, or no longer, one.
        InputError: the password is refused.
    """
    hashed = hash_password(password)
    with reading(wiring.engine) as connection:
        wanted = and_(_alive(wiring, secret), link.c.purpose.in_(("invitation", "recovery")))
        row = connection.execute(select(link).where(wanted)).first()
    if row is None:
        raise _dead()
    actor_id: str = row.actor_id
    lookup = address_lookup(wiring, actor_id)
    with writing(wiring.engine) as connection:
        _use(connection, wiring, secret, row.purpose)
        changed = connection.execute(
            update(account).where(account.c.actor_id == actor_id).values(password_hash=hashed)
        )
        if changed.rowcount == 0:
            insert_account(connection, wiring, actor_id, lookup, hashed)
        if row.purpose == "recovery":
            remove_second_factor(connection, actor_id)
            forget_devices(connection, actor_id)
        revoke_sessions(connection, wiring, actor_id)
    return actor_id


def redeem_sign_in(wiring: Wiring, secret: str) -> str:
    """Use a ``sign-in`` link; returns the actor's id.

    Raises:
        LinkError: the link is not, or no longer, one, or the account is disabled.
    """
    with writing(wiring.engine) as connection:
        actor_id = _use(connection, wiring, secret, "sign-in")
        query = select(account.c.disabled).where(account.c.actor_id == actor_id)
        if connection.execute(query).scalar() is not False:
            raise _dead()
    return actor_id


def _issue(wiring: Wiring, purpose: Purpose, actor_id: str, minutes: int) -> str:
    secret = new_secret()
    now = wiring.now()
    with writing(wiring.engine) as connection:
        connection.execute(
            insert(link).values(
                digest=stored_form(secret),
                purpose=purpose,
                actor_id=actor_id,
                created_at=format_instant(now),
                expires_at=format_instant(now + timedelta(minutes=minutes)),
            )
        )
    return secret


def _use(connection: Connection, wiring: Wiring, secret: str, purpose: Purpose) -> str:
    """Use up a link within a writing transaction; of two who try, one does."""
    wanted = and_(_alive(wiring, secret), link.c.purpose == purpose)
    used = connection.execute(
        update(link).where(wanted).values(used_at=format_instant(wiring.now()))
    )
    if used.rowcount != 1:
        raise _dead()
    query = select(link.c.actor_id).where(link.c.digest == stored_form(secret))
    actor_id: str = connection.execute(query).scalar_one()
    return actor_id


def _alive(wiring: Wiring, secret: str) -> ColumnElement[bool]:
    return and_(
        link.c.digest == stored_form(secret),
        link.c.used_at.is_(None),
        link.c.expires_at > format_instant(wiring.now()),
    )


def _dead() -> LinkError:
    return LinkError(
        "This link opens nothing: it was used, has expired or never was.",
        remedy="Ask for a new one; an operator makes one with `counterseal setup-link`.",
    )


def _appoint(wiring: Wiring, actor_id: str, enrolled: Event) -> None:
    """Enrol the first administrator and grant the role, as the service."""
    granted = RoleGranted(actor_id=actor_id, role=ADMINISTRATOR)
    for event in (enrolled, granted):
        receipt = wiring.submitter.submit(wiring.service, event)
        if receipt.outcome == "deny":
            raise RefusedError(
                "The policy in force does not let the service appoint an administrator.",
                remedy="An administrator who is there already can invite and appoint others.",
                entry=receipt.sequence,
            )
