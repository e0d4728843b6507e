"""Commands from pages: read the form strictly, submit once, show what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request

from ledger.events.catalogue import read_command
from webui.here import wired
from webui.pages.frame import me

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


def concluded(receipt: Receipt, done: str, back: str, *, stay: str = "") -> ResponseReturnValue:
    """Go ``back`` with a word of success, or show why the policy refused.

    ``stay`` is where a refusal leads back to, where that is not ``back``.
    """
    if receipt.outcome == "allow":
        granted = [number for number, kind in receipt.consequences if kind == "release.granted"]
        lapsed = [number for number, kind in receipt.consequences if kind == "release.lapsed"]
        more = f" The release is granted now (entry {granted[0]})." if granted else ""
        more += f" A release lapsed (entry {lapsed[0]})." if lapsed else ""
        flash(f"{done} This is entry {receipt.sequence}.{more}", "ok")
        return redirect(back)
    return refused(receipt.sequence, stay or back)


def refused(number: int, back: str) -> ResponseReturnValue:
    """The page about a refusal, from the entry that records it."""
    return render_template("denied.html", told=wired().reader.tell(number), back=back), 403
