"""Files inside a PDF, so that a report carries its own evidence.

They are part of the deterministic bytes whose digest goes into the ledger. Each is listed in the
document's name tree and linked to the document as its data or as a supplement.

Source: ISO 32000-2 sections 7.11.4 (embedded file streams) and 14.13 (associated files).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDate,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFStream,
    PDFString,
    PDFZCompress,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")


@dataclass(frozen=True)
class Attachment:
    """A file to be embedded; ``relationship`` says what it is to the document.

    Raises:
        ValueError: the name is not plain ASCII of a file, or the media type has another form.
    """

    name: str
    media_type: str
    description: str
    data: bytes
    relationship: Literal["Data", "Supplement"] = "Data"

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.name):
            msg = "an attachment's name is letters, digits, dots, dashes and underscores"
            raise ValueError(msg)
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            msg = "an attachment's media type is type/subtype in lower case"
            raise ValueError(msg)


def embed(document: PDFDocument, attachments: Sequence[Attachment]) -> None:
    """Put files into a document that is being made.

    Raises:
        ValueError: two files have one name.
    """
    by_name = {attachment.name: attachment for attachment in attachments}
    if len(by_name) != len(attachments):
        msg = "two attachments have the same name"
        raise ValueError(msg)
    if not by_name:
        return
    specifications = {
        name: document.Reference(_specification(document, attachment), f"file-{name}")
        for name, attachment in sorted(by_name.items())
    }
    pairs = [part for name, spec in specifications.items() for part in (PDFString(name), spec)]
    catalog = document.Catalog
    catalog.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": PDFArray(pairs)})})
    catalog.AF = PDFArray(list(specifications.values()))
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "AF"]


def _specification(document: PDFDocument, attachment: Attachment) -> PDFDictionary:
    time = PDFDate(ts=document._timeStamp)  # noqa: SLF001 - reportlab has no reader for it
    parameters = PDFDictionary({"Size": len(attachment.data), "ModDate": time})
    head = PDFDictionary(
        {
            "Type": PDFName("EmbeddedFile"),
            "Subtype": f"/{attachment.media_type.replace('/', '#2F').replace('+', '#2B')}",
            "Params": parameters,
        }
    )
    stream = PDFStream(head, attachment.data, [PDFZCompress])
    reference = document.Reference(stream, f"data-{attachment.name}")
    return PDFDictionary(
        {
            "Type": PDFName("Filespec"),
            "F": PDFString(attachment.name),
            "UF": PDFString(attachment.name),
            "Desc": PDFString(attachment.description),
            "AFRelationship": PDFName(attachment.relationship),
            "EF": PDFDictionary({"F": reference, "UF": reference}),
        }
    )
