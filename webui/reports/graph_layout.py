"""A lineage graph laid out in layers from left to right, as a scene.

Layers, order within them and the way of long edges come from the method of Sugiyama, Tagawa and
Toda (1981) as python-igraph implements it, without chance: an equal graph gives an equal scene.

Rules:
- Nodes keep the order given wherever the method leaves it open.
- A label too long for its box ends in an ellipsis; the whole of it is the node's title.
- A cycle is drawn as it is (a backward arrow), since a lineage that has one is a finding.
- Past some sixty nodes a picture stops helping; what to leave out is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import igraph

from webui.reports.appearance import INK, MUTED, WHITE
from webui.reports.node_shape import NODE_LOOKS, NodeKind, outline
from webui.reports.scene import Group, Item, Path, Pen, Point, Rect, Scene, Step, Text
from webui.reports.text_width import text_width, truncated

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX_WIDTH: Final = 148.0
BOX_HEIGHT: Final = 46.0
LAYER_PITCH: Final = BOX_WIDTH + 64.0
ROW_PITCH: Final = BOX_HEIGHT + 18.0
MARGIN: Final = 8.0
LABEL_SIZE: Final = 6.5
LABEL_WIDTH: Final = 54.0
_PADDING: Final = 9.0
_HEAD: Final = 6.0
_EDGE: Final = "#8593a0"


@dataclass(frozen=True)
class Node:
    """A thing in a lineage: ``label`` is its name, ``detail`` a second line, ``link`` its page."""

    id: str
    label: str
    detail: str
    kind: NodeKind
    link: str | None = None


@dataclass(frozen=True)
class Edge:
    """An arrow from what came before to what was made of it."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class _Placed:
    corners: dict[str, Point]
    ways: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def layout(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    title: str = "Lineage",
    description: str = "",
) -> Scene:
    """Lay a graph out. Cost: some milliseconds for a hundred nodes.

    Raises:
        ValueError: no nodes, two nodes with one id, or an edge to a node that is not there.
    """
    placed = _place(nodes, edges)
    by_id = {node.id: node for node in nodes}
    arrows = [
        _arrow(edge, placed.corners, way) for edge, way in zip(edges, placed.ways, strict=True)
    ]
    labels = _labels(edges, placed)
    boxes = [_box(by_id[ident], corner) for ident, corner in placed.corners.items()]
    if not description:
        description = f"A graph of {len(nodes)} nodes and {len(edges)} arrows, left to right."
    items: tuple[Item, ...] = (*arrows, *labels, *boxes)
    return Scene(placed.width, placed.height, items, title, description)


def _place(nodes: Sequence[Node], edges: Sequence[Edge]) -> _Placed:
    index = {node.id: number for number, node in enumerate(nodes)}
    if not nodes or len(index) != len(nodes):
        msg = "a graph needs nodes, each with an id of its own"
        raise ValueError(msg)
    unknown = [edge for edge in edges if edge.source not in index or edge.target not in index]
    if unknown:
        msg = f"{len(unknown)} edges lead to a node that is not in the graph"
        raise ValueError(msg)
    pairs = [(index[edge.source], index[edge.target]) for edge in edges]
    graph = igraph.Graph(n=len(nodes), edges=pairs, directed=True)
    found = graph.layout_sugiyama(layers=_layers(graph), hgap=1, vgap=1)
    places = _apart([(float(row), float(layer)) for row, layer in found.coords])
    bends = [[(float(row), float(layer)) for row, layer in way] for way in found.edge_routing]
    rows = [row for row, _ in (*places, *(bend for way in bends for bend in way))]
    top, bottom = min(rows), max(rows)
    layers = round(max(layer for _, layer in places)) + 1

    def corner(place: Point) -> Point:
        row, layer = place
        return MARGIN + layer * LAYER_PITCH, MARGIN + _HEAD * 2 + (row - top) * ROW_PITCH

    return _Placed(
        corners={node.id: corner(place) for node, place in zip(nodes, places, strict=True)},
        ways=tuple(tuple(sorted(corner(bend) for bend in way)) for way in bends),
        width=2 * MARGIN + (layers - 1) * LAYER_PITCH + BOX_WIDTH,
        height=2 * MARGIN + _HEAD * 2 + (bottom - top) * ROW_PITCH + BOX_HEIGHT,
    )


def _apart(places: list[Point]) -> list[Point]:
    """The same order in every layer, with at least a row between two boxes, about the same middle.

    The method leaves nodes of a layer closer together where that straightens an edge.
    """
    rows = [row for row, _ in places]
    for layer in {layer for _, layer in places}:
        order = sorted(
            (node for node, place in enumerate(places) if place[1] == layer),
            key=lambda node: (places[node][0], node),
        )
        for above, below in pairwise(order):
            rows[below] = max(rows[below], rows[above] + 1)
        moved = sum(rows[node] - places[node][0] for node in order) / len(order)
        for node in order:
            rows[node] -= moved
    return [(row, layer) for row, (_, layer) in zip(rows, places, strict=True)]


def _layers(graph: igraph.Graph) -> list[int]:
    """A layer for each node: as far left as its sources allow, then as far right as serves.

    What begins a chain (a data set, a commit) stands right before what was made of it.
    """
    acyclic = graph.copy()
    acyclic.delete_edges(acyclic.feedback_arc_set(method="eades"))
    order = acyclic.topological_sorting()
    layers = [0] * graph.vcount()
    for node in order:
        for target in acyclic.successors(node):
            layers[target] = max(layers[target], layers[node] + 1)
    for node in reversed(order):
        targets = acyclic.successors(node)
        if targets and acyclic.degree(node, mode="in") <= len(targets):
            layers[node] = min(layers[target] for target in targets) - 1
    return layers


