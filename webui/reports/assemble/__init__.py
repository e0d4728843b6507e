"""A history becomes a report: the same history, scope and context give an equal report.

Sections, in order: the answer, exceptions, control by control, the changes of the period, who may
do what, what the framework adds, the models, what people must write, how to verify, the words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from policies.controls.assess import assess_material
from policies.controls.material import Material
from policies.controls.shipped import shipped_framework
from webui.reports.assemble.access import access_review
from webui.reports.assemble.activity import activity_review
from webui.reports.assemble.answer import answer, cover_sentence, exceptions
from webui.reports.assemble.basis import Basis
from webui.reports.assemble.changes import change_population, lead_time
from webui.reports.assemble.context import Fingerprints, ReportContext
from webui.reports.assemble.lineage import models
from webui.reports.assemble.matrix import control_matrix
from webui.reports.assemble.processing import processing_register
from webui.reports.assemble.statements import statements
from webui.reports.assemble.verification import glossary, verification
from webui.reports.assemble.words import scope_words
from webui.reports.model import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.state.history import History
    from policies.controls.scope import Scope
    from webui.reports.model import Section

__all__ = ["Fingerprints", "ReportContext", "assemble", "assembled", "basis_of"]

_OWN: dict[str, tuple[Callable[[Basis], Section], ...]] = {
    "soc2": (lead_time,),
    "gdpr": (processing_register,),
    "hipaa": (activity_review,),
}


def assemble(framework: str, scope: Scope, history: History, context: ReportContext) -> Report:
    """The report of one framework over a history.

    Raises:
        InputError: no such framework ships.
        ValueError: the history is empty.
    """
    return assembled(basis_of(framework, scope, history, context))


def basis_of(framework: str, scope: Scope, history: History, context: ReportContext) -> Basis:
    """What a report of one framework over a history is built from.

    Raises:
        InputError: no such framework ships.
        ValueError: the history is empty.
    """
    material = Material(history, scope, context.integrity, context.inventory)
    return Basis(assess_material(shipped_framework(framework), material), material, context)


def assembled(basis: Basis) -> Report:
    """The report of what was assessed."""
    assessment, context, scope = basis.assessment, basis.context, basis.scope
    moment = parse_instant(assessment.as_of)
    return Report(
        title=assessment.framework.title,
        subtitle=cover_sentence(basis),
        framework=assessment.framework.short,
        scope=scope_words(scope),
        report_id=context.report_id,
        origin=context.origin,
        position=assessment.position,
        head=context.root,
        period_from=scope.period.start,
        period_to=scope.period.until,
        generated_at=moment - timedelta(microseconds=moment.microsecond),
        generator=context.generator,
        sections=_sections(assessment.framework.id, basis),
        summary=assessment.counts(),
        watermark=context.watermark or None,
    )


def _sections(framework: str, basis: Basis) -> tuple[Section, ...]:
    builders = (
        answer,
        exceptions,
        control_matrix,
        change_population,
        *_OWN.get(framework, ()),
        access_review,
        models,
        statements,
        verification,
        glossary,
    )
    return tuple(build(basis) for build in builders)
