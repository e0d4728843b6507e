"""Who is signed in on the pages: Flask-Login over the sessions that the server keeps.

The cookie holds the session's secret, signed; it is HttpOnly, SameSite=Lax, and Secure where the
request came by https. Signing in always opens a new session and empties the cookie first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import flask
from flask import request
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from ledger.errors import UnknownSubjectError
from ledger.events.actor import Actor
from webui.here import wired
from webui.identity.accounts import check_password_of
from webui.identity.administrators import is_administrator
from webui.identity.links import redeem_first, redeem_invitation, redeem_sign_in
from webui.identity.secret import derived_key
from webui.identity.sessions import find_session, open_session, revoke_session
from webui.identity.strength import BY_LINK, BY_PASSWORD

if TYPE_CHECKING:
    from flask import Flask

    from ledger.events.people import ActorType
    from webui.identity.sessions import Session
    from webui.identity.strength import Strength
    from webui.wiring import Wiring

SIGN_IN_PATH = "/login"


@dataclass(frozen=True)
class SignedIn:
    """Somebody who is signed in, as an actor of the ledger. ``name`` is for showing only."""

    actor: Actor
    name: str
    session: Session

    @cached_property
    def is_administrator(self) -> bool:
        """Whether to show what administrators may do."""
        return is_administrator(wired(), self.actor.id)


class _Visitor(UserMixin):  # type: ignore[misc]
    """A session, as Flask-Login wants it."""

    def __init__(self, secret: str, signed_in: SignedIn) -> None:
        self._secret = secret
        self.signed_in = signed_in

    def get_id(self) -> str:
        """What the cookie holds."""
        return self._secret


class _Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie, Secure where the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser may send it by https alone."""
        del app
        return request.is_secure


def install(app: Flask, wiring: Wiring) -> None:
    """Let ``app`` know who is signed in."""
    app.secret_key = derived_key(wiring, "cookies")
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME="counterseal",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    manager = LoginManager(app)
    manager.login_view = SIGN_IN_PATH
    manager.login_message = None
    manager.session_protection = None
    manager.user_loader(_visitor)


def signed_in() -> SignedIn | None:
    """Who is signed in, or None."""
    found: SignedIn | None = getattr(current_user, "signed_in", None)
    return found


def sign_in(email: str, password: str) -> SignedIn:
    """Sign in with a password.

    Raises:
        SignInError, ThrottledError: no.
    """
    actor_id = check_password_of(wired(), email, password, request.remote_addr or "")
    return _start(actor_id, BY_PASSWORD)


def sign_in_by_link(secret: str) -> SignedIn:
    """Sign in with a one-time sign-in link.

    Raises:
        LinkError: no.
    """
    return _start(redeem_sign_in(wired(), secret), BY_LINK)


def set_up_first(secret: str, *, name: str, email: str, password: str) -> SignedIn:
    """Use the link of the first administrator, and sign in (see ``links.redeem_first``)."""
    actor_id = redeem_first(wired(), secret, name=name, email=email, password=password)
    return _start(actor_id, BY_PASSWORD)


def accept_invitation(secret: str, *, password: str) -> SignedIn:
    """Use an invitation, and sign in (see ``links.redeem_invitation``)."""
    return _start(redeem_invitation(wired(), secret, password=password), BY_PASSWORD)


def sign_out() -> None:
    """Close the session and empty the cookie."""
    if signed_in() is not None:
        revoke_session(wired(), current_user.get_id())
    logout_user()
    flask.session.clear()


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """Where to go after signing in: a path of our own, whatever was asked for."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in {"/", "\\"}:
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc or "\\" in wanted else wanted


def _start(actor_id: str, strength: Strength) -> SignedIn:
    if signed_in() is not None:
        sign_out()
    flask.session.clear()
    visitor = _visitor(open_session(wired(), actor_id, strength))
    if visitor is None:
        raise UnknownSubjectError("This account's actor is not enrolled.", code="no-account")
    login_user(visitor)
    return visitor.signed_in


def _visitor(secret: Any) -> _Visitor | None:
    if not isinstance(secret, str):
        return None
    wiring = wired()
    opened = find_session(wiring, secret)
    if opened is None:
        return None
    person = wiring.reader.people([opened.actor_id]).get(opened.actor_id)
    if person is None:
        return None
    return _Visitor(secret, SignedIn(_actor(opened, person.actor.type), person.name, opened))


def _actor(opened: Session, actor_type: ActorType) -> Actor:
    strength = opened.strength
    return Actor(
        id=opened.actor_id,
        type=actor_type,
        via=strength.via,
        credential=opened.session_id,
        second_factor=strength.second_factor,
        acr=strength.acr or None,
        amr=strength.amr or None,
    )
