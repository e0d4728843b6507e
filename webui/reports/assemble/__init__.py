"""A history becomes a report: the same history, scope and context give an equal report.

Sections, in order: the answer, exceptions, what is the kind's own, what people must write, how to
verify, the words. Which kinds there are stands in ``kinds``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from policies.controls.assess import assess_material
from policies.controls.material import Material
from policies.controls.own import frameworks_in_force
from webui.reports.assemble.answer import answer, cover_sentence, exceptions
from webui.reports.assemble.basis import Basis
from webui.reports.assemble.context import Fingerprints, ReportContext
from webui.reports.assemble.kinds import report_kind
from webui.reports.assemble.statements import statements
from webui.reports.assemble.verification import glossary, verification
from webui.reports.assemble.words import scope_words
from webui.reports.model import Report, Section

if TYPE_CHECKING:
    from ledger.state.history import History
    from policies.controls.scope import Scope

__all__ = ["Fingerprints", "ReportContext", "assemble", "assembled", "basis_of"]


def assemble(kind: str, scope: Scope, history: History, context: ReportContext) -> Report:
    """The report of one kind over a history.

    Raises:
        InputError: there is no such kind.
        ValueError: the history is empty, or what the kind is about is not named.
    """
    return assembled(basis_of(kind, scope, history, context))


def basis_of(kind: str, scope: Scope, history: History, context: ReportContext) -> Basis:
    """What a report of one kind over a history is built from.

    Raises:
        InputError: there is no such kind.
        ValueError: the history is empty.
    """
    found = report_kind(kind, frameworks_in_force(history.registry))
    scope = replace(scope, ahead=scope.ahead or found.ahead)
    material = Material(history, scope, context.integrity)
    return Basis(assess_material(found.framework, material), material, context, found)


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
        sections=_sections(basis),
        summary=assessment.counts(),
        watermark=context.watermark or None,
    )


def _sections(basis: Basis) -> tuple[Section, ...]:
    builders = (answer, exceptions, *basis.kind.own, statements, verification, glossary)
    made: list[Section] = []
    for build in builders:
        built = build(basis)
        made.extend((built,) if isinstance(built, Section) else built)
    return tuple(made)
