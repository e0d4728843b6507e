"""Who holds which role, as a table of people and roles; the same as CSV; and one person's history.

The table shows what holds now, with scope and end. The CSV has a line for every role held, and no
cell of it is taken for a formula (``webui.cells``). A history is every entry about somebody's
enrolment, roles, keys and reviews, newest first; it is looked for in parts, since entries are not
kept by whom they are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, render_template, request

from ledger.events.access import InventoryReconciled
from ledger.events.change import ChangeProposed
from ledger.events.names import format_instant
from ledger.store.entries import Filter
from webui.cells import csv_line
from webui.here import wired
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.event import Event
    from ledger.query import Told
    from ledger.state.aggregates import ActorState, RoleHeld
    from webui.wiring import Wiring

ON_A_PAGE: Final = 100
_AT_ONCE: Final = 200
_LOOKED_AT: Final = 2_000
_SHOWN: Final = 50
_COLUMNS: Final = (
    "actor_id", "name", "type", "role", "models", "tags", "until", "granted_entry", "state",
)  # fmt: skip
ABOUT_PEOPLE: Final = Filter(
    kinds=(
        "actor.enrolled",
        "role.granted",
        "role.revoked",
        "role.delegated",
        "identity.linked",
        "identity.unlinked",
        "recovery.allowed",
        "key.enrolled",
        "key.revoked",
        "change.proposed",
        "access.row_reviewed",
        "inventory.reconciled",
        "subject.rectified",
        "subject.erased",
    )
)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/people/roles", "role_matrix", _matrix)
    blueprint.add_url_rule("/people/roles.csv", "role_matrix_csv", _csv)
    blueprint.add_url_rule("/people/<actor>/history", "person_history", _history)


def _matrix() -> ResponseReturnValue:
    wiring = wired()
    now = format_instant(wiring.now())
    actors = wiring.reader.actors(before=before(), limit=ON_A_PAGE)
    return render_template(
        "role_matrix.html",
        rows=[(one, held) for one in actors if (held := _held(one, now))],
        roles=wiring.policy().roles,
        many={role: len(wiring.reader.holding(role, now)) for role in wiring.policy().roles},
        now=now,
        first=first_page(),
        next=next_page(actors, ON_A_PAGE, lambda item: item.since),
    )


def _held(actor: ActorState, now: str) -> dict[str, RoleHeld]:
    return {held.role: held for held in actor.roles if held.in_time(now)}


def _csv() -> ResponseReturnValue:
    wiring = wired()
    name = f"counterseal-{wiring.log.name}-roles.csv"
    return Response(
        _lines(wiring),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(wiring: Wiring) -> Iterator[bytes]:
    """A line for every role held, over or not; newest people first."""
    last: int | None = None
    now = format_instant(wiring.now())
    yield csv_line(_COLUMNS)
    while True:
        page = wiring.reader.actors(before=last, limit=_AT_ONCE)
        people = wiring.reader.people(one.id for one in page if one.roles)
        for one in page:
            for held in one.roles:
                yield csv_line(
                    [
                        one.id,
                        people[one.id].name,
                        one.type,
                        held.role,
                        " ".join(held.models or ()),
                        " ".join(held.tags or ()),
                        held.until or "",
                        str(held.granted),
                        "held" if held.in_time(now) else "over",
                    ]
                )
        if len(page) < _AT_ONCE:
            return
        last = page[-1].since


def _history(actor: str) -> ResponseReturnValue:
    person = wired().reader.person(actor)
    told, last = _about(actor, before())
    return render_template(
        "person_history.html",
        person=person,
        told=told,
        first=first_page(),
        next=f"{request.path}?before={last}" if last is not None else "",
    )


def _about(actor: str, start: int | None) -> tuple[list[Told], int | None]:
    """The newest entries about somebody before a number, and where looking on begins."""
    reader, looked = wired().reader, 0
    found: list[Told] = []
    while looked < _LOOKED_AT and len(found) < _SHOWN:
        rows = reader.entries(ABOUT_PEOPLE, before=start, limit=_AT_ONCE)
        found += [one for one in reader.told(rows) if _concerns(one.entry.event, actor)]
        looked += len(rows)
        if len(rows) < _AT_ONCE:
            return found, None
        start = rows[-1].sequence
    return found, start


def _concerns(event: Event, actor: str) -> bool:
    if isinstance(event, InventoryReconciled):
        return any(one.actor_id == actor for one in event.left)
    if isinstance(event, ChangeProposed):
        return actor in {event.event.get("actor_id"), event.event.get("same_as")}
    return actor in {getattr(event, "actor_id", ""), getattr(event, "same_as", "")}
