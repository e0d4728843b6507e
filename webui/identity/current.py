"""Who is signed in on the pages: Flask-Login over the sessions that the server keeps.

The cookie holds the session's secret, signed; it is HttpOnly, SameSite=Lax, and where the request
came by https also Secure and bound to this very host by its name (``__Host-``, RFC 6265bis section
4.1.3.2). Signing in always opens a new session and empties the cookie first. A second cookie tells
a browser in which somebody signed in before; it opens nothing (``webui.identity.devices``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import flask
from flask import request
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from ledger.errors import UnknownSubjectError
from ledger.events.actor import Actor
from ledger.store.database import writing
from webui.here import wired
from webui.identity import waiting
from webui.identity.accounts import check_password_of, get_account
from webui.identity.administrators import is_administrator
from webui.identity.devices import DAYS, note_device, place_of
from webui.identity.errors import CodeNeededError, SignInError
from webui.identity.links import redeem_first, redeem_invitation, redeem_sign_in
from webui.identity.secret import derived_key, new_secret
from webui.identity.sessions import find_session, open_session, revoke_session, revoke_sessions
from webui.identity.strength import BY_LINK, BY_PASSWORD
from webui.identity.totp import check_code, find_second_factor

if TYPE_CHECKING:
    from flask import Flask, Response

    from ledger.events.people import ActorType
    from webui.identity.sessions import Session
    from webui.identity.strength import Strength
    from webui.wiring import Wiring

SIGN_IN_PATH: Final = "/login"
COOKIE: Final = "counterseal"
BROWSER_COOKIE: Final = "counterseal-browser"
_BY_HTTPS: Final = "__Host-"
_CODE: Final = "code"


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
    """Flask's signed cookie; by https Secure, and for this host alone."""

    def get_cookie_name(self, app: Flask) -> str:
        """What the cookie is called."""
        name = super().get_cookie_name(app)
        return f"{_BY_HTTPS}{name}" if request.is_secure else name

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser may send it by https alone."""
        del app
        return request.is_secure


def install(app: Flask, wiring: Wiring) -> None:
    """Let ``app`` know who is signed in."""
    app.secret_key = derived_key(wiring, "cookies")
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    manager = LoginManager(app)
    manager.login_view = SIGN_IN_PATH
    manager.login_message = None
    manager.session_protection = None
    manager.user_loader(_visitor)
    app.after_request(_keep_browser)


def signed_in() -> SignedIn | None:
    """Who is signed in, or None."""
    found: SignedIn | None = getattr(current_user, "signed_in", None)
    return found


def sign_in(email: str, password: str) -> SignedIn:
    """Sign in with a password.

    Raises:
        SignInError, ThrottledError: no.
        CodeNeededError: the password is right; ``enter_code`` comes next.
    """
    wiring, browser = wired(), _browser()
    actor_id = check_password_of(wiring, email, password, request.remote_addr or "", browser)
    return _after_password(wiring, actor_id)


def _after_password(wiring: Wiring, actor_id: str) -> SignedIn:
    """Sign in whoever has shown a password, or ask for the code of their second factor."""
    if find_second_factor(wiring, actor_id) is None:
        return _start(actor_id, BY_PASSWORD)
    flask.session.clear()
    flask.session[_CODE] = waiting.begin(wiring, waiting.Waiting("code", "", actor_id, ""))
    raise CodeNeededError("The code of your second factor is needed.")


def enter_code(code: str) -> SignedIn:
    """Sign in with the code that is asked for after the password.

    Raises:
        SignInError: it is wrong, or nobody who could be asked for one has given a password here.
        ThrottledError: too many were wrong.
    """
    wiring, secret = wired(), str(flask.session.get(_CODE, ""))
    found = waiting.look(wiring, secret)
    if found is None or found.purpose != "code" or get_account(wiring, found.actor_id).disabled:
        flask.session.clear()
        raise SignInError(
            "That took too long, or was done already.",
            code="sign-in-expired",
            remedy="Begin again with your password.",
        )
    place = place_of(wiring, found.actor_id, _browser(), request.remote_addr or "")
    strength = check_code(wiring, found.actor_id, code, place)
    waiting.take(wiring, secret)
    return _start(found.actor_id, strength)


def enter(actor_id: str, strength: Strength) -> SignedIn:
    """Sign somebody in of whom it was proved elsewhere who they are."""
    return _start(actor_id, strength)


def start_again(strength: Strength) -> None:
    """Close every session of who is signed in, and open one that is as strong as they showed."""
    found = signed_in()
    if found is None:
        raise SignInError("Sign in first.")
    with writing(wired().engine) as connection:
        revoke_sessions(connection, wired(), found.actor.id)
    _start(found.actor.id, strength)


def sign_out_everywhere() -> None:
    """Close every session of who is signed in, and empty the cookie."""
    found = signed_in()
    if found is not None:
        with writing(wired().engine) as connection:
            revoke_sessions(connection, wired(), found.actor.id)
    sign_out()


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
    """Use an invitation, and sign in (see ``links.redeem_invitation``).

    Raises:
        CodeNeededError: whoever has a second factor still shows it; ``enter_code`` comes next.
    """
    return _after_password(wired(), redeem_invitation(wired(), secret, password=password))


def sign_out() -> None:
    """Close the session and empty the cookie."""
    if signed_in() is not None:
        revoke_session(wired(), current_user.get_id())
    logout_user()
    flask.session.clear()


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """Where to go after signing in: a path of our own, whatever was asked for.

    Browsers leave out tabs and line ends in an address, and what is left may lead elsewhere.
    """
    if (
        not wanted
        or not wanted.isprintable()
        or not wanted.startswith("/")
        or wanted[1:2] in {"/", "\\"}
    ):
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
    browser = _browser() or new_secret()
    note_device(wired(), actor_id, browser)
    flask.g.browser = browser
    return visitor.signed_in


def _browser() -> str:
    """The secret of this browser, where it has one."""
    return request.cookies.get(_browser_cookie(), "")


def _browser_cookie() -> str:
    return f"{_BY_HTTPS}{BROWSER_COOKIE}" if request.is_secure else BROWSER_COOKIE


def _keep_browser(response: Response) -> Response:
    if "browser" in flask.g:
        response.set_cookie(
            _browser_cookie(),
            flask.g.browser,
            max_age=timedelta(days=DAYS),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


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
