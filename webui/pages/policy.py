"""The policy in force, in words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from flask import render_template

from policies import describe
from webui.here import wired

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from policies import Document
    from policies.document import Gate

_CHAPTERS: Final = {
    "actor": "People and roles",
    "role": "People and roles",
    "policy": "This policy",
    "model": "Models and versions",
    "version": "Models and versions",
    "evidence": "Models and versions",
    "metrics": "Models and versions",
    "release": "Releases and approvals",
    "approval": "Releases and approvals",
    "deployment": "Deployments",
    "report": "Reports",
}


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/policy", "policy", _policy)


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
        holders={role: wiring.reader.holders(role) for role in document.roles},
        describe=describe,
    )


def _chapters(document: Document) -> list[tuple[str, list[Gate]]]:
    """The gates by what they are about, in the order in which the chapters stand above."""
    order = list(dict.fromkeys((*_CHAPTERS.values(), "Other")))
    placed = sorted(document.gates, key=lambda gate: order.index(_chapter(gate)))
    return [(title, list(gates)) for title, gates in groupby(placed, key=_chapter)]


def _chapter(gate: Gate) -> str:
    return _CHAPTERS.get(gate.event.partition(".")[0], "Other")
