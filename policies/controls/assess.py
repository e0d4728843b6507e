"""An assessment: every control of a framework over one history, and what came out.

Rules:
- A control's verdict is the worst of its tests' (see ``finding``).
- A control whose source applies only from a day after the period is ``not_applicable``; nothing
  else makes one so by itself, since leaving a control aside is a person's signed decision.
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
    from ledger.state.history import History
    from policies.controls.mapping import Control, Framework
    from policies.controls.outside import Integrity, Inventory
    from policies.controls.scope import Scope


@dataclass(frozen=True)
class Result:
    """A control and what its tests found. ``sentence`` says it in one or two lines."""

    control: Control
    verdict: Verdict
    findings: tuple[Finding, ...]
    sentence: str
    human_part: HumanPart

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
    inventory: Inventory | None = None,
) -> Assessment:
    """Run every control of a framework over a history.

    Raises:
        ValueError: the history is empty.
    """
    return assess_material(framework, Material(history, scope, integrity, inventory))


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
        results=tuple(_result(control, material) for control in framework.controls),
    )


def _result(control: Control, material: Material) -> Result:
    if control.applies_from > material.scope.period.until:
        sentence = f"Applies from {control.applies_from.isoformat()}, after the period."
        return Result(control, "not_applicable", (), sentence, "none")
    if control.data and not _holds(material, control):
        sentence = f"No version in scope is recorded as trained on {in_words(control.data)}."
        return Result(control, "not_exercised", (), sentence, "none")
    findings = tuple(use.test.run(material, use.arguments) for use in control.tests)
    verdict = worst(finding.verdict for finding in findings)
    parts: list[HumanPart] = [finding.human_part for finding in findings]
    if control.human and worst_human_part(parts) == "none":
        parts.append("missing")
    return Result(control, verdict, findings, _sentence(findings), worst_human_part(parts))


def _holds(material: Material, control: Control) -> bool:
    return any(
        held.classification in control.data
        for version in material.versions
        for held in version.data_sets
    )


def _sentence(findings: tuple[Finding, ...]) -> str:
    """What the tests said, worst first, each once."""
    ordered = sorted(findings, key=lambda finding: VERDICTS.index(finding.verdict))
    return " ".join(dict.fromkeys(finding.sentence for finding in ordered))
