"""The structure of a tagged PDF: which drawn piece is a heading, a cell, a figure, in which order.

Rules:
- Everything that is drawn stands in exactly one place: the marked content of one element, or an
  artifact (rules, grounds, page edges, heads that a table repeats).
- Elements come in the order in which a person reads; a piece that goes on overleaf goes on in the
  element where it began.
- A link is an element with its own annotation and the words that name it.

``Structure`` gathers while pages are drawn; ``write`` turns it into objects once all pages are
there. Object dictionaries are written as bytes: a table of ten thousand rows has seventy thousand.

Source: ISO 32000-1 section 14.7 (logical structure) and 14.8 (tagged PDF); ISO 14289-1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from reportlab.pdfbase.pdfdoc import PDFObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportlab.pdfbase.pdfdoc import PDFDocument

Kind = Literal[
    "Document", "Sect", "H1", "H2", "H3", "P", "Table", "Caption", "TR", "TH", "TD", "Figure",
    "TOC", "TOCI", "Reference", "Link",
]  # fmt: skip
HEAD_OF_COLUMN: Final = "/O/Table/Scope/Column"
HEAD_OF_ROW: Final = "/O/Table/Scope/Row"
_FIRST_LINK: Final = 1_000_000
"""Annotations are counted from here in the parent tree, pages from 0."""


@dataclass(frozen=True)
class _Marked:
    """A sequence of marked content on a page, counted from 1."""

    page: int
    number: int


@dataclass(frozen=True)
class _Linked:
    """An annotation on a page, by the name under which the document knows it."""

    page: int
    annotation: str


@dataclass(eq=False)
class Node:
    """An element. ``attributes`` are the entries of its one attribute object."""

    kind: Kind
    attributes: str = ""
    alternative: str = ""
    parts: list[Node | _Marked | _Linked] = field(default_factory=list)

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

    def write(self, document: PDFDocument) -> None:
        """Put the structure into a document whose pages and annotations are there already."""
        numbers: dict[int, int] = {}
        raw: dict[int, _Raw] = {}
        tree = _Raw()
        document.Reference(tree, "StructTree")
        nodes = list(_walk(self.root))
        for place, node in enumerate(nodes):
            raw[id(node)] = one = _Raw()
            numbers[id(node)] = _number(document, one, f"Tag{place}")
        top = _number_of(document, "StructTree")
        above = {id(self.root): top}
        for node in nodes:
            for part in node.parts:
                if isinstance(part, Node):
                    above[id(part)] = numbers[id(node)]
            raw[id(node)].data = _element(document, node, numbers, above[id(node)])
        tree.data = (
            f"<</Type/StructTreeRoot/K[{numbers[id(self.root)]} 0 R]"
            f"/ParentTreeNextKey {_FIRST_LINK + len(self._links)}"
            f"/ParentTree<</Nums[{self._parents(numbers)}]>>>>"
        ).encode("ascii")
        catalog = document.Catalog
        catalog.StructTreeRoot = tree
        catalog.MarkInfo = _Raw(b"<</Marked true>>")

    def _parents(self, numbers: dict[int, int]) -> str:
        pages = (
            f"{page - 1}[{' '.join(f'{numbers[id(node)]} 0 R' for node in owners)}]"
            for page, owners in sorted(self._on_page.items())
        )
        links = (
            f"{_FIRST_LINK + place} {numbers[id(node)]} 0 R"
            for place, node in enumerate(self._links)
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


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        if isinstance(part, Node):
            yield from _walk(part)


def _number(document: PDFDocument, thing: _Raw, name: str) -> int:
    document.Reference(thing, name)
    return _number_of(document, name)


def _number_of(document: PDFDocument, name: str) -> int:
    number: int = document.idToObjectNumberAndVersion[name][0]
    return number


def _element(document: PDFDocument, node: Node, numbers: dict[int, int], parent: int) -> bytes:
    pages = {part.page for part in node.parts if isinstance(part, _Marked)}
    page = min(pages) if pages else 0
    kids = []
    for part in node.parts:
        match part:
            case Node():
                kids.append(f"{numbers[id(part)]} 0 R")
            case _Marked() if part.page == page:
                kids.append(str(part.number))
            case _Marked():
                at = _number_of(document, f"Page{part.page}")
                kids.append(f"<</Type/MCR/Pg {at} 0 R/MCID {part.number}>>")
            case _Linked():
                at = _number_of(document, f"Page{part.page}")
                note = _number_of(document, part.annotation)
                kids.append(f"<</Type/OBJR/Pg {at} 0 R/Obj {note} 0 R>>")
    text = f"<</S/{node.kind}/P {parent} 0 R"
    if page:
        text += f"/Pg {_number_of(document, f'Page{page}')} 0 R"
    if kids:
        text += f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]"
    if node.attributes:
        text += f"/A<<{node.attributes}>>"
    if node.alternative:
        text += f"/Alt<FEFF{node.alternative.encode('utf-16-be').hex().upper()}>"
    return (text + ">>").encode("ascii")
