"""What is dangerous is done by somebody who showed a short while ago who they are.

For whoever writes a page: put ``@fresh`` on the view of a form whose misuse could not be undone
(giving roles, enrolling keys, making tokens or links, changing rules, erasing)::

    blueprint.add_url_rule("/people/<actor>/grant", "grant", fresh(_grant), methods=["POST"])

Rules:
- Signing in counts, and so does saying it again: the password, with the second factor where there
  is one, or the provider of single sign-on. It counts for ``MINUTES`` and for this session alone.
- The view is not run before. A form is kept on the page that asks and is carried out with the
  answer, so that nothing is lost and nothing needs script; where it can't be kept (files, secrets),
  the person confirms first and does it again.
- It guards against an open screen and a stolen cookie. What may be done is for the policy. The API
  is not asked: a token is made by a fresh person, and its scope is its limit.

Source: OWASP ASVS 5.0 7.5; NIST SP 800-63B-4 section 5.2.
"""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from flask import request

from ledger.events.names import parse_instant
from webui.here import wired
from webui.identity.accounts import check_password_again
from webui.identity.current import signed_in
from webui.identity.errors import ConfirmError, SignInError
from webui.identity.sessions import note_confirmed
from webui.identity.totp import check_code, find_second_factor

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from webui.identity.sessions import Session

MINUTES: Final = 15
PASSWORD_FIELD: Final = "confirm_password"  # noqa: S105 (the name of a field)
CODE_FIELD: Final = "confirm_code"
_P = ParamSpec("_P")
_R = TypeVar("_R")


def fresh(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """The view, run only for somebody who showed a short while ago who they are."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        check_fresh()
        return view(*args, **kwargs)

    return guarded


def check_fresh() -> None:
    """Check that who is signed in showed so a short while ago, or does so in this very form.

    Raises:
        SignInError: nobody is signed in.
        ThrottledError: what was said to confirm was wrong too often.
        ConfirmError: it is too long ago, or what was said is wrong.
    """
    found = signed_in()
    if found is None:
        raise SignInError("Sign in first.")
    if is_fresh(found.session, wired().now()):
        return
    if PASSWORD_FIELD not in request.form:
        raise ConfirmError(
            "This needs you to show again that it is you.",
            remedy=f"You were last asked more than {MINUTES} minutes ago.",
        )
    confirm(found.session)


def confirm(session: Session) -> None:
    """Take what the form says to confirm.

    Raises:
        ConfirmError: it is wrong.
        ThrottledError: it was wrong too often.
    """
    wiring, actor_id = wired(), session.actor_id
    password, address = request.form.get(PASSWORD_FIELD, ""), request.remote_addr or ""
    try:
        check_password_again(wiring, actor_id, password, address)
        if find_second_factor(wiring, actor_id) is not None:
            check_code(wiring, actor_id, request.form.get(CODE_FIELD, ""), address)
    except SignInError as error:
        raise ConfirmError(error.sentence, remedy="Try again.") from None
    note_confirmed(wired(), session.session_id)


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the person of a session showed a short while ago who they are."""
    return now - parse_instant(session.confirmed_at) <= timedelta(minutes=MINUTES)
