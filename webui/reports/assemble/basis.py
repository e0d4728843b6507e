"""What every section is built from: the assessment, the material under it and the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.controls.assess import Assessment, Result
    from policies.controls.finding import Verdict
    from policies.controls.material import Material
    from policies.controls.scope import Scope
    from webui.reports.assemble.context import ReportContext
    from webui.reports.assemble.kinds import Kind


@dataclass(frozen=True)
class Basis:
    """One assessment with its material and context, for one kind of report."""

    assessment: Assessment
    material: Material
    context: ReportContext
    kind: Kind

    @property
    def scope(self) -> Scope:
        """Period, models and environments."""
        return self.assessment.scope

    def with_verdict(self, verdict: Verdict) -> tuple[Result, ...]:
        """Controls that came out so, in the framework's order."""
        return tuple(item for item in self.assessment.results if item.verdict == verdict)

    def name(self, actor: str) -> str:
        """An actor's display name."""
        return self.context.names(actor)
