"""Each model with its versions, where they came from and went, and what was measured.

A picture of more than some forty nodes helps nobody, so the newest versions are drawn until it is
full; the table below it has more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.lineage import Lineage, lineage_of
from policies.controls.finding import many
from webui.reports.assemble.changes import MOST_ROWS
from webui.reports.assemble.words import CLASS_WORDS, words
from webui.reports.graph_layout import layout
from webui.reports.lineage_scene import drawn_edge, drawn_node
from webui.reports.model import (
    Callout,
    Column,
    Figure,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from ledger.state.aggregates import DeploymentState, Measured, ModelState, VersionState
    from webui.reports.assemble.basis import Basis
    from webui.reports.graph_layout import Edge, Node
    from webui.reports.model import Block

_MOST_NODES = 40
_MOST_VERSIONS = 5
_MOST_MODELS = 60
_DASH = "\N{EN DASH}"


def models(basis: Basis) -> Section:
    """A part for each model in scope: facts, lineage, versions, metrics."""
    blocks: list[Block] = []
    for model in basis.material.models[:_MOST_MODELS]:
        blocks.extend(_model(basis, model))
    rest = basis.material.models[_MOST_MODELS:]
    if rest:
        named = ", ".join(model.model for model in rest)
        blocks.append(Paragraph(f"Not shown here, for want of room: {named}."))
    if not blocks:
        blocks.append(Callout("note", "No model in scope was registered by the end of the period."))
    return Section("Models and where they come from", tuple(blocks))


def _model(basis: Basis, model: ModelState) -> tuple[Block, ...]:
    versions = [item for item in basis.material.versions if item.model == model.model]
    versions.sort(key=lambda item: item.since)
    facts = KeyValues(
        (
            KeyValue("Registered in entry", str(model.since)),
            KeyValue("Owner", basis.name(model.owner)),
            KeyValue("Task", model.task),
            KeyValue("Risk tier", model.risk_tier),
            KeyValue("Purposes", ", ".join(words(item) for item in model.purposes)),
        )
    )
    if not versions:
        none = Paragraph("No version of this model existed in the period.")
        return (Heading(f"Model {model.model}"), facts, none)
    return (
        Heading(f"Model {model.model}"),
        facts,
        _versions(basis, versions),
        *_metrics(versions),
        _figure(basis, model, versions),
    )


def _figure(basis: Basis, model: ModelState, versions: list[VersionState]) -> Figure:
    drawn: list[Lineage] = []
    seen: set[str] = set()
    for version in reversed(versions):
        lineage = lineage_of(version, _deployments(basis, version))
        ids = {node.id for node in lineage.nodes}
        if drawn and len(seen | ids) > _MOST_NODES:
            break
        seen |= ids
        drawn.append(lineage)
    nodes, edges = _merged(drawn[::-1])
    caption = f"Lineage of {model.model}: {many(len(drawn), 'version')} of {len(versions):,}"
    said = "; ".join(
        f"{edge.source.split(':', 1)[1]} {edge.label} {edge.target.split(':', 1)[1]}"
        for lineage in drawn[::-1]
        for edge in lineage.edges
    )
    scene = layout(nodes, edges, title=f"Lineage of {model.model}", description=caption)
    return Figure(scene, caption, f"{caption}. Arrows: {said}." if said else f"{caption}.")


def _deployments(basis: Basis, version: VersionState) -> tuple[DeploymentState, ...]:
    return basis.material.deployments.get((version.model, version.version), ())


def _merged(drawn: list[Lineage]) -> tuple[list[Node], list[Edge]]:
    """Several versions' graphs as one; a version that is also a parent is drawn as a version."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for lineage in drawn:
        for node in lineage.nodes:
            if node.id not in nodes or node.kind == "version":
                nodes[node.id] = drawn_node(node, detail=f"entry {node.entry}")
        for edge in lineage.edges:
            edges.setdefault((edge.source, edge.target), drawn_edge(edge))
    return list(nodes.values()), list(edges.values())


def _versions(basis: Basis, versions: list[VersionState]) -> Table:
    """The newest of them, as many as are printed of anything."""
    caption = many(len(versions), "version")
    if len(versions) > MOST_ROWS:
        caption += f"; the newest {MOST_ROWS:,} are printed, the rest is in the ledger"
    return Table(
        (
            Column("Entry", 2, "right"),
            Column("Version", 3),
            Column("State", 4),
            Column("Artifact (SHA-256)", 5, mono=True),
            Column("Commit", 5, mono=True),
            Column("Data sets (class)", 6),
            Column("Documents (entry)", 6),
            Column("Registered by", 4),
        ),
        tuple(_version(basis, item) for item in versions[-MOST_ROWS:]),
        caption,
    )


def _version(basis: Basis, version: VersionState) -> tuple[str, ...]:
    data = "; ".join(
        f"{item.name} {item.version} ({CLASS_WORDS[item.classification]})"
        for item in version.data_sets
    )
    papers = "; ".join(f"{words(item.type)} ({item.entry})" for item in version.evidence)
    return (
        str(version.since),
        version.version,
        version.state,
        version.artifact.sha256[:12],
        version.code.commit[:12] if version.code else _DASH,
        data or _DASH,
        papers or _DASH,
        basis.name(version.registrant),
    )


def _metrics(versions: list[VersionState]) -> tuple[Block, ...]:
    """Metrics of the newest versions side by side; the entry stands after each value."""
    shown = versions[-_MOST_VERSIONS:]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for version in shown:
        for held in (*version.metrics, *version.observed):
            key = (held.metric.name, held.metric.data_set)
            rows.setdefault(key, {})[version.version] = _value(held)
    if not rows:
        return (Paragraph("No metric is recorded for these versions."),)
    columns = (
        Column("Metric", 4),
        Column("Measured on", 4),
        *(Column(version.version, 4, "right") for version in shown),
    )
    cells = tuple(
        (name, data_set, *(values.get(version.version, _DASH) for version in shown))
        for (name, data_set), values in sorted(rows.items())
    )
    caption = "Latest value of each metric (entry that recorded it)"
    if len(versions) > len(shown):
        caption += f", the newest {len(shown)} of {len(versions):,} versions"
    return (Table(columns, cells, caption),)


def _value(held: Measured) -> str:
    kind = "" if held.metric.held_out else " training data"
    return f"{held.metric.value} ({held.entry}){kind}"
