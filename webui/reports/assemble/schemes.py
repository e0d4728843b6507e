"""The crosswalk to voluntary schemes, and the statement of applicability that one of them asks for.

A crosswalk gives no verdict: beside each point stand the verdicts of the controls that speak to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.crosswalk import applicability, shipped_crosswalk
from policies.controls.finding import many
from policies.controls.shipped import shipped_framework
from webui.reports.appearance import VERDICT_LOOKS
from webui.reports.model import Callout, Column, Heading, Paragraph, Section, Table

if TYPE_CHECKING:
    from policies.controls.assess import Result
    from policies.controls.crosswalk import Point, Scheme
    from policies.controls.mapping import Control
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_NOT_HERE = "not in this report"
_NOBODY = "TO BE WRITTEN"


def schemes_lead(basis: Basis) -> str:
    """How many duties lead to how many points, and how much of applicability is stated."""
    crosswalk = shipped_crosswalk()
    points = " and ".join(f"{len(one.points)} of {one.short}" for one in crosswalk.schemes)
    passed = len(basis.with_verdict("pass"))
    total = len(basis.assessment.results)
    stated, of = _stated(basis)
    return (
        f"{len(crosswalk.rows)} duties lead to points of two "
        f"schemes: {points}. Of {many(total, 'control')} that give evidence, {passed} passed; "
        f"applicability is stated for {stated} of {of} points."
    )


def crosswalk(basis: Basis) -> Section:
    """Duty by duty: which points of each scheme, and how the controls came out."""
    found = shipped_crosswalk()
    results = {one.control.id: one for one in basis.assessment.results}
    rows = tuple(
        (
            row.law,
            row.title,
            *(", ".join(row.points[scheme.id]) for scheme in found.schemes),
            "; ".join(_outcome(name, results) for name in row.controls),
        )
        for row in found.rows
    )
    blocks: list[Block] = [
        Paragraph(
            "One duty, its neighbours in two voluntary schemes, and the controls whose tests give "
            "evidence of it. The schemes' points get no verdict of their own: a test looks at "
            "what is recorded, not at all that a point asks for."
        ),
        Table(
            (
                Column("EU AI Act", 3),
                Column("What it asks for", 4),
                *(Column(scheme.short, 3) for scheme in found.schemes),
                Column("Controls and what their tests found", 7),
            ),
            rows,
            "Crosswalk",
        ),
    ]
    for scheme in found.schemes:
        blocks += [
            Heading(f"{scheme.short}, in our words"),
            Paragraph(f"Source: {scheme.source_version}."),
            Callout("limit", scheme.notice),
        ]
        # A scheme whose applicability is stated has its points in that statement.
        if not scheme.applicability:
            listed = tuple(
                (point.ref, point.about, _tested(scheme, point, results)) for point in scheme.points
            )
            blocks.append(
                Table(
                    (Column("Point", 3), Column("What it is about", 8), Column("Controls", 6)),
                    listed,
                    many(len(listed), "point"),
                )
            )
    return Section("Crosswalk to NIST AI RMF and ISO/IEC 42001", tuple(blocks))


def statement_of_applicability(basis: Basis) -> tuple[Section, ...]:
    """Each point of a scheme: by which controls it is tested, and what a person stated of it."""
    results = {one.control.id: one for one in basis.assessment.results}
    return tuple(
        _applicability(basis, scheme, results)
        for scheme in shipped_crosswalk().schemes
        if scheme.applicability
    )


def _applicability(basis: Basis, scheme: Scheme, results: dict[str, Result]) -> Section:
    controls = applicability(scheme).controls
    rows = tuple(
        (point.ref, point.about, _tested(scheme, point, results), _state(basis, control))
        for point, control in zip(scheme.points, controls, strict=True)
    )
    texts = [block for control in controls for block in _text(basis, control)]
    return Section(
        f"Statement of applicability, {scheme.short}",
        (
            Paragraph(
                "Which points are included, and why, a person states; a statement stands until a "
                "day. What no control tests must be shown from elsewhere."
            ),
            Table(
                (
                    Column("Point", 2),
                    Column("What it is about", 6),
                    Column("Tested by", 5),
                    Column("A person's statement", 4),
                ),
                rows,
                many(len(rows), "point"),
            ),
            *texts,
        ),
    )


def _outcome(name: str, results: dict[str, Result]) -> str:
    result = results.get(name)
    if result is None:
        return f"{_called(name)}: {_NOT_HERE}"
    return f"{_called(name)}: {VERDICT_LOOKS[result.verdict].word}"


def _called(name: str) -> str:
    """A control as people call it: ``EU AI Act Art. 9``."""
    for framework in ("eu-ai-act", "soc2", "gdpr"):
        found = shipped_framework(framework)
        for control in found.controls:
            if control.id == name:
                return f"{found.short} {control.ref}"
    return name


def _tested(scheme: Scheme, point: Point, results: dict[str, Result]) -> str:
    names = shipped_crosswalk().controls_of(scheme.id, point.ref)
    return "; ".join(_outcome(name, results) for name in names) or "no test; a person's part"


def _state(basis: Basis, control: Control) -> str:
    said, day = basis.material.statement(control.id), basis.material.last_day
    if said is not None and said.set_aside is not None and said.set_aside_until >= day:
        return f"left out (entry {said.set_aside}, until {said.set_aside_until})"
    if said is None or said.signed is None:
        return _NOBODY
    over = "" if said.signed_until >= day else ", over"
    return f"stated (entry {said.signed}, until {said.signed_until}{over})"


def _stated(basis: Basis) -> tuple[int, int]:
    states = [
        _state(basis, control)
        for scheme in shipped_crosswalk().schemes
        if scheme.applicability
        for control in applicability(scheme).controls
    ]
    return sum(state != _NOBODY for state in states), len(states)


def _text(basis: Basis, control: Control) -> tuple[Block, ...]:
    """What a person wrote of a point, as the vault still has it."""
    said = basis.material.statement(control.id)
    if said is None:
        return ()
    entry, field, by = said.signed, "text", said.signed_by
    if said.set_aside is not None and said.set_aside_until >= basis.material.last_day:
        entry, field, by = said.set_aside, "reason", said.set_aside_by
    if entry is None:
        return ()
    words = basis.context.text(entry, field) or "(The text is not there any more: erased.)"
    return (
        Heading(f"{control.ref}: statement in entry {entry}"),
        Paragraph(f"Signed by {basis.name(by)}."),
        Paragraph(words),
    )
