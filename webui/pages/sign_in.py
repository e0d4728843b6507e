"""Signing in and out, setting up, and one-time links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request

from ledger.errors import InputError, LedgerError, OutsideError
from webui.errors_http import status_of
from webui.here import wired
from webui.identity import current
from webui.identity.errors import CodeNeededError, LinkError, SignInError, ThrottledError
from webui.identity.links import purpose_of
from webui.identity.single_sign_on import arrive, depart, doors
from webui.pages.asking import text

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/login", "sign_in", _sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/login/code", "code", _code, methods=["POST"])
    blueprint.add_url_rule("/login/sso/<name>", "sso", _depart)
    blueprint.add_url_rule("/login/sso/<name>/return", "sso_return", _arrive)
    blueprint.add_url_rule("/login/link", "link", _link, methods=["POST"])
    blueprint.add_url_rule("/setup", "set_up", _set_up, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", _sign_out, methods=["POST"])


def _sign_in() -> ResponseReturnValue:
    wanted = current.local_path(request.values.get("next"))
    if request.method == "GET":
        if current.signed_in() is not None:
            return redirect(wanted)
        return _page(wanted, None)
    if not doors().sign_in.passwords:
        raise SignInError("Passwords are not taken here.", remedy="Use single sign-on.")
    try:
        current.sign_in(text("email"), request.form.get("password", ""))
    except CodeNeededError:
        return render_template("sign_in_code.html", next=wanted, problem=None)
    except (SignInError, ThrottledError, LedgerError) as error:
        return _page(wanted, error, text("email")), 429 if isinstance(
            error, ThrottledError
        ) else 401
    return redirect(wanted)


def _page(wanted: str, problem: LedgerError | None, email: str = "") -> str:
    return render_template(
        "sign_in.html", next=wanted, problem=problem, email=email, sign_in=doors().sign_in
    )


def _depart(name: str) -> ResponseReturnValue:
    """Off to a provider. A link and no form: browsers hold forms back from other sites."""
    wanted = current.local_path(request.args.get("next"))
    try:
        return redirect(depart(name, "sign-in", wanted))
    except OutsideError as error:
        return _page(wanted, error), 503


def _arrive(name: str) -> ResponseReturnValue:
    """Back from a provider; the address is left at once, so that nobody reads the code in it."""
    try:
        return redirect(arrive(name, request.args.to_dict()))
    except LedgerError as error:
        if current.signed_in() is not None:
            flash(f"{error.sentence} {error.remedy}", "bad")
            return redirect("/account")
        return _page("/", error), status_of(error)


def _code() -> ResponseReturnValue:
    """The second step, where somebody has a second factor."""
    wanted = current.local_path(text("next"))
    try:
        current.enter_code(text("code"))
    except (SignInError, ThrottledError) as error:
        if error.code == "sign-in-expired":
            return _page(wanted, error), 401
        status = 429 if isinstance(error, ThrottledError) else 401
        return render_template("sign_in_code.html", next=wanted, problem=error), status
    return redirect(wanted)


def _link() -> ResponseReturnValue:
    """Use a one-time sign-in link; the page's script sends what stands behind the ``#``."""
    try:
        current.sign_in_by_link(text("token"))
    except LinkError as error:
        return _page("/", error), 410
    return redirect("/")


def _set_up() -> ResponseReturnValue:
    """First the link's code, then, by what the link is for, name, address and password."""
    if request.method == "GET":
        return _setting_up("", None), 200
    purpose = ""
    try:
        purpose = purpose_of(wired(), text("token"))
        if "password" not in request.form:
            return _setting_up(purpose, None), 200
        _use(purpose, text("token"))
    except CodeNeededError:
        return render_template("sign_in_code.html", next="/", problem=None), 200
    except LinkError as error:
        return _setting_up("", error), 410
    except LedgerError as error:
        return _setting_up(purpose, error), 422
    return redirect("/")


def _setting_up(purpose: str, problem: LedgerError | None) -> str:
    kept = {"name": text("name"), "email": text("email")}
    return render_template(
        "set_up.html", secret=text("token"), purpose=purpose, problem=problem, form=kept
    )


def _use(purpose: str, secret: str) -> None:
    """Make the account that a link is for, and sign in.

    Raises:
        LedgerError: the link is dead, or something in the form is refused.
    """
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise InputError("The two passwords are not the same.", pointer="/again")
    if purpose == "first":
        current.set_up_first(secret, name=text("name"), email=text("email"), password=password)
    else:
        current.accept_invitation(secret, password=password)


def _sign_out() -> ResponseReturnValue:
    """Close the session, and have the browser forget what it kept of the pages."""
    current.sign_out()
    answer = redirect(current.SIGN_IN_PATH)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
