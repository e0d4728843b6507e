"""T8 deprovisioning, T14 authentication: do leavers lose access, are approvers signed in?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.actor import Via  # noqa: TC001 (pydantic reads it at run time)
from ledger.events.release import ReleaseApproved
from policies.controls.finding import Deviation, Tally, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material


class DeprovisionArguments(Arguments):
    """``hours`` between a person's leaving and the revocation of the last role."""

    hours: int = Field(ge=1, le=720)


def deprovision(material: Material, arguments: DeprovisionArguments) -> Finding:
    """T8: counts what was revoked; when people left is only known to whoever employs them."""
    revoked = material.of_kind("role.revoked")
    said = (
        "When people left is not recorded in this ledger. Compare the list of leavers: each "
        f"must have lost every role within {many(arguments.hours, 'hour')}."
    )
    tally = Tally(
        max(len(revoked), 1),
        0,
        missing=(Deviation((), said),),
        entries=tuple(item.entry.sequence for item in revoked),
    )
    return tally.found(
        "T8",
        1,
        ("role.revoked",),
        f"{many(len(revoked), 'role')} revoked in the period. {said}",
        population=len(revoked),
        human_part="missing",
    )


class SignInArguments(Arguments):
    """``accepted`` ways of signing in; ``second_factor`` asks for approvals signed by a passkey.

    A passkey signs after it has verified its user, so such an approval carries two factors. How
    else somebody signed in is not recorded here.
    """

    accepted: tuple[Via, ...] = ("password", "token")
    second_factor: bool = False


def sign_in(material: Material, arguments: SignInArguments) -> Finding:
    """T14: every approval in the period was given by a signed-in person, in an accepted way.

    How many a passkey signed is said with it.
    """
    approvals = material.of_kind(ReleaseApproved.kind)
    exceptions = tuple(
        Deviation((item.entry.sequence,), f"Entry {item.entry.sequence}: {said}.")
        for item in approvals
        if (said := _weak(item.entry.actor.type, item.entry.actor.via, arguments))
    )
    unsigned = tuple(item.entry.sequence for item in approvals if item.entry.proof is None)
    said = "Whether a second factor was used is recorded for approvals that a passkey signed alone."
    missing = (Deviation(unsigned, said),) if arguments.second_factor and unsigned else ()
    tally = Tally(
        len(approvals),
        len(approvals),
        exceptions,
        missing,
        tuple(item.entry.sequence for item in approvals),
    )
    held = many(len(approvals), "approval")
    signed = len(approvals) - len(unsigned)
    keys = f" A passkey signed {signed:,} of them." if signed else ""
    ways = " or ".join(arguments.accepted)
    sentence = {
        "pass": f"{held} in the period, each by a signed-in person (by {ways}).{keys}",
        "fail": f"{held} in the period, {len(exceptions):,} not by a person signed in by {ways}.",
        "insufficient_evidence": f"{held} in the period, each by a signed-in person."
        f"{keys or ' A passkey signed none of them.'} Whether a second factor was used for the "
        "others is not recorded in this ledger.",
    }.get(tally.verdict, "No approval was given in the period.")
    return tally.found("T14", 1, ("release.approved",), sentence)


def _weak(actor_type: str, via: str, arguments: SignInArguments) -> str:
    if actor_type != "person":
        return "given by a machine account"
    if via not in arguments.accepted:
        return f"signed in by {via}"
    return ""
