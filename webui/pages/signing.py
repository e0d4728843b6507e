"""A decision about a release, signed by a passkey: the statement is shown, signed, and recorded.

First a page writes the statement as things stand and shows it, with its hash; nothing is decided by
that. What the passkey then signs comes back, is held against the very statement that was kept, and
is submitted with it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask import render_template, request

from ledger.batch import Asked
from ledger.core.commitment import SALT_BYTES, commit
from ledger.errors import ConflictError, InputError
from ledger.events.approval import SignedHead, read_statement
from ledger.events.catalogue import read_command
from ledger.state.approving import statement_of
from ledger.store.database import reading
from webui.here import wired
from webui.identity.ceremony import read_assertion, relying_party, request_options
from webui.identity.statements import Pending, expiry, keep_statement, new_nonce, take_statement
from webui.pages.asking import concluded, optional, text
from webui.pages.frame import me

if TYPE_CHECKING:
    from typing import Literal

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.approval import ApprovalStatement

_FIELDS = {"approve": "comment", "reject": "reason"}


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    rule = "/releases/<int:number>"
    blueprint.add_url_rule(f"{rule}/sign", "release_sign", _sign, methods=["POST"])
    blueprint.add_url_rule(f"{rule}/signed", "release_signed", _signed, methods=["POST"])


def _sign(number: int) -> ResponseReturnValue:
    """Write the statement and show it; nothing is decided yet."""
    wiring, actor = wired(), me().actor
    decision: Literal["approve", "reject"] = "reject" if text("decision") == "reject" else "approve"
    field = _FIELDS[decision]
    words = text(field)
    if decision == "reject" and not words:
        raise InputError("A refusal says why.", pointer="/reason")
    rp_id, _ = relying_party()
    keys = tuple(wiring.reader.passkeys(actor=actor.id, status="in_force"))
    if not keys:
        raise ConflictError(
            "You have no passkey that is enrolled.",
            code="no-passkey",
            remedy="Enrol one under My account, Passkeys.",
        )
    salt = secrets.token_bytes(SALT_BYTES) if words else b""
    nonce, expires = new_nonce(), expiry(wiring)
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        head = wiring.log.head()
        said = statement_of(
            registry,
            release=number,
            decision=decision,
            actor=actor.id,
            head=SignedHead(size=head.size, root=head.root.hex()),
            reason=commit(salt, field, words) if words else None,
            expires=expires,
            nonce=nonce,
        )
    if (text("artifact"), text("pack")) != (said.artifact, said.pack):
        raise ConflictError(
            "What there is to look at changed since you were shown it; look at the release again.",
            code="changed-meanwhile",
        )
    pending = Pending(nonce, said.canonical().decode(), salt, expires)
    keep_statement(wiring, actor, "decide", pending)
    return render_template(
        "sign.html",
        release=wiring.reader.release(number),
        said=said,
        pending=pending,
        field=field,
        words=words,
        options=request_options(rp_id=rp_id, keys=keys),
    )


def _signed(number: int) -> ResponseReturnValue:
    """Record what was signed, or nothing."""
    wiring, actor = wired(), me().actor
    pending = take_statement(wiring, actor, "decide", text("nonce"))
    said = read_statement(pending.text.encode())
    if said.release != number:
        raise ConflictError("The statement is of another release.", code="statement-over")
    proof = read_assertion(
        request.form.to_dict(),
        keys=tuple(wiring.reader.passkeys(actor=actor.id, status="in_force")),
        statement=pending.text.encode(),
        challenge=pending.challenge,
    )
    field = _FIELDS[said.decision]
    salts = {field: pending.salt} if pending.salt else {}
    asked = Asked(_event(said, field), pending.nonce, proof, salts)
    receipt = wiring.submitter.submit_batch(actor, [asked])[0]
    word = "Approved" if said.decision == "approve" else "Rejected"
    done = f"{word}, and signed by your passkey. You signed {pending.challenge.hex()}."
    return concluded(receipt, done, f"/releases/{number}")


def _event(said: ApprovalStatement, field: str) -> Any:
    words = optional(**{field: text(field)})
    fields = {"release": said.release, "artifact": said.artifact, **words}
    if said.decision == "approve":
        return read_command("release.approved", {**fields, "pack": said.pack})
    return read_command("release.rejected", fields)
