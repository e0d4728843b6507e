"""The structure of a tagged PDF: which drawn piece is a heading, a cell, a figure, in which order.

Rules:
- Everything that is drawn stands in exactly one place: the marked content of one element, or an
  artifact (rules, grounds, page edges, heads that a table repeats).
- Elements come in the order in which a person reads; a piece that goes on overleaf goes on in the
  element where it began.
- A link is an element with its own annotation and the words that name it.

``Structure`` gathers while pages are drawn; ``write`` turns it into objects once all pages are
there. Object dictionaries are written as bytes, for ``object_streams`` to pack: a
table of ten thousand rows has seventy thousand.

Source: ISO 32000-1 section 14.7 (logical structure) and 14.8 (tagged PDF); ISO 14289-1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from reportlab.pdfbase.pdfdoc import PDFObject

if TYPE_CHECKING:
    from reportlab.pdfbase.pdfdoc import PDFDocument

Kind = Literal[
    "Document", "Sect", "H1", "H2", "H3", "P", "Table", "Caption", "TR", "TH", "TD", "Figure",
    "TOC", "TOCI", "Reference", "Link",
]  # fmt: skip
HEAD_OF_COLUMN: Final = "/O/Table/Scope/Column"
HEAD_OF_ROW: Final = "/O/Table/Scope/Row"
_FIRST_LINK: Final = 1_000_000
"""Annotations are counted from here in the parent tree, pages from 0."""


class _Marked(NamedTuple):
    """A sequence of marked content on a page, counted from 1."""

    page: int
    number: int


@dataclass(frozen=True)
class _Linked:
    """An annotation on a page, by the name under which the document knows it."""

    page: int
    annotation: str


@dataclass(eq=False, slots=True)
class Node:
    """An element. ``attributes`` are the entries of its one attribute object.

    ``number`` and ``above`` are its own object number and its parent's, known once it is written.
    """

    kind: Kind
    attributes: str = ""
    alternative: str = ""
    parts: list[Node | _Marked | _Linked] = field(default_factory=list)
    number: int = 0
    above: int = 0

    def add(self, kind: Kind, attributes: str = "", alternative: str = "") -> Node:
        """A new element, behind those that are there."""
        node = Node(kind, attributes, alternative)
        self.parts.append(node)
        return node


class Element:
    """An element that begins where the first piece of it is drawn, and goes on with the others."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Final = kind
        self._node: Node | None = None

    def of(self, structure: Structure) -> Node:
        """Its node, made now if nothing of it was drawn yet."""
        if self._node is None:
            self._node = structure.here.add(self._kind)
        return self._node


class Structure:
    """The elements of one document, while it is drawn. Used by one thread."""

    def __init__(self) -> None:
        self.root: Final = Node("Document")
        self.here = self.root
        self._on_page: dict[int, list[Node]] = {}
        self._links: list[Node] = []

    def begin_section(self) -> None:
        """What is drawn from now on belongs to a new section."""
        self.here = self.root.add("Sect")

    def mark(self, node: Node, page: int) -> int:
        """The number of a new piece of marked content of ``node`` on ``page``."""
        owners = self._on_page.setdefault(page, [])
        node.parts.append(_Marked(page, len(owners)))
        owners.append(node)
        return len(owners) - 1

    def link(self, node: Node, page: int, annotation: str) -> int:
        """The key in the parent tree of an annotation that belongs to ``node``."""
        node.parts.append(_Linked(page, annotation))
        self._links.append(node)
        return _FIRST_LINK + len(self._links) - 1

    def write(self, document: PDFDocument) -> dict[int, bytes]:
        """Put the root into a document whose pages and annotations are there already.

        Returns the elements by object number, numbers that the document then gives to nothing else.
        """
        tree = _Raw()
        document.Reference(tree, "StructTree")
        nodes = _in_order(self.root)
        for number, node in enumerate(nodes, document.objectcounter + 1):
            node.number = number
        document.objectcounter += len(nodes)
        places = {page: _number_of(document, f"Page{page}") for page in self._on_page}
        self.root.above = _number_of(document, "StructTree")
        elements: dict[int, bytes] = {}
        for node in nodes:
            elements[node.number] = _element(document, node, places)
        tree.data = (
            f"<</Type/StructTreeRoot/K[{self.root.number} 0 R]"
            f"/ParentTreeNextKey {_FIRST_LINK + len(self._links)}"
            f"/ParentTree<</Nums[{self._parents()}]>>>>"
        ).encode("ascii")
        catalog = document.Catalog
        catalog.StructTreeRoot = tree
        catalog.MarkInfo = _Raw(b"<</Marked true>>")
        return elements

    def _parents(self) -> str:
        pages = (
            f"{page - 1}[{' '.join([f'{node.number} 0 R' for node in owners])}]"
            for page, owners in sorted(self._on_page.items())
        )
        links = (
            f"{_FIRST_LINK + place} {node.number} 0 R" for place, node in enumerate(self._links)
        )
        return "\n".join((*pages, *links))


class _Raw(PDFObject):  # type: ignore[misc]  # reportlab has no types
    """An object whose bytes are written elsewhere."""

    __RefOnly__ = 1

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    def format(self, document: PDFDocument) -> bytes:
        """Its bytes."""
        del document
        return self.data


def _in_order(root: Node) -> list[Node]:
    """Every element, each before those within it; tells each which is above it."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(part for part in reversed(node.parts) if isinstance(part, Node))
    return found


def _number_of(document: PDFDocument, name: str) -> int:
    number: int = document.idToObjectNumberAndVersion[name][0]
    return number


def _element(document: PDFDocument, node: Node, places: dict[int, int]) -> bytes:
    """The dictionary of an element; ``places`` are the numbers of the pages' objects."""
    page = min((part.page for part in node.parts if isinstance(part, _Marked)), default=0)
    kids = []
    for part in node.parts:
        match part:
            case Node():
                part.above = node.number
                kids.append(f"{part.number} 0 R")
            case _Marked() if part.page == page:
                kids.append(str(part.number))
            case _Marked():
                kids.append(f"<</Type/MCR/Pg {places[part.page]} 0 R/MCID {part.number}>>")
            case _Linked():
                at = _number_of(document, f"Page{part.page}")
                note = _number_of(document, part.annotation)
                kids.append(f"<</Type/OBJR/Pg {at} 0 R/Obj {note} 0 R>>")
    text = f"<</S/{node.kind}/P {node.above} 0 R"
    if page:
        text += f"/Pg {places[page]} 0 R"
    if kids:
        text += f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]"
    if node.attributes:
        text += f"/A<<{node.attributes}>>"
    if node.alternative:
        text += f"/Alt<FEFF{node.alternative.encode('utf-16-be').hex().upper()}>"
    return (text + ">>").encode("ascii")
