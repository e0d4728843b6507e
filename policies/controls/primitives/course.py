"""T10 exceptions and T13 notice: what happens out of the ordinary, and at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.exception import ExceptionOpened, ReviewCompleted
from ledger.events.model import VersionDeprecated
from ledger.state.exceptions import ReviewState
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.state.exceptions import ExceptionState
    from ledger.state.history import Recorded
    from policies.controls.changes import Change
    from policies.controls.finding import Finding
    from policies.controls.material import Material


class ExceptionArguments(Arguments):
    """``rollbacks``: look at roll-backs as emergency changes; else at ways around the policy."""

    rollbacks: bool = False
    review_days: int = Field(default=5, ge=1, le=365)


def emergency(material: Material, arguments: ExceptionArguments) -> Finding:
    """T10: each emergency has a cause, a reason and a review in time by somebody else.

    Looks at the exceptions that were opened; with ``rollbacks``, at roll-backs in production.
    """
    if arguments.rollbacks:
        return _rolled_back(material, arguments)
    opened = material.of_kind(ExceptionOpened.kind)
    numbers = [item.entry.sequence for item in opened]
    reviews = _reviews(material, numbers)
    states = [material.history.registry.exception(number) for number in numbers]
    wrong = tuple(
        Deviation((state.since,), f"Exception {state.since}: {'; '.join(lacks)}.")
        for state in states
        if (lacks := _unfinished(material, reviews, state))
    )
    waiting = tuple(
        Deviation((number,), f"The review of exception {number} is not made, and not due yet.")
        for number in numbers
        if _waits(material, reviews, number)
    )
    entries = both(numbers, *((item.since, item.completed or item.since) for item in reviews))
    tally = Tally(len(opened), len(opened), wrong, waiting, entries)
    uses = many(sum(len(state.used) for state in states), "use")
    held = f"{many(len(opened), 'exception')} opened, with {uses}"
    sentence = {
        "fail": f"{held}; {len(wrong):,} without account, or without a review in time.",
        "pass": f"{held}; each was closed with an account and reviewed in time by somebody else.",
        "insufficient_evidence": f"{held}; {len(waiting):,} still to be reviewed.",
    }.get(tally.verdict, "No exception was opened in the period, so no way around a rule was used.")
    return tally.found("T10", 2, (ExceptionOpened.kind, ReviewCompleted.kind), sentence)


def _rolled_back(material: Material, arguments: ExceptionArguments) -> Finding:
    return rolled_back(rollbacks(material, arguments), arguments)


def rollbacks(material: Material, arguments: ExceptionArguments) -> Tally:
    """T10 of roll-backs, one by one: reviews that wait are missing, and noted."""
    del arguments
    changes = tuple(change for change in material.changes if change.rollback)
    reviews = _reviews(material, [change.entry for change in changes])
    exceptions = tuple(
        Deviation((change.entry,), f"Roll-back in entry {change.entry}: {'; '.join(lacks)}.")
        for change in changes
        if (lacks := [*_lacks(material, change), *_review_lacks(material, reviews, change.entry)])
    )
    asked = {item.of for item in reviews}
    unasked = [change.entry for change in changes if change.entry not in asked]
    waiting = [change.entry for change in changes if _waits(material, reviews, change.entry)]
    missing = (
        *(Deviation((), f"Roll-back in entry {one}: no review is recorded.") for one in unasked),
        *(Deviation((one,), f"Roll-back in entry {one}: its review waits.") for one in waiting),
    )
    entries = both(
        *((item.entry, *_before(item)) for item in changes),
        *((item.since, item.completed or item.since) for item in reviews),
    )
    return Tally(len(changes), len(changes), exceptions, missing, entries, noted=len(waiting))


def rolled_back(tally: Tally, arguments: ExceptionArguments) -> Finding:
    """What follows for T10 of roll-backs from a tally: what is missing, once of each sort."""
    waiting = [entry for item in tally.missing for entry in item.entries]
    missing = []
    if tally.lacking > tally.noted:
        said = (
            "The review afterwards is not recorded in this ledger; show one for each roll-back, "
            f"made within {many(arguments.review_days, 'day')}."
        )
        missing.append(Deviation((), said))
    if tally.noted:
        said = f"{many(tally.noted, 'review')} afterwards is not made, and not due yet."
        missing.append(Deviation(tuple(waiting), said))
    tally = replace(tally, missing=tuple(missing), beyond=(tally.beyond[0], 0))
    held = many(tally.population, "roll-back")
    sentence = {
        "fail": f"{held} in production, {tally.failed:,} without cause, reason, known-good "
        "version or a review in time.",
        "pass": f"{held} in production, each with cause and reason, to a version that had run "
        "there before, and reviewed in time.",
        "insufficient_evidence": f"{held} in production, each with cause and reason, to a version "
        f"that had run there before. {missing[0].sentence if missing else ''}",
    }.get(tally.verdict, "Nothing was rolled back in production in the period.")
    return tally.found(
        "T10",
        2,
        ("deployment.rolled_back",),
        sentence,
        human_part="missing" if missing else "none",
    )


def _reviews(material: Material, entries: list[int]) -> list[ReviewState]:
    """The reviews of these entries, demanded or made."""
    wanted = set(entries)
    return [item for item in material.history.registry.all(ReviewState) if item.of in wanted]


def _unfinished(material: Material, reviews: list[ReviewState], state: ExceptionState) -> list[str]:
    """An exception that ran out without an account, or whose review is wrong."""
    over = state.status == "open" and state.until < material.as_of
    said = ["it ended without an account of what was done"] if over else []
    return said + _review_lacks(material, reviews, state.since)


def _review_lacks(material: Material, reviews: list[ReviewState], entry: int) -> list[str]:
    found = []
    for item in reviews:
        if item.of != entry:
            continue
        if item.completed_at is None and item.due < material.as_of:
            found.append(f"its review was due by {item.due[:10]} and is not made")
        elif item.completed_at is not None and item.completed_at > item.due:
            found.append(f"its review was due by {item.due[:10]} and was made later")
        if item.finding == "objected":
            found.append("the reviewer objected")
    return found


def _waits(material: Material, reviews: list[ReviewState], entry: int) -> bool:
    return any(
        item.of == entry and item.completed is None and item.due >= material.as_of
        for item in reviews
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
    return noticed(notices(material, arguments), arguments)


def notices(material: Material, arguments: NoticeArguments) -> Tally:
    """T13, deprecation by deprecation."""
    found = material.of_kind(VersionDeprecated.kind)
    exceptions = tuple(
        Deviation(entries, sentence)
        for item in found
        for entries, sentence in _late(material, item, arguments)
    )
    numbers = tuple(item.entry.sequence for item in found)
    return Tally(len(found), len(found), exceptions, (), numbers)


def noticed(tally: Tally, arguments: NoticeArguments) -> Finding:
    """What follows for T13 from a tally."""
    said = "Whether users of the model were told is not recorded in this ledger."
    missing = (Deviation((), said),) if arguments.consumers and tally.population else ()
    tally = replace(tally, missing=missing)
    held = many(tally.population, "deprecation")
    sentence = {
        "pass": f"{held} in the period, each {many(arguments.days, 'day')} ahead or urgent, and "
        "not in use after it took effect.",
        "fail": f"{held} in the period, {many(tally.failed, 'exception')}.",
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
    last = material.as_of[:10]
    for stretch in material.stretches_of.get((event.model, event.version), ()):
        entries = both((sequence, stretch.since))
        if stretch.since > sequence:
            found.append((entries, f"{who}: deployed after it was deprecated."))
        elif (stretch.ended_at or last)[:10] > event.effective_on:
            found.append((entries, f"{who}: still ran in production after it took effect."))
    return found
