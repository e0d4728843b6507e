"""Lineage: where a version came from and where it went, as a graph of named nodes.

Nodes are data sets, the code commit, the training run, parent versions, the version itself, its
evidence and its deployments. Edges point the way things flowed. The order is fixed by the names, so
that the same registry draws the same picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.state.aggregates import VersionState, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.state.aggregates import DeploymentState

NodeKind = Literal["data_set", "code", "run", "parent", "version", "evidence", "deployment"]
_SHORT = 12


class Node(NamedTuple):
    """One thing: ``id`` is unique in its graph, ``entry`` the entry that says so."""

    id: str
    kind: NodeKind
    label: str
    detail: str
    entry: int


class Edge(NamedTuple):
    """Something flowed from one node to another."""

    source: str
    target: str
    label: str


class Lineage(NamedTuple):
    """A graph; it has no cycle, because a version's parents exist before it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def lineage_of(version: VersionState, deployments: Iterable[DeploymentState]) -> Lineage:
    """The lineage of one version; ``deployments`` are those of this version."""
    center = f"version:{version.key}"
    entry = version.since
    nodes = [
        Node(center, "version", version.key, f"sha256 {version.artifact.sha256[:_SHORT]}", entry)
    ]
    edges: list[Edge] = []
    for data in sorted(version.data_sets, key=lambda item: (item.name, item.version)):
        name = f"data:{data.name}@{data.version}"
        nodes.append(
            Node(name, "data_set", f"{data.name} {data.version}", data.classification, entry)
        )
        edges.append(Edge(name, center, "trained on"))
    if version.code is not None:
        code = version.code
        name = f"code:{code.commit}"
        detail = "uncommitted changes" if code.dirty else "clean"
        nodes.append(Node(name, "code", f"commit {code.commit[:_SHORT]}", detail, entry))
        edges.append(Edge(name, center, "built from"))
    if version.run is not None:
        nodes.append(Node(f"run:{version.run}", "run", version.run, "training run", entry))
        edges.append(Edge(f"run:{version.run}", center, "produced"))
    for parent in version.parents:
        name = f"version:{version_key(parent.model, parent.version)}"
        label = version_key(parent.model, parent.version)
        nodes.append(Node(name, "parent", label, parent.relation.replace("_", " "), entry))
        edges.append(Edge(name, center, parent.relation.replace("_", " ")))
    for document in version.evidence:
        name = f"evidence:{document.entry}"
        label = document.type.replace("_", " ")
        detail = f"sha256 {document.sha256[:_SHORT]}"
        nodes.append(Node(name, "evidence", label, detail, document.entry))
        edges.append(Edge(center, name, "documented by"))
    for run in sorted(deployments, key=lambda item: item.since):
        name = f"deployment:{run.since}"
        detail = run.status.replace("_", " ")
        nodes.append(Node(name, "deployment", run.environment, detail, run.since))
        edges.append(Edge(center, name, "deployed to"))
    return Lineage(tuple(nodes), tuple(edges))
