"""My passkeys: made here, countersigned by somebody else, called something, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request

from ledger.core.encoding import canonical, parse_canonical
from ledger.errors import InputError
from webui.here import wired
from webui.identity.ceremony import creation_options, read_enrolment, relying_party
from webui.identity.fresh import fresh
from webui.identity.statements import (
    Pending,
    expiry,
    keep_statement,
    name_passkey,
    names_of_passkeys,
    new_nonce,
    take_statement,
)
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.assertion import fingerprint
from webui.pages.changes import done_or_proposed
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

FORMAT = "counterseal enrolment statement v1"
HERE = "/account/passkeys"
LONGEST_NAME = 60
MOST_OPEN = 200


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(HERE, "passkeys", _passkeys)
    blueprint.add_url_rule(f"{HERE}/new", "new_passkey", fresh(_new), methods=["POST"])
    blueprint.add_url_rule(HERE, "enrol_passkey", _enrol, methods=["POST"])
    blueprint.add_url_rule(f"{HERE}/name", "name_passkey", _name, methods=["POST"])
    blueprint.add_url_rule(f"{HERE}/revoke", "revoke_passkey", _revoke, methods=["POST"])


def _passkeys() -> ResponseReturnValue:
    wiring, actor = wired(), me().actor
    reader = wiring.reader
    waiting = [
        (change, reader.proposed(change.since))
        for change in reader.changes(status="open", limit=MOST_OPEN)
        if change.proposed == "key.enrolled" and change.receiver == actor.id
    ]
    return render_template(
        "passkeys.html",
        keys=reader.passkeys(actor=actor.id),
        names=names_of_passkeys(wiring, actor.id),
        waiting=waiting,
        rp_id=wiring.settings.rp_id,
        fingerprint=fingerprint,
    )


def _new() -> ResponseReturnValue:
    """The page on which a passkey is made: its challenge is of this person and this ledger."""
    wiring, actor = wired(), me().actor
    rp_id, _ = relying_party()
    nonce, expires = new_nonce(), expiry(wiring)
    said = {
        "format": FORMAT,
        "log": wiring.log.origin,
        "actor": actor.id,
        "rp_id": rp_id,
        "expires": expires,
        "nonce": nonce,
    }
    pending = Pending(nonce, canonical(said).decode(), b"", expires)
    keep_statement(wiring, actor, "enrol", pending)
    known = tuple(wiring.reader.passkeys(actor=actor.id, status="in_force"))
    return render_template(
        "new_passkey.html",
        pending=pending,
        options=creation_options(rp_id=rp_id, actor=actor.id, known=known),
    )


def _enrol() -> ResponseReturnValue:
    """Take what the passkey made; where the policy wants a second person, propose it."""
    wiring, actor = wired(), me().actor
    pending = take_statement(wiring, actor, "enrol", text("nonce"))
    rp_id, origin = relying_party()
    said = parse_canonical(pending.text.encode())
    if not isinstance(said, dict) or said.get("rp_id") != rp_id:
        raise InputError("The RP id is another than when this was begun.")
    fields = read_enrolment(
        request.form.to_dict(),
        actor=actor.id,
        challenge=pending.challenge,
        rp_id=rp_id,
        origin=origin,
    )
    done = (
        "The passkey is enrolled. Nobody countersigned it, because there is no second person "
        "who could."
    )
    return done_or_proposed("key.enrolled", fields, done, HERE)


def _name() -> ResponseReturnValue:
    actor = me().actor
    key = next(
        (one for one in wired().reader.passkeys(actor=actor.id) if one.key == text("passkey")), None
    )
    if key is None or len(text("name")) > LONGEST_NAME:
        raise InputError("A name has up to 60 characters, and is of a passkey of yours.")
    name_passkey(wired(), actor.id, key.key, text("name"))
    flash("The name is kept; only you see it.", "ok")
    return redirect(HERE)


def _revoke() -> ResponseReturnValue:
    """One's own, or, where the policy lets one, another person's."""
    actor_id = text("actor") or me().actor.id
    fields = {
        "actor_id": actor_id,
        "credential": text("credential"),
        **optional(reason=text("reason")),
    }
    back = HERE if actor_id == me().actor.id else f"/people/{actor_id}"
    return concluded(ask("key.revoked", fields), "The passkey signs no more approvals.", back)
