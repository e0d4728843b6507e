"""What people write for controls: what lacks or falls due, a frame, signing, earlier words."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import render_template, request

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.state.assurance import StatementState
from policies.controls.shipped import FRAMEWORKS
from webui.drafts import (
    check_unchanged,
    discard_draft,
    draft_of,
    drafts_by_control,
    due_statements,
    may_write,
)
from webui.frameworks import stated_frameworks
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me
from webui.statement_templates import BLANK, frame_of
from webui.statements import compared, control_of, state_of, versions, written

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_HERE: Final = "/statements"
_VALID_DAYS: Final = 365


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<control>"
    blueprint.add_url_rule(_HERE, "statements", _statements)
    blueprint.add_url_rule(one, "statement", _statement)
    blueprint.add_url_rule(f"{one}/sign", "sign_statement", _sign, methods=["POST"])
    blueprint.add_url_rule(f"{one}/set-aside", "set_aside", _set_aside, methods=["POST"])


def _statements() -> ResponseReturnValue:
    """Every control of a framework with the state of what people must write."""
    wiring = wired()
    name = request.args.get("framework", FRAMEWORKS[0])
    day = wiring.now().date().isoformat()
    found = written(wiring.reader, name, day)
    frameworks = stated_frameworks(wiring.reader)
    return render_template(
        "statements.html",
        frameworks=frameworks,
        chosen=next(one for one in frameworks if one.id == name),
        rows=found,
        due=due_statements(wiring, name),
        drafts=drafts_by_control(wiring),
        lacking=sum(one.state in {"missing", "expired"} for one in found),
    )


def _statement(control: str) -> ResponseReturnValue:
    wiring = wired()
    found = control_of(wired().reader, control)
    today = wiring.now().date()
    held = versions(wiring.reader, control)
    said = wiring.reader.state_of(StatementState, control)
    frame = frame_of(found)
    writes = may_write(wiring, me().actor, control)
    draft = draft_of(wiring, control) if writes else None
    return render_template(
        "statement.html",
        state=state_of(found, said, today.isoformat()),
        frame=frame,
        begin=draft.text if draft else frame.text(found),
        writes=writes,
        draft=draft,
        drafted=drafts_by_control(wiring).get(control),
        versions=compared(held),
        until=(today + timedelta(days=_VALID_DAYS)).isoformat(),
    )


def _sign(control: str) -> ResponseReturnValue:
    """Sign a statement; a frame whose blanks were left is no statement."""
    found, said = control_of(wired().reader, control), text("text").replace("\r\n", "\n")
    draft = text("draft")
    if BLANK in said:
        raise InputError(
            f"There are blanks ({BLANK}) left in the text.",
            pointer="/text",
            remedy="Fill them in, or take out the lines that do not apply. Nothing was signed.",
        )
    if draft:
        check_unchanged(wired(), control, draft)
    fields = {
        "framework": found.framework,
        "control": control,
        "valid_until": text("valid_until"),
        "text": said,
        **optional(document=text("document").lower()),
    }
    receipt = ask("statement.signed", fields)
    if draft and receipt.outcome == "allow":
        # The entry removed the draft that says the same; here its words were changed, then signed.
        with suppress(UnknownSubjectError, ConflictError):
            discard_draft(wired(), control, draft)
    return concluded(receipt, "The statement is signed.", f"{_HERE}/{control}")


def _set_aside(control: str) -> ResponseReturnValue:
    fields = {
        "framework": control_of(wired().reader, control).framework,
        "control": control,
        "valid_until": text("valid_until"),
        "reason": text("reason"),
    }
    return concluded(
        ask("control.set_aside", fields), "The control is set aside.", f"{_HERE}/{control}"
    )
