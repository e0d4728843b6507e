"""The policy in force, in words; and what another one would mean."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask import render_template, request

from ledger.events.assurance import PolicyActivated
from ledger.events.names import format_instant
from policies import PolicyError, describe, document_digest, document_text, load_document
from policies.bundle import compose
from policies.describe import describe_review
from policies.shipped import BUNDLES, shipped_bundle
from webui.here import wired
from webui.identity.fresh import check_fresh
from webui.pages.asking import text
from webui.pages.changes import done_or_proposed
from webui.pages.other_rules import other_rules

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import RoleHeld
    from policies import Document
    from policies.document import Gate
    from webui.wiring import Wiring

_CHAPTERS: Final = {
    "actor": "People and roles",
    "role": "People and roles",
    "delegation": "People and roles",
    "policy": "This policy",
    "change": "What needs a second person",
    "model": "Models and versions",
    "version": "Models and versions",
    "evidence": "Models and versions",
    "metrics": "Models and versions",
    "release": "Releases and approvals",
    "approval": "Releases and approvals",
    "deployment": "Deployments",
    "exception": "Emergencies",
    "review": "Emergencies",
    "report": "Reports",
}


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/policy", "policy", _policy)
    blueprint.add_url_rule("/policy/new", "new_policy", _new)
    blueprint.add_url_rule("/policy/new", "look_at_policy", _look, methods=["POST"])


def _policy() -> ResponseReturnValue:
    wiring = wired()
    state, _ = wiring.reader.policy()
    document = wiring.policy()
    return render_template(
        "policy.html",
        state=state,
        document=document,
        chapters=_chapters(document),
        activated=wiring.reader.tell(state.since),
        holders={role: _holding(wiring, role) for role in document.roles},
        describe=describe,
        describe_review=describe_review,
    )


def _holding(wiring: Wiring, role: str) -> list[tuple[str, RoleHeld]]:
    """Who holds a role that is not over, each with its scope and its end."""
    now = format_instant(wiring.now())
    found = ((one, wiring.reader.actor(one).held(role)) for one in wiring.reader.holding(role, now))
    return [(one, held) for one, held in found if held is not None]


def _new() -> ResponseReturnValue:
    return _changing(document_text(wired().policy()))


def _look() -> ResponseReturnValue:
    """Read what was written; show what it means, or propose it."""
    written = request.form.get("document", "").replace("\r\n", "\n")
    try:
        document = compose(
            load_document(written), map(shipped_bundle, request.form.getlist("with"))
        )
    except PolicyError as error:
        return _changing(written, error), 422
    in_force, _ = wired().reader.policy()
    fields = {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": in_force.digest,
        "document": document.canonical(),
    }
    if text("act") == "propose":
        check_fresh()
        return done_or_proposed("policy.activated", fields, "The policy is in force.", "/policy")
    event = PolicyActivated.model_validate(fields)
    return _changing(document_text(document), rules=other_rules(event))


def _changing(
    written: str, error: PolicyError | None = None, *, rules: dict[str, Any] | None = None
) -> str:
    bundles = {name: shipped_bundle(name) for name in BUNDLES}
    return render_template(
        "new_policy.html", written=written, error=error, other_rules=rules, bundles=bundles
    )


def _chapters(document: Document) -> list[tuple[str, list[Gate]]]:
    """The gates by what they are about, in the order in which the chapters stand above."""
    order = list(dict.fromkeys((*_CHAPTERS.values(), "Other")))
    placed = sorted(document.gates, key=lambda gate: order.index(_chapter(gate)))
    return [(title, list(gates)) for title, gates in groupby(placed, key=_chapter)]


def _chapter(gate: Gate) -> str:
    return _CHAPTERS.get(gate.event.partition(".")[0], "Other")
