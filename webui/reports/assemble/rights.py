"""Requests for erasure and what became of them; and the annex of an impact assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.privacy import ErasureState
from policies.controls.classes import PERSONAL
from policies.controls.finding import many
from webui.reports.assemble.processing import by
from webui.reports.assemble.words import CLASS_WORDS, minute, ranges, words
from webui.reports.model import (
    Callout,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from ledger.state.aggregates import ModelState
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_DASH = "\N{EN DASH}"


def gdpr_lead(basis: Basis) -> str:
    """How many models use personal data, and how requests were answered."""
    using = _using(basis)
    erasures = _erasures(basis)
    waiting = sum(one.status == "requested" for one in erasures)
    return (
        f"{len(using)} of {many(len(basis.material.models), 'model')} in scope "
        f"{'uses' if len(using) == 1 else 'use'} personal data; "
        f"{many(len(erasures), 'request')} for erasure, {waiting} unanswered."
    )


def erasure_log(basis: Basis) -> Section:
    """Every request, under the random id of whom it is about."""
    found = _erasures(basis)
    if not found:
        none = Callout("note", "Nobody asked for erasure.")
        return Section("Erasure log", (none,))
    rows = tuple(
        (
            str(one.since),
            one.received,
            one.actor[:8],
            one.status.replace("_", " ") + (f" ({words(one.ground)})" if one.ground else ""),
            f"{minute(one.answered_at)} ({one.answered})" if one.answered_at else _DASH,
            f"{minute(one.carried_out_at)} ({one.carried_out})" if one.carried_out_at else _DASH,
        )
        for one in found
    )
    columns = (
        Column("Entry", 2, "right"),
        Column("Received", 3),
        Column("About", 3, mono=True),
        Column("Now (ground)", 5),
        Column("Answered, UTC (entry)", 5),
        Column("Carried out, UTC (entry)", 5),
    )
    said = Paragraph(
        "People stand under the beginning of their random id. Every hash of the ledger still "
        "verifies after an erasure, because names and texts were never in it."
    )
    return Section("Erasure log", (said, Table(columns, rows, many(len(rows), "request"))))


def _erasures(basis: Basis) -> tuple[ErasureState, ...]:
    found = basis.material.history.registry.all(ErasureState)
    return tuple(one for one in found if basis.scope.period.holds(one.at))


def assessment_annex(basis: Basis) -> Section:
    """The seven steps of an impact assessment for each model on personal data, facts filled in."""
    using = _using(basis)
    blocks: list[Block] = [
        Paragraph(
            "A frame for the impact assessment of Art. 35: facts of the ledger stand where they "
            "belong, and what a person must write is left blank and says whose it is."
        )
    ]
    for model in using:
        blocks.extend(_annex(basis, model))
    if not using:
        blocks.append(Callout("note", "No model in scope is recorded as using personal data."))
    return Section("Annex for the impact assessment", tuple(blocks))


def _using(basis: Basis) -> list[ModelState]:
    held = {
        version.model
        for version in basis.material.versions
        if any(one.classification in PERSONAL for one in version.data_sets)
    }
    return [model for model in basis.material.models if model.model in held]


def _annex(basis: Basis, model: ModelState) -> tuple[Block, ...]:
    versions = [item for item in basis.material.versions if item.model == model.model]
    data = {
        f"{one.name} ({CLASS_WORDS[one.classification]})"
        for item in versions
        for one in item.data_sets
        if one.classification in PERSONAL
    }
    papers = {
        kind: ranges(
            one.entry for item in versions for one in item.evidence if one.type == kind
        )
        for kind in ("dpia", "dpo_advice", "risk_assessment")
    }  # fmt: skip
    rows = (
        KeyValue("1. Need for an assessment", f"risk tier {model.risk_tier}; {by('owner')}"),
        KeyValue(
            "2. The processing",
            f"{', '.join(sorted(data))}; for {', '.join(words(p) for p in model.purposes)}",
        ),
        KeyValue("3. Consultation", by("data protection officer")),
        KeyValue("4. Necessity and proportion", by("owner")),
        KeyValue("5. Risks to people", f"risk assessment: entries {papers['risk_assessment']}"),
        KeyValue("6. Measures", "gates and controls of this ledger; " + by("owner")),
        KeyValue("7. Sign-off", f"DPIA: entries {papers['dpia']}; advice: {papers['dpo_advice']}"),
    )
    return (Heading(f"Model {model.model}"), KeyValues(rows))
