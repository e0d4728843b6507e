"""How lineage is drawn: which shape a node has, and what of its words fits into it.

Versions are told apart by their number, so that stands first; a run's name matters at its end. What
an arrow means is plain from the shapes at its ends, except between two versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.reports.graph_layout import Edge, Node

if TYPE_CHECKING:
    from ledger.state import lineage
    from webui.reports.node_shape import NodeKind

_MOST_OF_A_RUN: Final = 20
_VERSION: Final = "version:"
_BASE_MODEL: Final = "base model"


def drawn_node(node: lineage.Node, *, detail: str = "", link: str | None = None) -> Node:
    """A node as it is drawn; ``detail`` is added to its own."""
    label, own = node.label, node.detail
    if node.kind in {"version", "parent"}:
        model, _, label = node.label.rpartition("@")
        own = model if node.kind == "version" else f"{node.detail}, {model}"
    if node.kind == "run" and len(label) > _MOST_OF_A_RUN:
        label = "\N{HORIZONTAL ELLIPSIS}" + label[-_MOST_OF_A_RUN:]
    said = f"{own} \N{MIDDLE DOT} {detail}" if detail else own
    return Node(node.id, label, said, _shape(node), link)


def drawn_edge(edge: lineage.Edge) -> Edge:
    """An edge as it is drawn: named only between versions."""
    between = edge.source.startswith(_VERSION) and edge.target.startswith(_VERSION)
    return Edge(edge.source, edge.target, edge.label if between else "")


def _shape(node: lineage.Node) -> NodeKind:
    """The shape of a node; a parent that was trained elsewhere has one of its own."""
    if node.kind == "parent":
        return "base_model" if node.detail == _BASE_MODEL else "version"
    return "dataset" if node.kind == "data_set" else node.kind
