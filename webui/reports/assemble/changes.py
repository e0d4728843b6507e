"""The population of changes: what was asked for, approved, deployed, undone, refused and retired.

Whole, not a sample: every row of the period, at most ``MOST_ROWS`` of each kind printed (the rest
is counted). Roles are those held when the approval was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import assurance, model, release
from policies.controls.finding import many
from webui.reports.assemble.words import (
    KIND_WORDS,
    duration,
    middle,
    minute,
    seconds_between,
    words,
)
from webui.reports.model import (
    Bar,
    Callout,
    Chart,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from ledger.state.history import Recorded
    from policies.controls.changes import Approval, Change
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

MOST_ROWS = 2_000


def change_population(basis: Basis) -> Section:
    """All tables of changes in the period."""
    asked = basis.material.of_kind(release.ReleaseRequested.kind)
    environments = ", ".join(basis.scope.production)
    blocks: list[Block] = [
        Paragraph(
            "Every change of the period, taken from the ledger by kind of entry, not drawn as a "
            f"sample. Production means: {environments}. Times are UTC. A number stands for the "
            "ledger entry that says so."
        ),
        Heading("Changes in production"),
        *_changes(basis),
        Heading("Releases asked for"),
        *_requests(basis, asked),
        Heading("Attempts that the policy refused"),
        *_denials(basis),
        Heading("Versions deprecated or archived"),
        *_retired(basis),
    ]
    return Section("Changes in the period", tuple(blocks))


def _changes(basis: Basis) -> tuple[Block, ...]:
    changes = basis.material.changes
    if not changes:
        return (Callout("note", "Nothing was deployed to production in the period."),)
    rows = tuple(
        (
            str(change.entry),
            minute(change.at),
            KIND_WORDS[_kind(change)],
            f"{change.model} {change.version}",
            _approvers(basis, change.approvals),
            from_request(change),
            basis.name(change.deployer),
        )
        for change in changes
    )
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 5),
        Column("What", 3),
        Column("Version", 5),
        Column("Approved by (role then, entry)", 8),
        Column("From request", 3, "right"),
        Column("By", 4),
    )
    return (_printed(columns, rows, "production change"), _months(changes))


def _kind(change: Change) -> str:
    return "deployment.rolled_back" if change.rollback else "deployment.recorded"


def _approvers(basis: Basis, approvals: tuple[Approval, ...]) -> str:
    said = (
        f"{basis.name(item.actor)} ({words(', '.join(item.roles)) or 'no role'}; {item.entry})"
        for item in approvals
    )
    return "; ".join(said) or "\N{EN DASH}"


def from_request(change: Change) -> str:
    """How long it took from request to deployment; a dash for a roll-back, or without a request."""
    if change.requested_at is None or change.rollback:
        return "\N{EN DASH}"
    return duration(seconds_between(change.requested_at, change.at))


def _months(changes: tuple[Change, ...]) -> Chart:
    counted: dict[str, int] = {}
    for change in changes:
        counted[change.at[:7]] = counted.get(change.at[:7], 0) + 1
    bars = tuple(Bar(month, counted[month]) for month in sorted(counted))
    return Chart(bars, "Production changes by month (UTC)", "columns")


def _requests(basis: Basis, asked: tuple[Recorded, ...]) -> tuple[Block, ...]:
    if not asked:
        return (Callout("note", "No release was asked for in the period."),)
    rows = []
    for item in asked:
        held = basis.material.history.registry.release(item.entry.sequence)
        votes = "; ".join(
            f"{basis.name(vote.actor)} {'yes' if vote.verdict == 'approve' else 'no'}"
            f"{'' if vote.counts else ' (taken back)'} ({vote.entry})"
            for vote in held.votes
        )
        end = held.granted if held.status == "granted" else held.closed
        rows.append(
            (
                str(item.entry.sequence),
                minute(item.entry.recorded_at),
                f"{held.model} {held.version}",
                held.environment,
                basis.name(held.requester),
                votes or "\N{EN DASH}",
                held.status + (f" ({end})" if end is not None else ""),
            )
        )
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 5),
        Column("Version", 5),
        Column("To", 3),
        Column("Asked by", 4),
        Column("Votes (entry)", 7),
        Column("Now (entry)", 4),
    )
    return (_printed(columns, tuple(rows), "release request"),)


def _denials(basis: Basis) -> tuple[Block, ...]:
    denied = basis.material.of_kind(assurance.AccessDenied.kind)
    if not denied:
        return (Callout("note", "The policy refused no attempt in the period."),)
    rows = tuple(
        (
            str(item.entry.sequence),
            minute(item.entry.recorded_at),
            basis.name(item.entry.actor.id),
            _attempt(item),
            _reasons(basis, item),
        )
        for item in denied
    )
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 5),
        Column("Who", 4),
        Column("Tried", 6),
        Column("Why it was refused", 11),
    )
    return (_printed(columns, rows, "refused attempt"),)


def _attempt(item: Recorded) -> str:
    event = item.entry.event
    tried = event.attempted if isinstance(event, assurance.AccessDenied) else ""
    place = " ".join(part for part in (item.about.model, item.about.version) if part)
    what = KIND_WORDS.get(tried, tried)
    return f"{what}: {place}" if place else what


def _reasons(basis: Basis, item: Recorded) -> str:
    decision = item.entry.decision
    if decision is None:
        return "no reason is recorded"
    said = (basis.context.sentence(result) for result in decision.unmet)
    return "; ".join(dict.fromkeys(said)) or "no reason is recorded"


def _retired(basis: Basis) -> tuple[Block, ...]:
    found = basis.material.of_kind(model.VersionDeprecated.kind, model.VersionArchived.kind)
    if not found:
        return (Callout("note", "No version was deprecated or archived in the period."),)
    rows = []
    for item in found:
        event = item.entry.event
        cause = effective = after = ""
        if isinstance(event, model.VersionDeprecated):
            cause, effective = words(event.cause), event.effective_on
            after = event.replacement or ""
        rows.append(
            (
                str(item.entry.sequence),
                minute(item.entry.recorded_at),
                KIND_WORDS[item.entry.kind],
                f"{item.about.model} {item.about.version}",
                cause or "\N{EN DASH}",
                effective or "\N{EN DASH}",
                after or "\N{EN DASH}",
            )
        )
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 5),
        Column("What", 4),
        Column("Version", 5),
        Column("Cause", 3),
        Column("Takes effect", 3),
        Column("Replaced by", 3),
    )
    return (_printed(columns, tuple(rows), "retirement"),)


def _printed(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], noun: str) -> Table:
    caption = many(len(rows), noun)
    if len(rows) > MOST_ROWS:
        caption += f"; the first {MOST_ROWS:,} are printed, the rest is in the ledger"
    return Table(columns, rows[:MOST_ROWS], caption)


def lead_time(basis: Basis) -> Section:
    """From request to deployment: how long it took, and how often it was done again."""
    changes = [item for item in basis.material.changes if not item.rollback and item.requested_at]
    back = sum(item.rollback for item in basis.material.changes)
    if not changes:
        none = Callout("note", "No production deployment with a request in the period.")
        return Section("From request to deployment", (none,))
    lengths = sorted(
        seconds_between(item.requested_at, item.at) for item in changes if item.requested_at
    )
    rows = (
        KeyValue("Deployments with a request", f"{len(changes):,}"),
        KeyValue("Roll-backs", f"{back:,}"),
        KeyValue("Shortest time from request to deployment", duration(lengths[0])),
        KeyValue("Median time", duration(middle(lengths))),
        KeyValue("Longest time", duration(lengths[-1])),
    )
    return Section("From request to deployment", (KeyValues(rows),))
