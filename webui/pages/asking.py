"""Commands from pages: read the form strictly, submit once, show what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request

from ledger.events.catalogue import read_command
from policies import sentence
from webui.here import wired
from webui.pages.frame import me, name_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ledger.submit import Receipt


def text(field: str) -> str:
    """A field of the form, without surrounding blanks."""
    return request.form.get(field, "").strip()


def optional(**fields: str) -> dict[str, Any]:
    """The fields that were filled in."""
    return {name: value for name, value in fields.items() if value}


def ask(kind: str, fields: dict[str, Any], salt: str = "") -> Receipt:
    """Submit a command as whoever is signed in; the form's hidden value makes it happen once.

    Raises:
        LedgerError: it can't happen; the error page says why.
    """
    once = request.form.get("once", "")
    key = f"page/{once}/{salt}" if once else ""
    return wired().submitter.submit(me().actor, read_command(kind, fields), key)


def concluded(receipt: Receipt, done: str, back: str) -> ResponseReturnValue:
    """Go back with a word of success, or show why the policy refused."""
    if receipt.outcome == "allow":
        granted = [number for number, kind in receipt.consequences if kind == "release.granted"]
        lapsed = [number for number, kind in receipt.consequences if kind == "release.lapsed"]
        more = f" The release is granted now (entry {granted[0]})." if granted else ""
        more += f" A release lapsed (entry {lapsed[0]})." if lapsed else ""
        flash(f"{done} This is entry {receipt.sequence}.{more}", "ok")
        return redirect(back)
    return denied(receipt, back)


def denied(receipt: Receipt, back: str) -> ResponseReturnValue:
    """The page that says why the policy refused."""
    names = name_of()
    decision = receipt.decision
    page = render_template(
        "denied.html",
        receipt=receipt,
        unmet=decision.unmet if decision else (),
        met=[item for item in decision.results if item.state == "met"] if decision else [],
        say=lambda result: sentence(result, names),
        back=back,
    )
    return page, 403
