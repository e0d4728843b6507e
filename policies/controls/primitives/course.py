"""T10 exceptions, T13 notice and T15 erasure: what happens out of the ordinary, and at the end."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.model import VersionDeprecated
from policies.controls.finding import Deviation, Tally, both, many, not_recorded
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.state.history import Recorded
    from policies.controls.changes import Change
    from policies.controls.finding import Finding
    from policies.controls.material import Material


class ExceptionArguments(Arguments):
    """``rollbacks``: look at roll-backs as emergency changes; else at ways around the policy."""

    rollbacks: bool = False
    review_days: int = Field(default=5, ge=1, le=365)


def emergency(material: Material, arguments: ExceptionArguments) -> Finding:
    """T10: each emergency has a cause, a reason and a known-good target; its review is a person's.

    No entry goes around the policy, so there is nothing to find unless roll-backs are looked at.
    """
    if not arguments.rollbacks:
        said = "This ledger knows no emergency path around its policy, so none was used."
        return Tally(0, 0).found("T10", 1, (), said)
    changes = tuple(change for change in material.changes if change.rollback)
    exceptions = tuple(
        Deviation((change.entry,), f"Roll-back in entry {change.entry}: {'; '.join(lacks)}.")
        for change in changes
        if (lacks := _lacks(material, change))
    )
    review = Deviation(
        (),
        "The review afterwards is not recorded in this ledger; show one for each roll-back, made "
        f"within {many(arguments.review_days, 'day')}.",
    )
    entries = both(*((item.entry, *_before(item)) for item in changes))
    tally = Tally(len(changes), len(changes), exceptions, (review,) if changes else (), entries)
    held = many(len(changes), "roll-back")
    sentence = {
        "fail": f"{held} in production, {len(exceptions):,} without cause, reason or known-good "
        "version.",
        "insufficient_evidence": f"{held} in production, each with cause and reason, to a version "
        f"that had run there before. {review.sentence}",
    }.get(tally.verdict, "Nothing was rolled back in production in the period.")
    return tally.found(
        "T10", 1, ("deployment.rolled_back",), sentence, human_part="missing" if changes else "none"
    )


def _before(change: Change) -> tuple[int, ...]:
    return () if change.before is None else (change.before,)


def _lacks(material: Material, change: Change) -> tuple[str, ...]:
    entry = material.by_sequence[change.entry].entry
    found = []
    if not change.cause:
        found.append("no cause")
    if all(item.field != "reason" for item in entry.commitments):
        found.append("no reason was kept")
    if change.before is None:
        found.append("the version had not run there under a grant before")
    return tuple(found)


class NoticeArguments(Arguments):
    """``days`` between the entry and its effect; ``urgent`` causes need none.

    ``consumers``: the users of the model must have been told, which this ledger does not record.
    """

    days: int = Field(ge=0, le=3660)
    urgent: tuple[str, ...] = ("security", "privacy", "regulatory", "quality")
    consumers: bool = False


def notice(material: Material, arguments: NoticeArguments) -> Finding:
    """T13: deprecations were announced in time; nothing was deployed or left running afterwards."""
    found = material.of_kind(VersionDeprecated.kind)
    exceptions = tuple(
        Deviation(entries, sentence)
        for item in found
        for entries, sentence in _late(material, item, arguments)
    )
    missing = (
        (Deviation((), "Whether users of the model were told is not recorded in this ledger."),)
        if arguments.consumers and found
        else ()
    )
    tally = Tally(
        len(found),
        len(found),
        exceptions,
        missing,
        tuple(item.entry.sequence for item in found),
    )
    held = many(len(found), "deprecation")
    sentence = {
        "pass": f"{held} in the period, each {many(arguments.days, 'day')} ahead or urgent, and "
        "not in use after it took effect.",
        "fail": f"{held} in the period, {many(len(exceptions), 'exception')}.",
        "insufficient_evidence": f"{held} in the period, each in time. Whether users of the model "
        "were told is not recorded in this ledger.",
    }.get(tally.verdict, "Nothing was deprecated in the period.")
    return tally.found(
        "T13",
        1,
        ("version.deprecated", "deployment.recorded"),
        sentence,
        human_part="missing" if missing else "none",
    )


def _late(
    material: Material, item: Recorded, arguments: NoticeArguments
) -> list[tuple[tuple[int, ...], str]]:
    event, sequence = item.entry.event, item.entry.sequence
    if not isinstance(event, VersionDeprecated):
        return []
    found: list[tuple[tuple[int, ...], str]] = []
    who = f"{event.model} {event.version}"
    said_on = date.fromisoformat(item.entry.recorded_at[:10])
    ahead = (date.fromisoformat(event.effective_on) - said_on).days
    if event.cause not in arguments.urgent and ahead < arguments.days:
        found.append(
            (
                (sequence,),
                f"{who}: announced {many(max(ahead, 0), 'day')} before it takes effect.",
            )
        )
    last = material.history.recorded[-1].entry.recorded_at[:10]
    for stretch in material.stretches_of.get((event.model, event.version), ()):
        entries = both((sequence, stretch.since))
        if stretch.since > sequence:
            found.append((entries, f"{who}: deployed after it was deprecated."))
        elif (stretch.ended_at or last)[:10] > event.effective_on:
            found.append((entries, f"{who}: still ran in production after it took effect."))
    return found


class ErasureArguments(Arguments):
    """``days`` between a request and its execution."""

    days: int = Field(ge=1, le=365)


def erasure(material: Material, arguments: ErasureArguments) -> Finding:
    """T15: requests of data subjects. This ledger has no kind of entry for them yet."""
    del material
    return not_recorded(
        "T15",
        1,
        "Requests of data subjects are not recorded in this ledger. Show the register of requests: "
        f"each answered within {many(arguments.days, 'day')}.",
    )
