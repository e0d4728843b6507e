"""T8 deprovisioning, T14 authentication: do leavers lose access, are approvers signed in?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.access import InventoryReconciled
from ledger.events.actor import Via  # noqa: TC001 (pydantic reads it at run time)
from ledger.events.names import parse_instant
from ledger.events.release import ReleaseApproved
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from policies.controls.finding import Finding
    from policies.controls.material import Material
    from policies.controls.people import Holding


class DeprovisionArguments(Arguments):
    """``hours`` between a person's leaving and the revocation of the last role."""

    hours: int = Field(ge=1, le=720)


def deprovision(material: Material, arguments: DeprovisionArguments) -> Finding:
    """T8: who left, by the lists that were held against this ledger, lost every role in time."""
    lists = [
        item
        for item in material.of_kind(InventoryReconciled.kind)
        if isinstance(item.entry.event, InventoryReconciled)
        and item.entry.event.inventory == "people"
    ]
    left = {
        one.actor_id: (one.at, item.entry.sequence)
        for item in lists
        if isinstance(item.entry.event, InventoryReconciled)
        for one in item.entry.event.left
    }
    revoked = material.of_kind("role.revoked")
    if not lists:
        return _no_list(len(revoked), arguments, tuple(item.entry.sequence for item in revoked))
    wrong = tuple(
        Deviation((held.granted, entry), said)
        for actor, (at, entry) in sorted(left.items())
        for held in material.people.holdings
        if held.actor == actor and (said := _kept_too_long(held, at, arguments.hours))
    )
    entries = both([item.entry.sequence for item in lists], [one.entry.sequence for one in revoked])
    tally = Tally(len(left), len(left), wrong, (), entries)
    people = many(len(left), "person", "people")
    sentence = {
        "pass": f"{people} left by {many(len(lists), 'list')}; each lost every role within "
        f"{many(arguments.hours, 'hour')}.",
        "fail": f"{people} left by {many(len(lists), 'list')}; {len(wrong):,} roles were kept "
        "longer.",
    }.get(tally.verdict, f"Nobody left, by {many(len(lists), 'list')} of people in the period.")
    return tally.found("T8", 2, (InventoryReconciled.kind, "role.revoked"), sentence)


def _kept_too_long(held: Holding, left_at: str, hours: int) -> str:
    """Whether somebody who left kept a role beyond the time they had to lose it."""
    latest = parse_instant(left_at) + timedelta(hours=hours)
    ended = held.revoked_at or held.until
    if ended is not None and parse_instant(ended) <= latest:
        return ""
    until = f"until {ended[:16]}" if ended else "to the end"
    return f"Entry {held.granted}: the role {held.role} was kept {until}; they left {left_at[:16]}."


def _no_list(revoked: int, arguments: DeprovisionArguments, entries: tuple[int, ...]) -> Finding:
    said = (
        "When people left is not recorded in this ledger. Compare the list of leavers: each "
        f"must have lost every role within {many(arguments.hours, 'hour')}."
    )
    tally = Tally(max(revoked, 1), 0, missing=(Deviation((), said),), entries=entries)
    return tally.found(
        "T8",
        2,
        ("role.revoked",),
        f"{many(revoked, 'role')} revoked in the period. {said}",
        population=revoked,
        human_part="missing",
    )


class SignInArguments(Arguments):
    """``accepted`` ways of signing in; ``second_factor`` asks that one was used each time.

    A passkey signs after it has verified its user, so an approval that one signed carries two
    factors, however its person was signed in.
    """

    accepted: tuple[Via, ...] = ("password", "password+totp", "password+code", "sso", "token")
    second_factor: bool = False


def sign_in(material: Material, arguments: SignInArguments) -> Finding:
    """T14: every approval in the period was given by a signed-in person, in an accepted way."""
    return signed_in(sign_in_tally(material, arguments), arguments)


def sign_in_tally(material: Material, arguments: SignInArguments) -> Tally:
    """T14, approval by approval; those that a passkey signed are noted."""
    approvals = material.of_kind(ReleaseApproved.kind)
    exceptions = tuple(
        Deviation((item.entry.sequence,), f"Entry {item.entry.sequence}: {said}.")
        for item in approvals
        if (said := _weak(item.entry, arguments))
    )
    unknown = tuple(
        Deviation((item.entry.sequence,), _UNKNOWN)
        for item in approvals
        if arguments.second_factor and _second_factor(item.entry) is None
    )
    return Tally(
        len(approvals),
        len(approvals),
        exceptions,
        unknown,
        tuple(item.entry.sequence for item in approvals),
        noted=sum(_by_passkey(item.entry) for item in approvals),
    )


_UNKNOWN = (
    "Whether a second factor was used is not recorded: API tokens and older entries say nothing of "
    "it."
)


def signed_in(tally: Tally, arguments: SignInArguments) -> Finding:
    """What follows for T14 from a tally; of which it is not known, is said once."""
    unknown = tally.lacking
    together = both(*(item.entries for item in tally.missing))
    tally = replace(
        tally,
        missing=(Deviation(together, _UNKNOWN),) if unknown else (),
        beyond=(tally.beyond[0], 0),
    )
    held = many(tally.population, "approval")
    keys = f" A passkey signed {tally.noted:,} of them." if tally.noted else ""
    ways = " or ".join(arguments.accepted)
    ways += ", with a second factor" if arguments.second_factor else ""
    sentence = {
        "pass": f"{held} in the period, each by a signed-in person (by {ways}).{keys}",
        "fail": f"{held} in the period, {tally.failed:,} not by a person signed in by {ways}.",
        "insufficient_evidence": f"{held} in the period, none known to be weaker than by {ways}."
        f"{keys} Of {unknown:,} it is not recorded whether a second factor was used.",
    }.get(tally.verdict, "No approval was given in the period.")
    return tally.found("T14", 1, ("release.approved",), sentence)


def _weak(entry: Entry, arguments: SignInArguments) -> str:
    if entry.actor.type != "person":
        return "given by a machine account"
    if entry.actor.via not in arguments.accepted:
        return f"signed in by {entry.actor.via}"
    if arguments.second_factor and _second_factor(entry) is False:
        return "signed in without a second factor"
    return ""


def _second_factor(entry: Entry) -> bool | None:
    """Whether two factors stand behind an entry; None where it does not say."""
    return True if _by_passkey(entry) else entry.actor.second_factor


def _by_passkey(entry: Entry) -> bool:
    return entry.proof is not None and entry.proof.type == "webauthn"
