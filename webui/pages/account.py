"""My account: my tokens, who stands in for me, my other sessions, my password."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from flask import flash, redirect, render_template, request
from pydantic import Field, TypeAdapter, ValidationError

from ledger.errors import InputError
from ledger.events.names import PublicText
from webui.here import wired
from webui.identity.accounts import change_password, find_account
from webui.identity.administrators import check_administrator
from webui.identity.current import sign_out_everywhere
from webui.identity.fresh import fresh
from webui.identity.scope import TokenScope
from webui.identity.sessions import list_sessions, revoke_session_by_id
from webui.identity.single_sign_on import doors
from webui.identity.subjects import linked_subjects, unlink_subject
from webui.identity.tokens import create_token, get_token, list_tokens, revoke_token
from webui.identity.totp import find_second_factor
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me
from webui.pages.leaving import leave

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import ActorState

LONGEST_DAYS = 365
MOST_OTHERS = 500
_LABEL: Final[TypeAdapter[str]] = TypeAdapter(Annotated[PublicText, Field(max_length=100)])


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/account", "account", _account)
    blueprint.add_url_rule("/account/stand-ins", "lend", fresh(_lend), methods=["POST"])
    rule = "/account/stand-ins/<int:number>/end"
    blueprint.add_url_rule(rule, "end_stand_in", _end, methods=["POST"])
    blueprint.add_url_rule("/account/tokens", "new_token", fresh(_new_token), methods=["POST"])
    rule = "/account/tokens/<token>/revoke"
    blueprint.add_url_rule(rule, "drop_token", _drop_token, methods=["POST"])
    rule = "/account/sessions/close"
    blueprint.add_url_rule(rule, "close_sessions", _close_sessions, methods=["POST"])
    rule = "/account/sessions/<session>/close"
    blueprint.add_url_rule(rule, "close_session", _close_session, methods=["POST"])
    blueprint.add_url_rule("/account/sso/<name>/link", "link_sso", fresh(_link), methods=["POST"])
    rule = "/account/sso/<name>/unlink"
    blueprint.add_url_rule(rule, "unlink_sso", fresh(_unlink), methods=["POST"])
    blueprint.add_url_rule("/account/password", "password", _password, methods=["POST"])


def _account() -> ResponseReturnValue:
    return _show("")


def _show(secret: str) -> ResponseReturnValue:
    actor = me().actor
    wiring = wired()
    given, held = wiring.reader.stand_ins(actor.id)
    return render_template(
        "account.html",
        person=wiring.reader.person(actor.id),
        tokens=list_tokens(wiring, actor.id),
        sessions=list_sessions(wiring, actor.id),
        account=find_account(wiring, actor.id),
        providers=doors().sign_in.providers,
        linked={one.provider: one for one in linked_subjects(wiring, actor.id)},
        factor=find_second_factor(wiring, actor.id),
        secret=secret,
        given=given,
        held=held,
        others=[item for item in wiring.reader.actors(limit=MOST_OTHERS) if _may_stand_in(item)],
    )


def _may_stand_in(other: ActorState) -> bool:
    return other.type == "person" and other.id != me().actor.id


def _lend() -> ResponseReturnValue:
    """Let somebody stand in; whole days of UTC, the last one included."""
    fields = {
        "actor_id": text("actor"),
        "role": text("role"),
        "until": _day(text("until"), "/until", after=1),
        **optional(reason=text("reason")),
    }
    if text("since"):
        fields["since"] = _day(text("since"), "/since")
    return concluded(ask("role.delegated", fields), "The stand-in is recorded.", "/account")


def _day(written: str, pointer: str, after: int = 0) -> str:
    try:
        day = date.fromisoformat(written) + timedelta(days=after)
    except (ValueError, OverflowError):
        raise InputError("This is a day, such as 2026-08-31.", pointer=pointer) from None
    return f"{day.isoformat()}T00:00:00Z"


def _end(number: int) -> ResponseReturnValue:
    return concluded(ask("delegation.ended", {"delegation": number}), "It ended.", "/account")


def _new_token() -> ResponseReturnValue:
    actor = me().actor
    days = text("days")
    if not days.isdigit() or not 1 <= int(days[:4]) <= LONGEST_DAYS:
        raise InputError("A token lasts 1 to 365 days.", pointer="/days")
    scope = TokenScope(kinds="*") if text("reach") == "everything" else TokenScope()
    _, secret = create_token(
        wired(),
        actor_id=actor.id,
        label=_label(text("label") or "token"),
        scope=scope,
        days=int(days[:4]),
        created_by=actor.id,
    )
    return _show(secret)


def _label(written: str) -> str:
    """What a token is called: one short line, as over the API."""
    try:
        return _LABEL.validate_python(written)
    except ValidationError:
        raise InputError(
            "A label is one line of up to 100 characters, without an e-mail address.",
            pointer="/label",
        ) from None


def _drop_token(token: str) -> ResponseReturnValue:
    found = get_token(wired(), token)
    if found.actor_id != me().actor.id:
        check_administrator(wired(), me().actor.id)
    revoke_token(wired(), found.token_id)
    flash("The token is revoked.", "ok")
    return redirect("/account")


def _close_session(session: str) -> ResponseReturnValue:
    revoke_session_by_id(wired(), me().actor.id, session)
    flash("The session is closed.", "ok")
    return redirect("/account")


def _link(name: str) -> ResponseReturnValue:
    return leave(name, "link", "/account")


def _unlink(name: str) -> ResponseReturnValue:
    unlink_subject(wired(), me().actor.id, name)
    flash("The single sign-on is no longer linked.", "ok")
    return redirect("/account")


def _close_sessions() -> ResponseReturnValue:
    sign_out_everywhere()
    flash("You are signed out everywhere.", "ok")
    return redirect("/login")


def _password() -> ResponseReturnValue:
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        raise InputError("The two passwords are not the same.", pointer="/again")
    old = request.form.get("old", "")
    change_password(wired(), me().actor.id, old, new, request.remote_addr or "")
    flash("The password is changed; your other sessions are closed.", "ok")
    return redirect("/login")
