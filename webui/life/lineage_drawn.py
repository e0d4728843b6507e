"""A lineage drawn: the same scene for pages and PDFs, and its sections for print.

What is external, weak or recalled is said in words within the shape, never by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.reports.graph_layout import Edge, Node, layout
from webui.reports.model import Callout, Column, Figure, Section, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.life.lineage import Graph, Impact, Kind, Thing
    from webui.reports.model import Block
    from webui.reports.node_shape import NodeKind
    from webui.reports.scene import Scene
    from webui.wiring import Wiring

_SHAPES: Final[dict[Kind, NodeKind]] = {
    "data_set": "dataset",
    "code": "code",
    "run": "run",
    "version": "version",
    "deployment": "deployment",
    "evidence": "evidence",
}
_DASH: Final = "\N{EN DASH}"


def lineage_scene(graph: Graph) -> Scene:
    """The scene of a graph; every shape of the lineage leads to its own lineage."""
    nodes = [_node(thing) for thing in graph.things]
    edges = [
        Edge(
            arrow.source, arrow.target, arrow.label if _between(arrow.source, arrow.target) else ""
        )
        for arrow in graph.arrows
    ]
    said = "; ".join(f"{arrow.source} {arrow.label} {arrow.target}" for arrow in graph.arrows)
    return layout(nodes, edges, title=f"Lineage of {graph.root}", description=said)


def _between(source: str, target: str) -> bool:
    return source.startswith("version:") and target.startswith("version:")


def _node(thing: Thing) -> Node:
    label = thing.label
    detail = thing.detail
    if thing.kind == "version":
        model, _, label = thing.label.rpartition("@")
        detail = f"{model}, {thing.detail}"
    if thing.recalls:
        detail = f"RECALLED (entry {thing.recalls[0]}), {detail}"
    elif thing.weak and not thing.external:
        detail = f"weak link, {detail}"
    kind = "base_model" if thing.external else _SHAPES[thing.kind]
    link = f"/ledger/{thing.entry}" if thing.kind == "deployment" else f"/lineage?of={thing.id}"
    return Node(thing.id, label, detail, kind, link)


def lineage_pdf(
    wiring: Wiring, graph: Graph, found: Impact, name_of: Callable[[str], str]
) -> bytes:
    """Lineage and impact as an annex."""
    # Drawing loads heavy libraries.
    from webui.life.annex import annex_pdf

    return annex_pdf(
        wiring,
        f"Lineage of {graph.root}",
        "Where it came from, and what came of it",
        graph.root,
        (_drawn(graph), _affected(found, name_of)),
    )


def _drawn(graph: Graph) -> Section:
    scene = lineage_scene(graph)
    rows = tuple(
        (
            thing.kind.replace("_", " ") + (", external" if thing.external else ""),
            thing.label,
            thing.detail,
            ", ".join(word.replace("_", " ") for word in thing.weak) or _DASH,
            ", ".join(map(str, thing.recalls)) or _DASH,
            _DASH if thing.entry is None else str(thing.entry),
        )
        for thing in graph.things
    )
    columns = (
        Column("What", 3), Column("Name", 5), Column("Detail", 4), Column("Weak links", 5),
        Column("Recalled by", 2), Column("Entry", 2, "right"),
    )  # fmt: skip
    blocks: list[Block] = [
        Figure(scene, f"Lineage of {graph.root}", scene.description),
        Table(columns, rows),
    ]
    if graph.cut:
        blocks.append(Callout("limit", "There is more than is drawn here; impact counts it all."))
    return Section("Lineage", tuple(blocks))


def _affected(found: Impact, name_of: Callable[[str], str]) -> Section:
    if not found.versions:
        return Section("Impact", (Callout("note", "No version here descends from it."),))
    rows = tuple(
        (
            f"{one.model} {one.version}",
            one.state,
            "directly" if one.direct else "through others",
            ", ".join(one.environments) or _DASH,
            name_of(one.owner),
            str(one.entry),
        )
        for one in found.versions
    )
    columns = (
        Column("Version", 4), Column("State", 3), Column("Descends", 3), Column("Runs in", 4),
        Column("Owner", 4), Column("Entry", 2, "right"),
    )  # fmt: skip
    caption = f"{len(found.versions):,} descend from it, {found.running:,} deployments run now"
    return Section("Impact", (Table(columns, rows, caption),))
