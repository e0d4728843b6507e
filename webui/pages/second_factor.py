"""My second factor: enrolled with a code of the app, kept safe by recovery codes, taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from flask import flash, redirect, render_template, request
from markupsafe import Markup

from ledger.errors import InputError
from ledger.store.database import writing
from webui.here import wired
from webui.identity.current import start_again
from webui.identity.errors import SignInError
from webui.identity.fresh import fresh
from webui.identity.strength import BY_PASSWORD, BY_TOTP
from webui.identity.totp import (
    begin_enrolment,
    check_code,
    confirm_enrolment,
    find_second_factor,
    new_recovery_codes,
    remove_second_factor,
    waiting_enrolment,
)
from webui.pages.asking import text
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

PATH = "/account/second-factor"


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(PATH, "second_factor", _page)
    for word, view in (
        ("begin", fresh(_begin)),
        ("confirm", _confirm),
        ("codes", fresh(_codes)),
        ("remove", fresh(_remove)),
    ):
        blueprint.add_url_rule(f"{PATH}/{word}", f"factor_{word}", view, methods=["POST"])


def _page() -> ResponseReturnValue:
    return _show(None, [])


def _show(problem: InputError | SignInError | None, codes: list[str]) -> str:
    actor_id, wiring = me().actor.id, wired()
    found = find_second_factor(wiring, actor_id)
    new = None if found else waiting_enrolment(wiring, actor_id, _account_name())
    return render_template(
        "second_factor.html",
        found=found,
        new=new,
        picture=_picture(new.uri) if new else "",
        problem=problem,
        codes=codes,
    )


def _begin() -> ResponseReturnValue:
    begin_enrolment(wired(), me().actor.id, _account_name())
    return redirect(PATH)


def _confirm() -> ResponseReturnValue:
    """The first code: from now on it counts, here too; all other sessions are closed."""
    try:
        codes = confirm_enrolment(wired(), me().actor.id, "".join(text("code").split()))
    except InputError as error:
        return _show(error, []), 422
    start_again(BY_TOTP)
    return _show(None, codes)


def _codes() -> ResponseReturnValue:
    return _show(None, new_recovery_codes(wired(), me().actor.id))


def _remove() -> ResponseReturnValue:
    """Taken off with a code of its own, so that no open screen is enough."""
    actor_id = me().actor.id
    try:
        check_code(wired(), actor_id, text("code"), request.remote_addr or "")
    except SignInError as error:
        return _show(error, []), 422
    with writing(wired().engine) as connection:
        remove_second_factor(connection, actor_id)
    start_again(BY_PASSWORD)
    flash("The second factor is taken off; your other sessions are closed.", "ok")
    return redirect("/account")


def _account_name() -> str:
    """What the app writes beside the code."""
    person = wired().reader.person(me().actor.id)
    return person.email or me().name or "account"


def _picture(uri: str) -> Markup:
    """The address as a QR code, drawn here: it is a secret, so nobody else draws it."""
    code = segno.make(uri, error="m", micro=False)
    drawn = code.svg_inline(scale=5, border=3, dark="#000", light="#fff", svgclass="qr")
    return Markup(drawn)  # noqa: S704 (a drawing of our own, of squares)
