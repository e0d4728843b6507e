"""What people say to each other about a release: whom they ask to look, and comments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import request

from ledger.errors import InputError
from ledger.events.names import format_instant
from ledger.state.aggregates import ModelState
from ledger.store.database import reading
from policies.holding import Reach, holders
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.waiting import listed

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from webui.pages.waiting import Waiting

MOST_DAYS = 90
MOST_OFFERED = 100


class Askable(NamedTuple):
    """Somebody who could be asked: whether they are now, and whether an approval would count."""

    actor: str
    asked: bool
    could: bool


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    for word, view in (("comment", _comment), ("assign", _assign), ("remind", _remind)):
        rule = f"/releases/<int:number>/{word}"
        blueprint.add_url_rule(rule, f"release_{word}", view, methods=["POST"])


def askable(item: Waiting, could: frozenset[str]) -> list[Askable]:
    """Who could be asked to look: those whose approval would count, and those asked already."""
    wiring = wired()
    asked = set(item.turn)
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        roles = {
            role
            for result in item.granting.results
            for roles in listed(result.params.get("missing"))
            for role in roles.split("|")
        }
        found = registry.find(ModelState, item.release.model)
        tags = (found.tags or ()) if found else ()
        reach = Reach(item.release.model, tags, format_instant(wiring.now()))
        held = {actor for role in sorted(roles) for actor in holders(registry, role, reach)}
    offered = sorted(could | asked | held)[:MOST_OFFERED]
    able = [Askable(actor, actor in asked, actor in could) for actor in offered]
    return sorted(able, key=lambda one: (not one.asked, not one.could))


def _comment(number: int) -> ResponseReturnValue:
    receipt = ask("release.commented", {"release": number, "comment": text("comment")})
    return concluded(receipt, "Your comment is recorded.", f"/releases/{number}#comments")


def _assign(number: int) -> ResponseReturnValue:
    reviewers = tuple(request.form.getlist("reviewer"))
    if not reviewers:
        raise InputError("Choose whom to ask.", pointer="/reviewer")
    fields = {"release": number, "reviewers": list(reviewers), **_due()}
    receipt = ask("release.assigned", {**fields, **optional(note=text("note"))})
    return concluded(receipt, "They are asked to look.", f"/releases/{number}")


def _remind(number: int) -> ResponseReturnValue:
    """The same people are asked again, until the same time where it is not over."""
    found = wired().reader.assignment(number)
    if found is None:
        raise InputError("Nobody was asked by name.", remedy="Choose whom to ask.")
    fields = {"release": number, "reviewers": list(found.reviewers)}
    if found.due is not None and not found.overdue(format_instant(wired().now())):
        fields["due"] = found.due
    receipt = ask("release.assigned", {**fields, **optional(note=text("note"))})
    return concluded(receipt, "They are reminded.", f"/releases/{number}")


def _due() -> dict[str, str]:
    """So many days from now, where a number was given."""
    written = text("days")
    if not written:
        return {}
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:4]) <= MOST_DAYS):
        raise InputError(f"This is a whole number from 1 to {MOST_DAYS}.", pointer="/days")
    return {"due": format_instant(wired().now() + timedelta(days=int(written)))}
