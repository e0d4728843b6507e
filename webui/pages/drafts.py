"""The draft of a statement: kept, looked at before it is signed, discarded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template

from ledger.errors import ConflictError
from ledger.state.assurance import StatementState
from webui.drafts import check_may_write, discard_draft, draft_of, keep_draft, no_draft
from webui.here import wired
from webui.pages.asking import text
from webui.pages.frame import me
from webui.statement_templates import BLANK
from webui.statements import control_of, difference

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_HERE: Final = "/statements"
_VALID_DAYS: Final = 365


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<control>/draft"
    blueprint.add_url_rule(one, "draft", _draft)
    blueprint.add_url_rule(one, "save_draft", _save, methods=["POST"])
    blueprint.add_url_rule(f"{one}/discard", "drop_draft", _discard, methods=["POST"])


def _draft(control: str) -> ResponseReturnValue:
    """What would be signed, as reports would print it, and what it changes."""
    wiring = wired()
    check_may_write(wiring, me().actor, control)
    found = draft_of(wiring, control)
    if found is None:
        raise no_draft()
    said = wiring.reader.state_of(StatementState, control)
    before = None
    if said is not None and said.signed is not None:
        before = wiring.reader.tell(said.signed).private.get("text")
    return render_template(
        "draft.html",
        control=control_of(wiring.reader, control),
        draft=found,
        said=said,
        blanks=found.text.count(BLANK),
        changed=None if before is None else difference(before, found.text),
        until=(wiring.now().date() + timedelta(days=_VALID_DAYS)).isoformat(),
    )


def _save(control: str) -> ResponseReturnValue:
    """Keep the draft; whoever was overtaken is shown both texts and loses none."""
    wiring, words, due = wired(), text("text"), text("due")
    check_may_write(wiring, me().actor, control)
    try:
        keep_draft(wiring, me().actor, control, words, due=due, tag=text("draft"))
    except ConflictError as error:
        if error.code != "draft-changed":
            raise
        now = draft_of(wiring, control)
        mine = words.replace("\r\n", "\n")
        return render_template(
            "draft_conflict.html",
            control=control_of(wiring.reader, control),
            draft=now,
            mine=mine,
            due=due,
            changed=difference(now.text if now else "", mine),
        ), 409
    flash("The draft is kept. Nothing is signed.", "ok")
    return redirect(f"{_HERE}/{control}/draft")


def _discard(control: str) -> ResponseReturnValue:
    check_may_write(wired(), me().actor, control)
    discard_draft(wired(), control, text("draft"))
    flash("The draft is discarded.", "ok")
    return redirect(f"{_HERE}/{control}")
