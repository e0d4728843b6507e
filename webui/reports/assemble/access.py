"""Who may do what: every role held at the end, since which entry, and the roles taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.access import InventoryReconciled
from ledger.state.access import AccessReview
from policies.controls.finding import many
from webui.reports.assemble.words import minute, words
from webui.reports.model import Callout, Column, Paragraph, Section, Table

if TYPE_CHECKING:
    from policies.controls.people import Holding
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_TYPE_WORDS = {"person": "person", "workload": "machine", "service": "the service"}


def access_review(basis: Basis) -> Section:
    """A snapshot after the last entry, with a column for the reviewer's decision."""
    holdings = basis.material.people.holdings
    held = sorted(
        (item for item in holdings if item.revoked is None),
        key=lambda item: (item.role, item.granted),
    )
    ended = [
        item
        for item in holdings
        if item.revoked_at is not None and basis.scope.period.holds(item.revoked_at)
    ]
    last = _last_acts(basis)
    blocks: list[Block] = [
        Paragraph(
            f"As it stands after entry {basis.material.history.recorded[-1].entry.sequence}: "
            f"{many(len(held), 'role')} held by {many(len({i.actor for i in held}), 'actor')}."
        ),
        Table(
            (
                Column("Role", 4),
                Column("Held by", 5),
                Column("Kind", 2),
                Column("Since (UTC)", 4),
                Column("Entry", 2, "right"),
                Column("Granted by", 4),
                Column("Last act (entry)", 4),
                Column("Reviewed: keep or remove", 5),
            ),
            tuple(_row(basis, item, last.get(item.actor, "none")) for item in held),
            "Roles held now",
        ),
        Paragraph(
            "The last act is the newest entry that somebody made, with any of their roles. Who "
            "only reads makes none: when they last did is in the access log."
        ),
    ]
    if ended:
        blocks.append(_ended(basis, ended))
    else:
        blocks.append(Callout("note", "No role was taken away in the period."))
    return Section("Who may do what", (*blocks, *_left(basis)))


def _last_acts(basis: Basis) -> dict[str, str]:
    """The newest entry that each actor made, and when."""
    return {
        item.entry.actor.id: f"{minute(item.entry.recorded_at)} ({item.entry.sequence})"
        for item in basis.material.history.recorded
    }


def _row(basis: Basis, item: Holding, last: str) -> tuple[str, ...]:
    kind = basis.material.people.types[item.actor]
    return (
        words(item.role),
        basis.name(item.actor),
        _TYPE_WORDS[kind],
        f"{minute(item.granted_at)}{f' until {minute(item.until)}' if item.until else ''}",
        str(item.granted),
        basis.name(item.granted_by),
        last,
        _decided(basis, item),
    )


def _decided(basis: Basis, item: Holding) -> str:
    """What the newest review that decided of this role said, who and when; room for a hand."""
    reviews = basis.material.history.registry.all(AccessReview)
    rows = (
        row
        for one in reviews
        for row in one.rows
        if (row.actor_id, row.role, row.granted) == (item.actor, item.role, item.granted)
        and row.decision is not None
    )
    last = max(rows, key=lambda row: row.entry or 0, default=None)
    if last is None:
        return ""
    return f"{last.decision}, {basis.name(last.by)}, {minute(last.at)} ({last.entry})"


def _left(basis: Basis) -> list[Block]:
    """Who left in the period, by the lists that were held against this ledger."""
    rows = [
        (basis.name(one.actor_id), minute(one.at), event.source, str(item.entry.sequence))
        for item in basis.material.of_kind(InventoryReconciled.kind)
        if isinstance(event := item.entry.event, InventoryReconciled)
        for one in event.left
    ]
    if not rows:
        return []
    return [
        Table(
            (
                Column("Who left", 6),
                Column("When (UTC)", 4),
                Column("By the list of", 4),
                Column("Entry", 2, "right"),
            ),
            tuple(rows),
            many(len(rows), "leaver"),
        )
    ]


def _ended(basis: Basis, ended: list[Holding]) -> Table:
    return Table(
        (
            Column("Role", 4),
            Column("Held by", 5),
            Column("From (entry)", 5),
            Column("Until (entry)", 5),
        ),
        tuple(
            (
                words(item.role),
                basis.name(item.actor),
                f"{minute(item.granted_at)} ({item.granted})",
                f"{minute(item.revoked_at or '')} ({item.revoked})",
            )
            for item in ended
        ),
        many(len(ended), "role taken away", "roles taken away"),
    )