def _box(node: Node, corner: Point) -> Group:
    x, y = corner
    look = NODE_LOOKS[node.kind]
    left, room = x + _PADDING, BOX_WIDTH - 2 * _PADDING
    texts = (
        Text(left, y + 14, look.word.upper(), 7.0, look.ink, bold=True, role="node-kind"),
        Text(
            left,
            y + 26,
            truncated(node.label, 10.0, room, bold=True),
            10.0,
            INK,
            bold=True,
            role="node-label",
        ),
        Text(left, y + 37, truncated(node.detail, 6.8, room), 6.8, MUTED, role="node-detail"),
    )
    title = " · ".join(part for part in (look.word, node.label, node.detail) if part)
    shapes = outline(node.kind, x, y, BOX_WIDTH, BOX_HEIGHT)
    role = f"node node-{node.kind.replace('_', '-')}"
    return Group((*shapes, *texts), title, node.link, role)


def _ends(edge: Edge, corners: dict[str, Point]) -> tuple[Point, Point, float]:
    """Where an arrow leaves and arrives, and its direction: 1 to the right, -1 to the left."""
    (x0, y0), (x1, y1) = corners[edge.source], corners[edge.target]
    half = BOX_HEIGHT / 2
    if x1 >= x0:
        return (x0 + BOX_WIDTH, y0 + half), (x1, y1 + half), 1.0
    return (x0, y0 + half), (x1 + BOX_WIDTH, y1 + half), -1.0


def _arrow(edge: Edge, corners: dict[str, Point], way: tuple[Point, ...]) -> Group:
    if edge.source == edge.target:
        return _loop(edge, corners[edge.source])
    start, end, direction = _ends(edge, corners)
    steps = [Step("M", (start,))]
    at = start
    for bend_x, bend_y in way if direction > 0 else reversed(way):
        near, far = (bend_x, bend_x + BOX_WIDTH)[:: int(direction)]
        middle = bend_y + BOX_HEIGHT / 2
        steps += [_curve(at, (near, middle)), Step("L", ((far, middle),))]
        at = (far, middle)
    tip = (end[0] - direction * _HEAD, end[1])
    steps.append(_curve(at, tip))
    head = _head(end, direction)
    title = f"{edge.label}: " if edge.label else ""
    path = Path(tuple(steps), Pen(None, _EDGE, 1.0), "edge-line")
    return Group((path, head), f"{title}{edge.source} → {edge.target}", role="edge")


def _curve(start: Point, end: Point) -> Step:
    reach = (end[0] - start[0]) / 2
    return Step("C", ((start[0] + reach, start[1]), (end[0] - reach, end[1]), end))


def _head(tip: Point, direction: float) -> Path:
    x, y = tip
    back = x - direction * _HEAD
    steps = (
        Step("M", ((x, y),)),
        Step("L", ((back, y - _HEAD / 2),)),
        Step("L", ((back, y + _HEAD / 2),)),
        Step("Z"),
    )
    return Path(steps, Pen(_EDGE), "edge-head")


def _loop(edge: Edge, corner: Point) -> Group:
    x, y = corner
    start, end = x + BOX_WIDTH * 0.65, x + BOX_WIDTH * 0.35
    rise = y - 2 * _HEAD - 4
    curve = Step("C", ((start, rise), (end, rise), (end, y - 1)))
    path = Path((Step("M", ((start, y),)), curve), Pen(None, _EDGE, 1.0, (3, 2)), "edge-line")
    return Group((path,), f"{edge.label}: {edge.source} → itself", role="edge")


def _labels(edges: Sequence[Edge], placed: _Placed) -> list[Group]:
    """Labels in the gap beside their arrow's end, the first free place of a few."""
    taken: list[tuple[Point, float]] = []
    labels: list[Group] = []
    for edge, way in zip(edges, placed.ways, strict=True):
        if not edge.label or edge.source == edge.target:
            continue
        text = truncated(edge.label, LABEL_SIZE, LABEL_WIDTH)
        width = text_width(text, LABEL_SIZE)
        start, end, direction = _ends(edge, placed.corners)
        bends = way if direction > 0 else way[::-1]
        last = bends[-1] if bends else None
        near = (
            (last[0] + (BOX_WIDTH if direction > 0 else 0), last[1] + BOX_HEIGHT / 2)
            if (last is not None)
            else start
        )
        spots = [_along(near, end, share) for share in (0.5, 0.4, 0.6, 0.3, 0.7)]
        spot = next((spot for spot in spots if _is_free(spot, width, taken)), spots[0])
        taken.append((spot, width))
        labels.append(_label(spot, text, width))
    return labels


def _along(start: Point, end: Point, share: float) -> Point:
    """The point of the curve that ``_curve`` draws, a share of its way along."""
    reach = (end[0] - start[0]) / 2
    controls = (start, (start[0] + reach, start[1]), (end[0] - reach, end[1]), end)
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x, y = (
        sum(weight * point[axis] for weight, point in zip(weights, controls, strict=True))
        for axis in (0, 1)
    )
    return x, y


def _is_free(spot: Point, width: float, taken: list[tuple[Point, float]]) -> bool:
    return all(
        abs(spot[1] - other[1]) > LABEL_SIZE + 2
        or abs(spot[0] - other[0]) > (width + other_width) / 2 + 2
        for other, other_width in taken
    )


def _label(spot: Point, text: str, width: float) -> Group:
    x, y = spot
    height = LABEL_SIZE + 2.5
    ground = Rect(x - width / 2 - 1, y - height / 2, width + 2, height, Pen(WHITE), role="halo")
    words = Text(x, y + LABEL_SIZE * 0.36, text, LABEL_SIZE, MUTED, "middle", role="edge-label")
    return Group((ground, words), role="edge-caption")
