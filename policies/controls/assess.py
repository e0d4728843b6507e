"""An assessment: every control of a framework over one history, and what came out.

Rules:
- A control's verdict is the worst of its tests' (see ``finding``).
- A control whose source applies only from a day after the period is ``not_applicable``. So is one
  that a person set aside, as long as that entry says; nothing else makes one so.
- What people must write is ``attached`` where a statement is signed for the control, ``expired``
  where it no longer stands at the end of what is looked at.
- A control about a class of data that no version in scope holds is ``not_exercised``.
- The same history, scope and outside facts give an equal assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies.controls.classes import in_words
from policies.controls.finding import (
    VERDICTS,
    Finding,
    HumanPart,
    Verdict,
    worst,
    worst_human_part,
)
from policies.controls.material import Material

if TYPE_CHECKING:
    from ledger.state.assurance import StatementState
    from ledger.state.history import History
    from policies.controls.mapping import Control, Framework
    from policies.controls.outside import Integrity
    from policies.controls.scope import Scope


@dataclass(frozen=True)
class Result:
    """A control and what its tests found. ``sentence`` says it in one or two lines.

    ``statement`` is the entry of the statement that people signed for it, if there is one.
    """

    control: Control
    verdict: Verdict
    findings: tuple[Finding, ...]
    sentence: str
    human_part: HumanPart
    statement: int | None = None

    @property
    def population(self) -> int:
        """The largest population of its tests."""
        return max((finding.population for finding in self.findings), default=0)

    @property
    def entries(self) -> tuple[int, ...]:
        """Every entry that its tests rest on, ascending."""
        return tuple(sorted({entry for finding in self.findings for entry in finding.entries}))


@dataclass(frozen=True)
class Assessment:
    """The results over the first ``position`` entries. ``policy`` is the digest in force then.

    ``as_of`` is the time of the last entry: nothing here reads a clock.
    """

    framework: Framework
    scope: Scope
    position: int
    as_of: str
    policy: str | None
    results: tuple[Result, ...]

    def counts(self) -> dict[Verdict, int]:
        """How many controls have each verdict, worst first; verdicts that none has are 0."""
        return {
            verdict: sum(result.verdict == verdict for result in self.results)
            for verdict in VERDICTS
        }


def assess(
    framework: Framework,
    history: History,
    scope: Scope,
    integrity: Integrity,
) -> Assessment:
    """Run every control of a framework over a history.

    Raises:
        ValueError: the history is empty.
    """
    return assess_material(framework, Material(history, scope, integrity))


def assess_material(framework: Framework, material: Material) -> Assessment:
    """As ``assess``, over material that is at hand already."""
    history = material.history
    if not history.recorded:
        msg = "there is nothing to assess in a ledger without entries"
        raise ValueError(msg)
    policy = history.registry.policy()
    return Assessment(
        framework=framework,
        scope=material.scope,
        position=history.position,
        as_of=history.recorded[-1].entry.recorded_at,
        policy=policy.digest if policy else None,
        results=results_of(framework, material),
    )


def results_of(framework: Framework, material: Material) -> tuple[Result, ...]:
    """What every control of a framework comes to, over material that may be of any make."""
    return tuple(_result(control, material) for control in framework.controls)


def _result(control: Control, material: Material) -> Result:
    if control.applies_from > material.scope.period.until and not material.scope.ahead:
        sentence = f"Applies from {control.applies_from.isoformat()}, after the period."
        return Result(control, "not_applicable", (), sentence, "none")
    said = material.statement(control.id)
    if (
        said is not None
        and said.set_aside is not None
        and said.set_aside_until >= material.last_day
    ):
        sentence = f"Set aside in entry {said.set_aside}, until {said.set_aside_until}."
        return Result(control, "not_applicable", (), sentence, "none")
    if control.data and not material.holds(control.data):
        sentence = f"No version in scope is recorded as trained on {in_words(control.data)}."
        return Result(control, "not_exercised", (), sentence, "none")
    findings = tuple(material.found(use) for use in control.tests)
    verdict = worst(finding.verdict for finding in findings)
    parts = [finding.human_part for finding in findings]
    if control.human:
        parts.append(_written(said, material.last_day))
    signed = said.signed if said is not None else None
    part = worst_human_part(parts)
    return Result(control, verdict, findings, _sentence(findings), part, signed)


def _written(said: StatementState | None, day: str) -> HumanPart:
    """The state of what people must write for a control themselves."""
    if said is None or said.signed is None:
        return "missing"
    return "attached" if said.signed_until >= day else "expired"


def _sentence(findings: tuple[Finding, ...]) -> str:
    """What the tests said, worst first, each once."""
    ordered = sorted(findings, key=lambda finding: VERDICTS.index(finding.verdict))
    return " ".join(dict.fromkeys(finding.sentence for finding in ordered))
