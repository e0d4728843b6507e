"""The policy in force, in words; and what another one would mean."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask import render_template, request

from ledger.batch import Asked
from ledger.errors import UnknownSubjectError
from ledger.events.assurance import PolicyActivated
from ledger.events.names import format_instant
from ledger.store.entries import Filter
from policies import Document, PolicyError, describe, document_text, load_document
from policies.bundle import compose
from policies.describe import describe_review
from policies.diff import diff
from policies.filed import activation
from policies.shipped import BUNDLES, shipped_bundle
from webui.here import wired
from webui.identity.fresh import check_fresh
from webui.pages.asking import refused, text
from webui.pages.changes import done_or_proposed
from webui.pages.frame import me
from webui.pages.other_rules import other_rules
from webui.wiring import parts_on_file, policy_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.assurance import PolicyFiled
    from ledger.state.aggregates import RoleHeld
    from ledger.submit import Receipt
    from policies.diff import Difference
    from policies.document import Gate
    from webui.wiring import Wiring

_KINDS_BY_CHAPTER: Final = {
    "People and roles": ("actor", "role", "delegation", "identity", "recovery", "access"),
    "This policy": ("policy",),
    "What needs a second person": ("change",),
    "Models and versions": (
        "model",
        "version",
        "evidence",
        "metrics",
        "schema",
        "metadata",
        "documentation",
        "deprecation",
        "recall",
        "run",
    ),
    "Releases and approvals": ("release", "approval", "rejection"),
    "Deployments": ("deployment", "inventory", "registry"),
    "Emergencies": ("exception", "review"),
    "Keys and workloads": ("key", "root", "publisher", "workload"),
    "Personal data": ("subject", "erasure", "hold"),
    "Reports and evidence": (
        "report",
        "sample",
        "statement",
        "control",
        "incident",
        "activity",
        "framework",
        "room",
    ),
    "The log and its backups": ("log", "checkpoint", "backup", "restore"),
}
"""The chapters of the page in their order; each with the first words of its kinds of event."""
_VERSIONS: Final = Filter(kinds=(PolicyActivated.kind,))
_SHOWN: Final = 20
_CHAPTERS: Final = {word: title for title, words in _KINDS_BY_CHAPTER.items() for word in words}


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
        versions=wiring.reader.entries(_VERSIONS, limit=_SHOWN),
        since=_since(wiring, document),
        activated=wiring.reader.tell(state.since),
        holders={role: _holding(wiring, role) for role in document.roles},
        describe=describe,
        describe_review=describe_review,
    )


def _since(wiring: Wiring, document: Document) -> tuple[int, list[Difference]] | None:
    """What changed from the version that the address names to the one in force.

    Raises:
        UnknownSubjectError: the entry puts no policy in force.
        PolicyError: its policy can't be read by this program.
    """
    wanted = request.args.get("since", "")
    if not wanted:
        return None
    number = int(wanted) if re.fullmatch(r"\d{1,15}", wanted, re.ASCII) else -1
    event = wiring.reader.log.entry(number).event if number >= 0 else None
    if not isinstance(event, PolicyActivated):
        raise UnknownSubjectError("This entry puts no policy in force.", remedy="Choose a version.")
    before = Document.from_canonical(policy_fields(wiring.reader, event))
    return number, diff(before, document)


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
    reader = wired().reader
    in_force, before = reader.policy()
    known = parts_on_file(reader, before.parts or ()).values()
    event, parts = activation(document, in_force.digest, known)
    if text("act") == "propose":
        check_fresh()
        refusal = _file(parts)
        if refusal is not None:
            return refused(refusal.sequence, "/policy/new")
        return done_or_proposed(event.kind, event.facts(), "The policy is in force.", "/policy")
    return _changing(document_text(document), rules=other_rules(event, document))


def _file(parts: Sequence[PolicyFiled]) -> Receipt | None:
    """File the parts that are not on file yet, all or none; the refusal, if there is one."""
    on_file = parts_on_file(wired().reader, (part.digest for part in parts))
    missing = [part for part in parts if part.digest not in on_file]
    once = request.form.get("once", "")
    asked = [Asked(part, f"page/{once}/{part.digest}" if once else "") for part in missing]
    receipts = wired().submitter.submit_batch(me().actor, asked)
    return next((one for one in receipts if one.outcome != "allow"), None)


def _changing(
    written: str, error: PolicyError | None = None, *, rules: dict[str, Any] | None = None
) -> str:
    bundles = {name: shipped_bundle(name) for name in BUNDLES}
    return render_template(
        "new_policy.html", written=written, error=error, other_rules=rules, bundles=bundles
    )


def _chapters(document: Document) -> list[tuple[str, list[Gate]]]:
    """The gates by what they are about, in the order in which the chapters stand above."""
    order = [*_KINDS_BY_CHAPTER, "Other"]
    placed = sorted(document.gates, key=lambda gate: order.index(_chapter(gate)))
    return [(title, list(gates)) for title, gates in groupby(placed, key=_chapter)]


def _chapter(gate: Gate) -> str:
    return _CHAPTERS.get(gate.event.partition(".")[0], "Other")
