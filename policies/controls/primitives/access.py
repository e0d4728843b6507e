"""T8 deprovisioning, T14 authentication: do leavers lose access, are approvers signed in?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.actor import Via  # noqa: TC001 (pydantic reads it at run time)
from ledger.events.release import ReleaseApproved
from policies.controls.finding import Deviation, Tally, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.events.entry import Entry
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
    """``accepted`` ways of signing in; ``second_factor`` asks that one was used each time.

    A passkey signs after it has verified its user, so an approval that one signed carries two
    factors, however its person was signed in.
    """

    accepted: tuple[Via, ...] = ("password", "password+totp", "password+code", "sso", "token")
    second_factor: bool = False


def sign_in(material: Material, arguments: SignInArguments) -> Finding:
    """T14: every approval in the period was given by a signed-in person, in an accepted way."""
    approvals = material.of_kind(ReleaseApproved.kind)
    exceptions = tuple(
        Deviation((item.entry.sequence,), f"Entry {item.entry.sequence}: {said}.")
        for item in approvals
        if (said := _weak(item.entry, arguments))
    )
    unknown = tuple(
        item.entry.sequence
        for item in approvals
        if arguments.second_factor and _second_factor(item.entry) is None
    )
    said = "Whether a second factor was used is not recorded: API tokens and older entries say"
    missing = (Deviation(unknown, f"{said} nothing of it."),) if unknown else ()
    tally = Tally(
        len(approvals),
        len(approvals),
        exceptions,
        missing,
        tuple(item.entry.sequence for item in approvals),
    )
    held = many(len(approvals), "approval")
    signed = sum(_by_passkey(item.entry) for item in approvals)
    keys = f" A passkey signed {signed:,} of them." if signed else ""
    ways = " or ".join(arguments.accepted)
    ways += ", with a second factor" if arguments.second_factor else ""
    sentence = {
        "pass": f"{held} in the period, each by a signed-in person (by {ways}).{keys}",
        "fail": f"{held} in the period, {len(exceptions):,} not by a person signed in by {ways}.",
        "insufficient_evidence": f"{held} in the period, none known to be weaker than by {ways}."
        f"{keys} Of {len(unknown):,} it is not recorded whether a second factor was used.",
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
