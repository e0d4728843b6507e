"""The policy in force, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from policies import describe
from webui.here import wired

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


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
        activated=wiring.reader.tell(state.since),
        holders={role: wiring.reader.holders(role) for role in document.roles},
        describe=describe,
    )
