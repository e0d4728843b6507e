"""T3 order: was every production change of the period asked for, evaluated and approved first?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledger.events.model import Classification  # noqa: TC001 (pydantic reads it at run time)
from policies.controls.classes import in_words
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.controls.changes import Change
    from policies.controls.finding import Finding
    from policies.controls.material import Material

Step = Literal["request", "evaluation", "approval", "deployment"]
_ALL: tuple[Step, ...] = ("request", "evaluation", "approval", "deployment")


_SOURCES = (
    "version.registered",
    "evidence.attached",
    "metrics.observed",
    "release.requested",
    "release.approved",
    "release.granted",
    "deployment.recorded",
    "deployment.rolled_back",
    "policy.activated",
)


class OrderArguments(Arguments):
    """``steps`` that must be there and in order; ``data``: only versions trained on such data."""

    steps: tuple[Step, ...] = Field(default=_ALL, min_length=1)
    data: tuple[Classification, ...] = ()


def order(material: Material, arguments: OrderArguments) -> Finding:
    """T3: request, evaluation and approval came before the deployment of the same bytes."""
    return concluded(tallied(material, arguments), arguments)


def tallied(material: Material, arguments: OrderArguments) -> Tally:
    """T3, change by change.

    The evaluation may come before or after the request, but before the last approval. The decision
    recorded with the deployment must be an "allow" under the policy in force at that entry. A
    roll-back may rest on an earlier deployment of the same version that had all this.
    """
    changes = changes_on(material, arguments.data)
    exceptions, missing = [], []
    policies = material.policies
    for change in changes:
        broken = tuple(_broken(change, arguments.steps, policies))
        if broken:
            exceptions.append(Deviation(change.story, told(change, broken)))
        elif "evaluation" in arguments.steps and not returns(change) and not change.evaluations:
            missing.append(
                Deviation(change.story, told(change, ("no evaluation is in the ledger",)))
            )
    return Tally(
        population=len(changes),
        tested=len(changes) - len(missing),
        exceptions=tuple(exceptions),
        missing=tuple(missing),
        entries=both(*(change.story for change in changes)),
    )


def concluded(tally: Tally, arguments: OrderArguments) -> Finding:
    """What follows for T3 from a tally."""
    return tally.found("T3", 1, _SOURCES, _sentence(tally, arguments))


def _sentence(tally: Tally, arguments: OrderArguments) -> str:
    rule = _rule(arguments.steps)
    which = f"production change{with_data(arguments.data)}"
    held = many(tally.population, which, f"production changes{with_data(arguments.data)}")
    good = tally.population - tally.failed - tally.lacking
    return {
        "pass": f"All {held} were {rule}."
        if tally.population != 1
        else f"The one {which} was {rule}.",
        "fail": f"{tally.failed:,} of {held} {was(tally.failed)} not {rule}.",
        "insufficient_evidence": f"{good:,} of {held} {'was' if good == 1 else 'were'} {rule}. For "
        f"{tally.lacking:,} no evaluation is in the ledger.",
    }.get(tally.verdict, f"No {which} in the period.")


def changes_on(material: Material, data: tuple[Classification, ...]) -> tuple[Change, ...]:
    """The population of changes, kept to versions trained on such data where any is named."""
    if not data:
        return material.changes
    return tuple(
        change
        for change in material.changes
        if any(
            held.classification in data
            for held in material.history.registry.version(change.model, change.version).data_sets
        )
    )


def returns(change: Change) -> bool:
    """Whether this is a roll-back to something that ran here before under a grant."""
    return change.rollback and change.before is not None


def _broken(
    change: Change, steps: tuple[Step, ...], policies: tuple[tuple[int, str], ...]
) -> Iterator[str]:
    if change.artifact != change.registered_artifact:
        yield "the bytes deployed are not the bytes registered"
    yield from _undecided(change, policies)
    if returns(change):
        return
    if "request" in steps and change.release is None:
        yield "nobody asked for this release"
    elif "approval" in steps:
        yield from _ungranted(change)
    last = max((item.entry for item in change.approvals), default=-1)
    if (
        "evaluation" in steps
        and change.approvals
        and change.evaluations
        and min(change.evaluations) > last
    ):
        yield "it was evaluated only after the last approval"


def _ungranted(change: Change) -> Iterator[str]:
    if change.grant is None:
        yield "no granted release was in force"
        return
    if change.granted_artifact != change.artifact:
        yield "other bytes were granted than deployed"
    if change.unknown_approvals:
        named = ", ".join(str(entry) for entry in change.unknown_approvals)
        yield f"the grant rests on approvals that are not in the ledger (entry {named})"
    elif not change.approvals:
        yield "nobody approved it"
    if any(item.artifact != change.artifact for item in change.approvals):
        yield "an approval was given for other bytes"


def _undecided(change: Change, policies: tuple[tuple[int, str], ...]) -> Iterator[str]:
    in_force = next((digest for entry, digest in reversed(policies) if entry < change.entry), None)
    if change.decision is None:
        yield "no decision of the policy is recorded with it"
    elif not change.decision.allowed:
        yield "the policy had refused it"
    elif change.decision.policy != in_force:
        yield "it was decided under a policy that was not in force"


def told(change: Change, broken: tuple[str, ...]) -> str:
    """A sentence that says which change it was and what is not as asked."""
    what = "Roll-back to" if change.rollback else "Deployment of"
    return (
        f"{what} {change.model} {change.version} to {change.environment} (entry {change.entry}): "
        f"{'; '.join(broken)}."
    )


_WORDS = {
    "request": "asked for",
    "evaluation": "evaluated",
    "approval": "approved",
    "deployment": "deployed",
}


def was(number: int) -> str:
    """The verb for that many items."""
    return "was" if number == 1 else "were"


def _rule(steps: tuple[Step, ...]) -> str:
    """What was asked of a change, to stand after "was"."""
    if steps == ("deployment",):
        return "allowed by the policy in force and made of registered bytes"
    words = [_WORDS[step] for step in _ALL if step in steps]
    return f"{', '.join(words[:-1])} and then {words[-1]}, with the same bytes throughout"


def with_data(data: tuple[Classification, ...]) -> str:
    """The classes of data that narrow a population, in words."""
    return f" of a version trained on {in_words(data)}" if data else ""
