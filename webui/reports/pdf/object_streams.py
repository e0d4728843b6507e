"""The bytes of a finished document, the elements of its structure in compressed object streams.

reportlab writes each object by itself and a table of references in text: with some fifty thousand
elements that took longer than drawing the pages, and most of the file was that. Here the document's
own objects are written as reportlab writes them, elements a few hundred to a stream, and the
references as a stream, which streams of objects ask for.

Source: ISO 32000-1 sections 7.5.7 (object streams) and 7.5.8 (cross-reference streams).
"""

from __future__ import annotations

import struct
import zlib
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from reportlab.pdfbase.pdfdoc import PDFFile, PDFIndirectObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportlab.pdfbase.pdfdoc import PDFDocument

_IN_A_STREAM: Final = 200
_LEVEL: Final = 6
_ROW: Final = struct.Struct(">BIH")
"""Kind, offset or stream, generation or place within the stream."""
_FREE: Final = _ROW.pack(0, 0, 0xFFFF)


def write_document(document: PDFDocument, elements: dict[int, bytes]) -> bytes:
    """The file. ``elements`` are dictionaries by object numbers that are theirs alone.

    Replaces reportlab's ``PDFDocument.format`` for documents that are not encrypted.
    """
    document.encrypt.prepare(document)
    root, info = document.Reference(document.Catalog), document.Reference(document.info)
    file = PDFFile(document._pdfVersion)  # noqa: SLF001 - reportlab has no reader for it
    rows = {0: _FREE}
    number = 0
    # Writing an object may add others: fonts, say, know only now which characters they draw.
    while number < document.objectcounter:
        number += 1
        if number not in elements:
            name = document.numberToId[number]
            written = PDFIndirectObject(name, document.idToObject[name]).format(document)
            rows[number] = _ROW.pack(1, file.add(written), 0)
    for chunk in _chunks(elements):
        number += 1
        rows[number] = _ROW.pack(1, file.add(_object_stream(number, chunk)), 0)
        rows |= {element: _ROW.pack(2, number, place) for place, element in enumerate(chunk)}
    number += 1
    rows[number] = _ROW.pack(1, file.offset, 0)
    entries = (
        b"/Type/XRef/W[1 4 2]/Size %d/Root %b/Info %b/ID %b"  # all that a trailer would say
        % (number + 1, *(_bytes(part.format(document)) for part in (root, info)), document.ID())
    )
    table = b"".join(rows[one] for one in range(number + 1))
    start = file.add(_stream(number, entries, table))
    file.add(b"startxref\n%d\n%%%%EOF\n" % start)
    data: bytes = file.format(document)
    return data


def _chunks(elements: dict[int, bytes]) -> Iterator[dict[int, bytes]]:
    left = iter(elements.items())
    while chunk := dict(islice(left, _IN_A_STREAM)):
        yield chunk


def _object_stream(number: int, held: dict[int, bytes]) -> bytes:
    starts = accumulate((len(data) + 1 for data in held.values()), initial=0)
    pairs = zip(held, starts, strict=False)
    head = " ".join([f"{one} {start}" for one, start in pairs]).encode("ascii") + b"\n"
    entries = b"/Type/ObjStm/N %d/First %d" % (len(held), len(head))
    return _stream(number, entries, head + b"\n".join(held.values()))


def _stream(number: int, entries: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data, _LEVEL)
    return b"%d 0 obj\n<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        entries,
        len(packed),
        packed,
    )


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
