"""Which kinds of report there are: a framework's, and those about one thing.

Every kind is made of the same parts by the same engine: an answer, exceptions, sections of its own,
what people must write, how to verify. A kind about one thing computes the few controls that belong
to it, so that its answer is never a story without a test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from ledger.errors import InputError
from policies.controls.crosswalk import shipped_crosswalk
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from webui.reports.assemble.access import access_review
from webui.reports.assemble.access_trail import access_lead, trail
from webui.reports.assemble.activity import activity_review
from webui.reports.assemble.annex_iv import annex_iv, card, dossier_lead, incidents_of
from webui.reports.assemble.changes import change_population, lead_time
from webui.reports.assemble.crosswalk import matrix_lead, side_by_side
from webui.reports.assemble.heartbeat import activity_lead, days_and_coverage
from webui.reports.assemble.integrity import integrity_lead, the_ledger
from webui.reports.assemble.lineage import models
from webui.reports.assemble.matrix import control_matrix
from webui.reports.assemble.processing import processing_register
from webui.reports.assemble.retirements import retirement_lead, retirements
from webui.reports.assemble.rights import assessment_annex, erasure_log, gdpr_lead
from webui.reports.assemble.run_time_logs import log_custody, logs_lead
from webui.reports.assemble.sampled import dossiers, how_drawn, sample_lead, sample_rows
from webui.reports.assemble.schemes import crosswalk, schemes_lead, statement_of_applicability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policies.controls.mapping import Framework
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Section

    Build = Callable[[Basis], Section | tuple[Section, ...]]

Needs = Literal["nothing", "model", "sample"]


@dataclass(frozen=True)
class Kind:
    """A kind of report. ``needs`` says what must be named besides the period.

    ``lead`` is the answer in a sentence where it is not the count of verdicts alone; ``limit`` is
    what this kind does not say, after what no report says. ``ahead``: controls that apply only from
    a later day are tested already. ``rows`` are those of a framework of the organisation's own,
    or hold such among others.
    """

    name: str
    title: str
    short: str
    about: str
    controls: tuple[str, ...]
    own: tuple[Build, ...]
    lead: Callable[[Basis], str] | None = None
    limit: str = ""
    needs: Needs = "nothing"
    ahead: bool = False
    rows: Framework | None = None

    @property
    def framework(self) -> Framework:
        """The controls that are computed for it."""
        return self.rows or _framework(self.name)


_BEYOND: Final = {
    "soc2": (lead_time,),
    "gdpr": (processing_register,),
    "hipaa": (activity_review,),
}


def _of_a_framework(name: str) -> Kind:
    return _of_rows(shipped_framework(name))


def _of_rows(found: Framework) -> Kind:
    name = found.id
    return Kind(
        name=name,
        title=found.title,
        short=found.short,
        about=f"Every control of {found.short}, each change of the period, roles and models.",
        controls=(),
        own=(control_matrix, change_population, *_BEYOND.get(name, ()), access_review, models),
    )


_OTHERS: Final = (
    Kind(
        name="sample",
        title="Sample of production changes, row by row",
        short="SOC 2, CC8.1",
        about="Rows that an auditor's nonce drew, a page for each, with proofs.",
        controls=("soc2-cc8-1-authorised", "soc2-cc6-8"),
        own=(how_drawn, sample_rows, dossiers, control_matrix),
        lead=sample_lead,
        limit="A sample says something of the rows that are in it. The tests above it look at all "
        "rows.",
        needs="sample",
    ),
    Kind(
        name="integrity",
        title="Ledger integrity certificate",
        short="SOC 2, CC2.1",
        about="How far the ledger was verified, its keys, and who outside holds its root.",
        controls=("soc2-cc2-1", "soc2-pi1-5", "soc2-a1-2"),
        own=(the_ledger, control_matrix),
        lead=integrity_lead,
        limit="It is issued by the service that it is about. It proves nothing to whoever does not "
        "compute it again, or compare the root with one that somebody else holds.",
    ),
    Kind(
        name="model-dossier",
        title="Model dossier with lineage and Annex IV index",
        short="EU AI Act, Annex IV",
        about="One model: card, lineage, changes, incidents, and what Annex IV still lacks.",
        controls=("eu-ai-act-9", "eu-ai-act-10", "eu-ai-act-11", "eu-ai-act-13", "eu-ai-act-15",
                  "eu-ai-act-43-4", "eu-ai-act-72"),
        own=(card, annex_iv, models, change_population, incidents_of, control_matrix),
        lead=dossier_lead,
        limit="It is an index of what the ledger holds for the technical documentation, not the "
        "documentation, and a point that is filled may still be filled badly. Duties "
        "that apply only from a later day are tested ahead.",
        needs="model",
        ahead=True,
    ),
    Kind(
        name="access-review",
        title="Access review",
        short="SOC 2, CC6",
        about="Who holds which role, since when, by whom, and what the reviewers decided.",
        controls=("soc2-cc6-1", "soc2-cc6-2-granted", "soc2-cc6-2-leavers", "soc2-cc6-3"),
        own=(access_review, trail, control_matrix),
        lead=access_lead,
        limit="It lists roles in this ledger, not accounts in other systems.",
    ),
    Kind(
        name="hipaa-activity",
        title="Review of activity under HIPAA",
        short="HIPAA, 164.308 and 164.312",
        about="What was done and by whom, refused attempts, days reviewed and days not.",
        controls=("hipaa-308-a-1-ii-d", "hipaa-308-a-5-ii-c", "hipaa-312-b", "hipaa-316-b-2"),
        own=(days_and_coverage, activity_review, control_matrix),
        lead=activity_lead,
        limit="It covers activity on models and in this service. Systems that hold health data "
        "have records of their own.",
    ),
    Kind(
        name="gdpr-pack",
        title="Register of processing, impact assessment annex, erasure log",
        short="GDPR",
        about="Art. 30 register, a frame for impact assessments, and requests for erasure.",
        controls=("gdpr-5-1-e", "gdpr-6", "gdpr-9", "gdpr-15-17", "gdpr-30", "gdpr-33", "gdpr-35",
                  "gdpr-39"),
        own=(processing_register, assessment_annex, erasure_log, control_matrix),
        lead=gdpr_lead,
        limit="It covers the models of this ledger, which are part of a register of processing, "
        "not all of it.",
    ),
    Kind(
        name="control-matrix",
        title="Controls of all frameworks, side by side",
        short="All frameworks",
        about="One row for each control of every framework, and the crosswalk by test.",
        controls=(),
        own=(side_by_side, crosswalk),
        lead=matrix_lead,
        limit="That two frameworks share a test does not make them ask for the same.",
    ),
    Kind(
        name="crosswalk",
        title="Crosswalk to NIST AI RMF and ISO/IEC 42001",
        short="NIST AI RMF and ISO/IEC 42001",
        about="Duties of the EU AI Act beside two voluntary schemes, and a statement of "
        "applicability.",
        controls=shipped_crosswalk().controls,
        own=(crosswalk, statement_of_applicability, control_matrix),
        lead=schemes_lead,
        limit="Neither scheme is assessed here. The tests look at what is recorded of models; most "
        "of a management system is outside of it. Duties that apply only from a later day are "
        "tested ahead.",
        ahead=True,
    ),
    Kind(
        name="retirement",
        title="Deprecation and retirement record",
        short="SOC 2, CC2.3",
        about="Versions that were ended: notice, last day, and what ran after it.",
        controls=("soc2-cc2-3",),
        own=(retirements, change_population, control_matrix),
        lead=retirement_lead,
        limit="Whether those who use a model read the notice, the ledger does not know.",
    ),
    Kind(
        name="ai-act-logs",
        title="Custody of logs under the EU AI Act",
        short="EU AI Act, Art. 12, 19, 26(6)",
        about="Which logs are kept since when, and which run-time logs are held by digest.",
        controls=("eu-ai-act-12", "eu-ai-act-18", "eu-ai-act-26-6"),
        own=(log_custody, control_matrix),
        lead=logs_lead,
        limit="Run-time logs are not in this ledger; at most their digests are. Duties that apply "
        "only from a later day are tested ahead.",
        ahead=True,
    ),
)  # fmt: skip

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (*map(_of_a_framework, FRAMEWORKS), *_OTHERS)
}
"""By name, the frameworks first; the name stands in the entry that records a report."""


def kinds_with(own: Sequence[Framework] = ()) -> dict[str, Kind]:
    """Every kind by name, with those of the organisation's own frameworks behind the shipped ones.

    The report over all frameworks holds their controls as well.
    """
    if not own:
        return KINDS
    found = {name: KINDS[name] for name in FRAMEWORKS}
    found |= {one.id: replace(_of_rows(one), rows=one) for one in own}
    found |= {kind.name: kind for kind in _OTHERS}
    everything = found["control-matrix"]
    found["control-matrix"] = replace(everything, rows=_with_rows(everything.framework, own))
    return found


def _with_rows(framework: Framework, own: Sequence[Framework]) -> Framework:
    return replace(
        framework,
        source_version="; ".join((framework.source_version, *(one.source_version for one in own))),
        controls=(*framework.controls, *(row for one in own for row in one.controls)),
    )


def report_kind(name: str, own: Sequence[Framework] = ()) -> Kind:
    """A kind of report, among them those of the organisation's own frameworks.

    Raises:
        InputError: there is no such kind.
    """
    known = kinds_with(own)
    found = known.get(name)
    if found is None:
        raise InputError(
            "There is no such kind of report.",
            pointer="/framework",
            remedy=f"Kinds are: {', '.join(known)}.",
            code="unknown-framework",
        )
    return found


@cache
def _framework(name: str) -> Framework:
    if name in FRAMEWORKS:
        return shipped_framework(name)
    kind = KINDS[name]
    every = [one for each in FRAMEWORKS for one in shipped_framework(each).controls]
    chosen = [one for one in every if one.id in kind.controls] if kind.controls else every
    sources = [shipped_framework(each) for each in dict.fromkeys(one.framework for one in chosen)]
    return replace(
        shipped_framework("soc2"),
        id=name,
        short=kind.short,
        title=kind.title,
        source_version="; ".join(one.source_version for one in sources),
        notice=sources[0].notice,
        digest="",
        controls=tuple(chosen),
    )
