"""T4 separation of duties: does no one hand seal a change, or grant itself a role, alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledger.events.model import Classification  # noqa: TC001 (pydantic reads it at run time)
from ledger.events.people import RoleGranted
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments
from policies.controls.primitives.change import changes_on, returns, told, was, with_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.controls.changes import Change
    from policies.controls.finding import Finding
    from policies.controls.material import Material


_SOURCES = (
    "actor.enrolled",
    "role.granted",
    "role.revoked",
    "identity.linked",
    "version.registered",
    "release.requested",
    "release.approved",
    "approval.revoked",
    "release.granted",
    "deployment.recorded",
)


class DutiesArguments(Arguments):
    """``of`` changes: ``approvers`` distinct natural persons, at least one from each of ``roles``.

    ``deployer_apart``: who deployed must not be among the approvers. ``data`` keeps to versions
    trained on such data. ``of`` role grants: nobody may have given a role to themselves.
    """

    of: Literal["change", "role_grant"] = "change"
    approvers: int = Field(default=1, ge=1, le=10)
    roles: tuple[str, ...] = ()
    deployer_apart: bool = False
    data: tuple[Classification, ...] = ()


def duties(material: Material, arguments: DutiesArguments) -> Finding:
    """T4: nobody approved an own change, and enough persons with a role at that time approved."""
    return concluded(tallied(material, arguments), arguments)


def tallied(material: Material, arguments: DutiesArguments) -> Tally:
    """T4, change by change, or grant by grant.

    A roll-back to a version that ran here under a grant is not a new change and is left out.
    Insufficient for a change of which neither registrant nor requester is a natural person: then
    the ledger does not know whose work it is.
    """
    if arguments.of == "role_grant":
        return _grants(material)
    changes = tuple(
        change for change in changes_on(material, arguments.data) if not returns(change)
    )
    exceptions, missing = [], []
    for change in changes:
        broken = tuple(_overlaps(material, change, arguments))
        entries = both((item.entry for item in change.approvals), (change.entry,))
        if broken:
            exceptions.append(Deviation(entries, told(change, broken)))
        elif not _author_known(material, change):
            said = "registered and asked for by machine accounts, so its author is not known"
            missing.append(Deviation(change.story, told(change, (said,))))
    return Tally(
        population=len(changes),
        tested=len(changes) - len(missing),
        exceptions=tuple(exceptions),
        missing=tuple(missing),
        entries=both(*(change.story for change in changes)),
    )


def concluded(tally: Tally, arguments: DutiesArguments) -> Finding:
    """What follows for T4 from a tally."""
    if arguments.of == "role_grant":
        return _grants_found(tally)
    return tally.found("T4", 1, _SOURCES, _duties_sentence(tally, arguments))


def _duties_sentence(tally: Tally, arguments: DutiesArguments) -> str:
    rule = "approved by a person who neither registered the version nor asked for it"
    if arguments.approvers > 1:
        rule = (
            f"approved by {arguments.approvers} persons, none of whom registered the version or "
            "asked for it"
        )
    which = f"production change{with_data(arguments.data)}"
    held = many(tally.population, which, f"production changes{with_data(arguments.data)}")
    good = tally.population - tally.failed - tally.lacking
    return {
        "pass": f"All {held} were {rule}."
        if tally.population != 1
        else f"The one {which} was {rule}.",
        "fail": f"{tally.failed:,} of {held} {was(tally.failed)} not {rule}.",
        "insufficient_evidence": f"{good:,} of {held} {'was' if good == 1 else 'were'} {rule}. Of "
        f"{tally.lacking:,} the ledger does not know the author.",
    }.get(tally.verdict, f"No {which} in the period.")


def _overlaps(material: Material, change: Change, arguments: DutiesArguments) -> Iterator[str]:
    person = material.people.person
    approvers = {person(item.actor) for item in change.approvals}
    authors = {person(change.registrant), person(change.requester)}
    if person(change.requester) in approvers:
        yield "approved by the person who asked for it"
    if person(change.registrant) in approvers:
        yield "approved by the person who registered the version"
    if arguments.deployer_apart and person(change.deployer) in approvers:
        yield "approved by who deployed it"
    machines = {
        item.actor for item in change.approvals if not material.people.is_person(item.actor)
    }
    if machines:
        yield "approved by a machine account"
    counted = {
        person(item.actor)
        for item in change.approvals
        if item.roles and person(item.actor) not in authors and item.actor not in machines
    }
    if any(not item.roles for item in change.approvals):
        yield "an approver held no role at that time"
    if len(counted) < arguments.approvers:
        yield (
            f"{len(counted)} of {arguments.approvers} independent approvals"
            if counted
            else "no independent approval"
        )
    for role in arguments.roles:
        if not any(
            role in item.roles for item in change.approvals if person(item.actor) in counted
        ):
            yield f"nobody in the role {role} approved"


def _author_known(material: Material, change: Change) -> bool:
    authors = (change.registrant, change.requester)
    people = material.people
    persons = {people.person(one) for one in authors} - {None}
    return any(people.is_person(one) for one in people.types if people.person(one) in persons)


def _grants(material: Material) -> Tally:
    """T4 over role grants: who gives a role is somebody else than who gets it."""
    found = material.of_kind(RoleGranted.kind)
    exceptions = tuple(
        Deviation(
            (item.entry.sequence,),
            f"Entry {item.entry.sequence}: the role {item.entry.event.role} was granted by its "
            "receiver.",
        )
        for item in found
        if isinstance(item.entry.event, RoleGranted)
        and material.people.person(item.entry.event.actor_id)
        == material.people.person(item.entry.actor.id)
    )
    return Tally(
        len(found), len(found), exceptions, (), tuple(item.entry.sequence for item in found)
    )


def _grants_found(tally: Tally) -> Finding:
    held = many(tally.population, "role grant")
    sentence = {
        "pass": f"{held} in the period, each by somebody else than the receiver.",
        "fail": f"{held} in the period, {tally.failed:,} by the receiver.",
    }.get(tally.verdict, "No role was granted in the period.")
    return tally.found("T4", 1, ("role.granted",), sentence)
