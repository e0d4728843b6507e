"""The picture of an inclusion proof: from the leaf at the bottom up to the root at the top.

In the middle stand the nodes that are computed, each from the one below and a sibling; left or
right of the middle, dashed, the siblings that the proof supplies. Each node says which entries it
covers and the beginning of its hash. The table beside it holds the same, whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.reports.scene import Group, Item, Pen, Rect, Scene, Text, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.pages.inclusion import Covers, Joined
    from webui.reports.scene import Point

WIDTH: Final = 446.0
_MIDDLE: Final = WIDTH / 2
_ASIDE: Final = 148.0
_BOX: Final = (138.0, 38.0)
_STEP: Final = 62.0
_MARGIN: Final = 6.0
_SHOWN_DIGITS: Final = 12
_INK: Final = "#16252d"
_MUTED: Final = "#4f5e67"
_COMPUTED: Final = Pen("#e3f0f3", "#0b5c6e", 1.2)
_ENDS: Final = Pen("#cfe6eb", "#0b5c6e", 2.2)
_SUPPLIED: Final = Pen(None, "#6d7c85", 1.2, (4.0, 3.0))
_EDGE: Final = Pen(None, "#8798a1", 1.2)
_PATH: Final = Pen(None, "#0b5c6e", 2.2)


def draw_path(leaf: str, index: int, climb: Sequence[Joined]) -> Scene:
    """The picture of the way from leaf ``index``, whose hash is ``leaf``, to the root."""
    height = 2 * _MARGIN + _BOX[1] + _STEP * len(climb)
    base = height - _MARGIN - _BOX[1] / 2
    edges: list[Item] = []
    nodes: list[Item] = [_leaf(leaf, index, base, alone=not climb)]
    for number, step in enumerate(climb, 1):
        above, below = base - number * _STEP, base - (number - 1) * _STEP
        aside = _MIDDLE + (_ASIDE if step.side == "right" else -_ASIDE)
        top, joint = above + _BOX[1] / 2, above + _STEP / 2
        edges += [
            line((aside, below - _BOX[1] / 2), (aside, joint), (_MIDDLE, joint), pen=_EDGE),
            line((_MIDDLE, below - _BOX[1] / 2), (_MIDDLE, top), pen=_PATH),
        ]
        beside = _entries(step.sibling_covers)
        told = f"Supplied by the proof: the hash over {beside}"
        nodes.append(_node((aside, below), beside, step.sibling, _SUPPLIED, told))
        last = number == len(climb)
        word = f"root over {_entries(step.covers)}" if last else _entries(step.covers)
        pen = _ENDS if last else _COMPUTED
        nodes.append(_node((_MIDDLE, above), word, step.result, pen, f"Computed: {word}"))
    described = (
        f"From entry {index} {len(climb)} steps lead to the root. Each joins the hash so far with "
        "a sibling that the proof supplies."
    )
    return Scene(WIDTH, height, (*edges, *nodes), "Inclusion proof as a tree", described)


def _leaf(leaf: str, index: int, y: float, *, alone: bool) -> Group:
    word = f"leaf and root: entry {index}" if alone else f"leaf: entry {index}"
    return _node((_MIDDLE, y), word, leaf, _ENDS, f"The leaf of entry {index}")


def _node(at: Point, word: str, digest: str, pen: Pen, told: str) -> Group:
    x, y = at
    left, top = x - _BOX[0] / 2, y - _BOX[1] / 2
    return Group(
        (
            Rect(left, top, *_BOX, pen, 5),
            Text(x, y - 3, word, 11, _INK, "middle", bold=pen is _ENDS),
            Text(x, y + 12, f"{digest[:_SHOWN_DIGITS]}\u2026", 10.5, _MUTED, "middle", mono=True),
        ),
        f"{told}, {digest}",
    )


def _entries(covers: Covers) -> str:
    if covers.first == covers.last:
        return f"entry {covers.first}"
    return f"{covers.first:,}\u2013{covers.last:,}"
