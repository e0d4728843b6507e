"""The points of Annex IV of the EU AI Act for one model: what the ledger fills, and what is blank.

Points are our own short paraphrases of Regulation (EU) 2024/1689, Annex IV. A point is *filled*
where an entry holds something that belongs there; whether that is enough, a person judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.assurance import IncidentState
from ledger.state.metadata import metadata_of
from policies.controls.finding import many
from webui.reports.assemble.documented import described, documented
from webui.reports.assemble.words import minute, ranges, words
from webui.reports.model import Callout, Column, KeyValue, KeyValues, Paragraph, Section, Table

if TYPE_CHECKING:
    from ledger.state.aggregates import ModelState, VersionState
    from webui.reports.assemble.basis import Basis

_POINTS: tuple[tuple[str, str, str], ...] = (
    ("1(a)", "Intended purpose, provider, version", "purpose"),
    ("1(b)", "Interaction with hardware and other software", "interfaces_description"),
    ("1(c)", "Versions of relevant software and firmware", "packages"),
    ("1(d)", "Forms in which it is placed on the market", "technical_documentation"),
    ("1(e)", "Hardware on which it is meant to run", "hardware"),
    ("1(h)", "Instructions for use", "instructions_for_use"),
    ("2(a)", "Methods and steps of development, parts from third parties", "origin"),
    ("2(b)", "Design: logic, choices, assumptions", "model_card"),
    ("2(c)", "Architecture and computing resources", "technical_documentation"),
    ("2(d)", "Data: origin, scope, labelling, cleaning", "data"),
    ("2(e)", "Human oversight measures", "oversight_plan"),
    ("2(f)", "Changes determined beforehand", "change_plan"),
    ("2(g)", "Validation and testing, metrics, test logs", "measured"),
    ("2(h)", "Cybersecurity measures", "security_report"),
    ("3", "Monitoring, functioning and control", "monitored"),
    ("4", "Why these performance metrics are right", "metrics_rationale"),
    ("5", "Risk management system", "risk_assessment"),
    ("6", "Changes through the lifecycle", "changes"),
    ("7", "Harmonised standards applied", "standards_list"),
    ("8", "EU declaration of conformity", "declaration_of_conformity"),
    ("9", "Plan for watching it after placing on the market", "monitoring_plan"),
)


def one_model(basis: Basis) -> ModelState:
    """The model that a dossier is about.

    Raises:
        ValueError: the scope names none, or one that is not registered.
    """
    if len(basis.material.models) != 1:
        msg = "a dossier is about one model that was registered by the end of the period"
        raise ValueError(msg)
    return basis.material.models[0]


def newest(basis: Basis) -> VersionState | None:
    """The version that runs in production, or else the newest."""
    running = {(one.model, one.version) for one in basis.material.stretches if one.ended_at is None}
    versions = sorted(basis.material.versions, key=lambda item: item.since)
    there = [item for item in versions if (item.model, item.version) in running]
    known = there or versions
    return known[-1] if known else None


def dossier_lead(basis: Basis) -> str:
    """What runs, and how many points of Annex IV are blank."""
    model, version = one_model(basis), newest(basis)
    if version is None:
        return f"{model.model} has no version that existed in the period."
    runs = [one for one in basis.material.stretches if one.ended_at is None]
    state = "runs in production" if runs else "runs nowhere in production"
    blank = sum(not filled for _, _, filled in _filled(basis, version))
    return (
        f"{model.model} {version.version} {state}. Of {len(_POINTS)} points of Annex IV, "
        f"{len(_POINTS) - blank} have something in the ledger and {blank} are blank."
    )


def annex_iv(basis: Basis) -> Section:
    """Every point: filled by which entries, or blank."""
    version = newest(basis)
    if version is None:
        return Section("Annex IV, point by point", (Callout("note", "There is no version."),))
    rows = tuple(
        (point, asked, "filled" if filled else "BLANK", filled or "to be written by the provider")
        for point, asked, filled in _filled(basis, version)
    )
    return Section(
        "Annex IV, point by point",
        (
            Paragraph(
                f"For {version.key}, the version in production or else the newest. A point is "
                "filled where an entry holds something that belongs there. Whether it is enough "
                "is for a person to judge."
            ),
            Table(
                (
                    Column("Point", 2),
                    Column("What it asks, in our words", 7),
                    Column("State", 2),
                    Column("What the ledger holds (entries)", 8),
                ),
                rows,
                many(len(rows), "point"),
            ),
        ),
    )


def _filled(basis: Basis, version: VersionState) -> list[tuple[str, str, str]]:
    known = _known(basis, version)
    papers: dict[str, list[int]] = {}
    for item in version.evidence:
        papers.setdefault(item.type, []).append(item.entry)
    found = []
    for point, asked, name in _POINTS:
        told = known.get(name, "")
        if name in papers:
            told = f"{words(name)} (entry {ranges(papers[name])})"
        found.append((point, asked, told))
    return found


def _known(basis: Basis, version: VersionState) -> dict[str, str]:
    """What is filled by something else than a document of that name."""
    model, used = one_model(basis), version.environment_used
    observed = [item.entry for item in version.observed]
    measured = sorted({item.entry for item in version.metrics if item.metric.held_out})
    tests = [item.entry for item in version.evidence if item.type.endswith("_report")]
    changes = [item.entry for item in basis.material.changes]
    origin = [f"commit {version.code.commit[:12]}"] if version.code else []
    origin += [f"made from {parent.model} {parent.version}" for parent in version.parents]
    return {
        "purpose": f"{', '.join(words(one) for one in model.purposes)} (entry {model.since})",
        "packages": f"{len(used.packages)} packages (entry {version.since})"
        if used and used.packages
        else "",
        "hardware": f"trained on {used.hardware} (entry {version.since})"
        if used and used.hardware
        else "",
        "origin": f"{'; '.join(origin)} (entry {version.since})" if origin else "",
        "data": f"{many(len(version.data_sets), 'data set')} (entry {version.since})"
        if version.data_sets
        else "",
        "measured": f"{many(len(version.metrics), 'metric')} (entry {ranges((*measured, *tests))})"
        if measured or tests
        else "",
        "monitored": f"metrics from operation (entry {ranges(observed)})" if observed else "",
        "changes": f"{many(len(changes), 'production change')} (entry {ranges(changes)})"
        if changes
        else "",
    }


def incidents_of(basis: Basis) -> Section:
    """Incidents of the model."""
    found = [
        item
        for item in basis.material.history.registry.all(IncidentState)
        if basis.scope.covers(item.model) and item.model
    ]
    if not found:
        none = Callout("note", "No incident of this model is recorded.")
        return Section("Incidents", (none,))
    rows = tuple(
        (
            str(item.since),
            minute(item.detected_at),
            item.severity,
            words(item.nature),
            f"{item.status} ({item.closed})" if item.closed else item.status,
        )
        for item in found
    )
    columns = (
        Column("Entry", 2, "right"),
        Column("Detected (UTC)", 4),
        Column("Severity", 3),
        Column("Nature", 4),
        Column("Now (entry)", 4),
    )
    return Section("Incidents", (Table(columns, rows, many(len(rows), "incident")),))


def card(basis: Basis) -> Section:
    """The version in production as a card: what it is, made of what, with which numbers."""
    model, version = one_model(basis), newest(basis)
    if version is None:
        return Section("The model card", (Callout("note", "There is no version."),))
    used = version.environment_used
    rows = (
        KeyValue("Model", f"{model.model}, {model.task}, risk tier {model.risk_tier}"),
        KeyValue("Version", f"{version.version}, {version.state}, entry {version.since}"),
        KeyValue("Owner", basis.name(model.owner)),
        KeyValue("Intended for", ", ".join(words(one) for one in model.purposes)),
        KeyValue("Trained", f"{minute(version.trained_at)} UTC"),
        KeyValue("Registered by", basis.name(version.registrant)),
        KeyValue("Artifact", version.artifact.sha256, mono=True),
        KeyValue("Size and format", f"{version.artifact.size_bytes:,} bytes, "
                 f"{version.artifact.format}"),
        KeyValue("Licence", version.licence or "not recorded"),
        KeyValue("Trained with", (used.python if used else None) or "not recorded"),
    )  # fmt: skip
    registry = basis.material.history.registry
    said = described(metadata_of(registry, model.model, version.version))
    return Section("The model card", (KeyValues((*rows, *said)), *documented(basis, version)))
