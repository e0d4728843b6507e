"""Who asks to be let in: people whom a provider of single sign-on knows and we don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template

from ledger.errors import InputError
from ledger.genesis import new_actor_id
from webui.here import wired
from webui.identity.administrators import check_administrator
from webui.identity.fresh import fresh
from webui.identity.single_sign_on import doors
from webui.identity.subjects import accept_request, drop_request, get_request, list_requests
from webui.pages.asking import ask, optional, refused, text
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

PATH = "/people/requests"
MOST_OTHERS = 500


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(PATH, "entrants", _entrants)
    rule = f"{PATH}/<request>/accept"
    blueprint.add_url_rule(rule, "accept_entrant", fresh(_accept), methods=["POST"])
    rule = f"{PATH}/<request>/refuse"
    blueprint.add_url_rule(rule, "refuse_entrant", fresh(_refuse), methods=["POST"])


def _entrants() -> ResponseReturnValue:
    check_administrator(wired(), me().actor.id)
    others = wired().reader.actors(limit=MOST_OTHERS)
    return render_template(
        "entrants.html",
        requests=list_requests(wired()),
        titles={one.name: one.title for one in doors().sign_in.providers},
        others=[one for one in others if one.type == "person"],
    )


def _accept(request: str) -> ResponseReturnValue:
    """Let somebody in: as a person who is enrolled now, or as one who is there already."""
    check_administrator(wired(), me().actor.id)
    found = get_request(wired(), request)
    provider = doors().issuer(found.provider).provider
    actor = text("actor")
    if not actor:
        said = {"actor_id": new_actor_id(), "actor_type": "person"}
        known = optional(name=found.name or found.email, email=found.email)
        if not known:
            raise InputError(
                "The provider says neither name nor address of this person.",
                pointer="/actor",
                remedy="Enrol the person first, then choose who it is.",
            )
        receipt = ask("actor.enrolled", {**said, **known}, "enrol")
        if receipt.outcome != "allow":
            return refused(receipt.sequence, PATH)
        actor = str(getattr(wired().log.entry(receipt.sequence).event, "actor_id", ""))
    accept_request(wired(), found.request_id, provider, actor)
    flash("They can sign in now. Roles are given on this page.", "ok")
    return redirect(f"/people/{actor}")


def _refuse(request: str) -> ResponseReturnValue:
    check_administrator(wired(), me().actor.id)
    drop_request(wired(), request)
    flash("The request is put away. They may ask again.", "ok")
    return redirect(PATH)
