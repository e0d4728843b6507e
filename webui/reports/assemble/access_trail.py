"""The trail behind roles: grants of the period, campaigns of review, and keys of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.client_key import WorkloadKeyEnrolled, WorkloadKeyRevoked
from ledger.events.people import RoleGranted
from ledger.events.publisher import PublisherRemoved, PublisherTrusted
from ledger.state.access import AccessReview
from policies.controls.finding import many
from webui.reports.assemble.words import KIND_WORDS, minute, words
from webui.reports.model import Callout, Column, Heading, Section, Table

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def access_lead(basis: Basis) -> str:
    """How many roles there are, and how many of them a review decided."""
    held = [item for item in basis.material.people.holdings if item.revoked is None]
    decided = {
        (row.actor_id, row.role, row.granted)
        for one in basis.material.history.registry.all(AccessReview)
        for row in one.rows
        if row.decision is not None
    }
    looked_at = sum((item.actor, item.role, item.granted) in decided for item in held)
    return (
        f"{many(len(held), 'role')} held by {many(len({i.actor for i in held}), 'actor')}; "
        f"a review decided {looked_at} of them."
    )


def trail(basis: Basis) -> Section:
    """Reviews, grants and machines."""
    return Section(
        "Reviews, grants and machines",
        (
            Heading("Access reviews"),
            *_campaigns(basis),
            Heading("Roles given in the period"),
            *_grants(basis),
            Heading("What machines sign in with"),
            *_machines(basis),
        ),
    )


def _campaigns(basis: Basis) -> tuple[Block, ...]:
    found = basis.material.history.registry.all(AccessReview)
    if not found:
        return (Callout("limit", "No access review was ever opened in this ledger."),)
    columns = (
        Column("Entry", 2, "right"),
        Column("Opened by", 5),
        Column("Due (UTC)", 4),
        Column("Rows", 2, "right"),
        Column("Undecided", 3, "right"),
        Column("Completed (entry)", 6),
    )
    rows = tuple(
        (
            str(one.since),
            basis.name(one.opener),
            minute(one.due),
            str(len(one.rows)),
            str(one.undecided),
            f"{minute(one.completed_at)}, {basis.name(one.completed_by)} ({one.completed})"
            if one.completed_at
            else "not completed",
        )
        for one in found
    )
    return (Table(columns, rows, many(len(rows), "access review")),)


def _grants(basis: Basis) -> tuple[Block, ...]:
    rows = tuple(
        (
            str(item.entry.sequence),
            minute(item.entry.recorded_at),
            words(event.role),
            basis.name(event.actor_id),
            basis.name(item.entry.actor.id),
        )
        for item in basis.material.of_kind(RoleGranted.kind)
        if isinstance(event := item.entry.event, RoleGranted)
    )
    if not rows:
        return (Callout("note", "No role was given in the period."),)
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 4),
        Column("Role", 5),
        Column("To", 5),
        Column("By", 5),
    )
    return (Table(columns, rows, many(len(rows), "role given", "roles given")),)


def _machines(basis: Basis) -> tuple[Block, ...]:
    kinds = (PublisherTrusted, PublisherRemoved, WorkloadKeyEnrolled, WorkloadKeyRevoked)
    rows = tuple(
        (
            str(item.entry.sequence),
            minute(item.entry.recorded_at),
            KIND_WORDS[item.entry.kind],
            basis.name(item.entry.actor.id),
        )
        for item in basis.material.of_kind(*(kind.kind for kind in kinds))
    )
    if not rows:
        return (Callout("note", "No pipeline was trusted and no machine's key changed."),)
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 4),
        Column("What", 6),
        Column("By", 5),
    )
    return (Table(columns, rows, many(len(rows), "change of a machine's key")),)
