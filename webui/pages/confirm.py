"""The page that asks a person to show again that it is they, before what is dangerous.

It keeps what was sent and carries it out with the answer; where that can't be kept, because it
holds a file or a secret, the person confirms first and then does it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request

from webui.here import wired
from webui.identity.accounts import find_account
from webui.identity.current import local_path
from webui.identity.errors import ConfirmError
from webui.identity.fresh import CODE_FIELD, PASSWORD_FIELD, confirm
from webui.identity.single_sign_on import doors
from webui.identity.subjects import linked_subjects
from webui.identity.totp import find_second_factor
from webui.pages.asking import text
from webui.pages.frame import me
from webui.pages.leaving import leave

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

PATH: Final = "/account/confirm"
_SECRETS: Final = {"password", "secret", "token", "old", "again", "code"}
_OURS: Final = {"csrf_token", PASSWORD_FIELD, CODE_FIELD}


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(PATH, "confirm", _confirm, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{PATH}/<name>", "confirm_by", _confirm_by, methods=["POST"])
    blueprint.register_error_handler(ConfirmError, _ask_again)


def _confirm() -> ResponseReturnValue:
    """Confirm by itself, and go back to where it was asked for."""
    wanted = local_path(request.values.get("next"), "/account")
    if request.method == "GET":
        return _page("", wanted, None)
    confirm(me().session)
    flash("Confirmed. Do it again now.", "ok")
    return redirect(wanted)


def _confirm_by(name: str) -> ResponseReturnValue:
    """Confirm with a provider, which asks again whoever is signed in there."""
    return leave(name, "confirm", text("next"))


def _ask_again(error: ConfirmError) -> ResponseReturnValue:
    if request.path == PATH:
        return _page("", local_path(text("next"), "/account"), error), 403
    kept = request.method == "POST" and _can_be_kept()
    return _page(request.full_path.rstrip("?") if kept else "", _from(), error), 403


def _page(again: str, back: str, problem: ConfirmError | None) -> str:
    account = find_account(wired(), me().actor.id)
    linked = {one.provider for one in linked_subjects(wired(), me().actor.id)}
    return render_template(
        "confirm.html",
        again=again,
        back=back,
        problem=problem,
        kept=_kept() if again else [],
        by_providers=[one for one in doors().sign_in.providers if one.name in linked],
        by_code=find_second_factor(wired(), me().actor.id) is not None,
        by_password=account is not None and account.can_sign_in,
    )


def _can_be_kept() -> bool:
    return not request.files and not (_SECRETS & set(request.form))


def _kept() -> list[tuple[str, str]]:
    """What was sent, but for what confirms and the form's own token."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in _OURS]


def _from() -> str:
    """The page of ours that the form was on."""
    there = urlsplit(request.referrer or "")
    ours = there.netloc == request.host
    path = f"{there.path}?{there.query}" if there.query else there.path
    return local_path(path if ours else None, "/account")
