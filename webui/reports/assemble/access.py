"""Who may do what: every role held at the end, since which entry, and the roles taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
                Column("Reviewer: keep or remove", 5),
            ),
            tuple(_row(basis, item) for item in held),
            "Roles held now",
        ),
    ]
    if ended:
        blocks.append(_ended(basis, ended))
    else:
        blocks.append(Callout("note", "No role was taken away in the period."))
    return Section("Who may do what", tuple(blocks))


def _row(basis: Basis, item: Holding) -> tuple[str, ...]:
    kind = basis.material.people.types[item.actor]
    return (
        words(item.role),
        basis.name(item.actor),
        _TYPE_WORDS[kind],
        minute(item.granted_at),
        str(item.granted),
        basis.name(item.granted_by),
        "",
    )


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
