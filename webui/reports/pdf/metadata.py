"""What a PDF says of itself: the properties as XMP, the colours, and the rules it was built to.

The file names PDF/A-3 (level A) and PDF/UA-1 because veraPDF says of the files that this program
makes that they keep both; the tests ask it each time.

Sources: ISO 19005-3 sections 6.2.3 (output intents) and 6.6 (metadata); ISO 14289-1 section 5;
XMP Specification part 1. ``srgb.icc`` is the sRGB profile that Little CMS makes, dated 2000.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFStream,
    PDFString,
    PDFZCompress,
)

from webui.reports.pdf.text import identity

if TYPE_CHECKING:
    from reportlab.pdfbase.pdfdoc import PDFDocument

    from webui.reports.model import Report

_formatted: Final = PDFStream.format
_END: Final = b"endstream\n"


def _with_line_end(stream: PDFStream, document: PDFDocument) -> bytes:
    """A stream as reportlab writes it, ended by the line end that ISO 19005-3 6.1.7.1 wants."""
    data: bytes = _formatted(stream, document)
    return data.removesuffix(_END) + b"\n" + _END


PDFStream.format = _with_line_end
LANGUAGE: Final = "en"
PRODUCER: Final = "ReportLab PDF Library - (opensource)"
_PROFILE: Final = Path(__file__).parent / "srgb.icc"
_EXTENSION: Final = """\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility Schema\
</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/\
</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property>
<rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal\
</pdfaProperty:category><pdfaProperty:description>Which part of ISO 14289 is followed\
</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag>
</pdfaExtension:schemas></rdf:Description>"""


def describe(document: PDFDocument, report: Report) -> None:
    """Put XMP, colours and language into a document that is being made."""
    catalog = document.Catalog
    catalog.Metadata = PDFStream(
        PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}),
        xmp(report).encode(),
        None,
    )
    profile = PDFStream(PDFDictionary({"N": 3}), _PROFILE.read_bytes(), [PDFZCompress])
    intent = PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString("sRGB IEC61966-2.1"),
            "Info": PDFString("sRGB IEC61966-2.1"),
            "DestOutputProfile": document.Reference(profile, "srgb"),
        }
    )
    catalog.OutputIntents = PDFArray([intent])
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]


def xmp(report: Report) -> str:
    """The XMP packet of a report."""
    made = f"{report.generated_at:%Y-%m-%dT%H:%M:%S}+00:00"
    title, subject, author, creator = (
        escape(identity(text))
        for text in (report.title, report.subtitle, report.origin, report.generator)
    )
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:identifier>{escape(report.report_id)}</dc:identifier>
<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreatorTool>{creator}</xmp:CreatorTool><xmp:CreateDate>{made}</xmp:CreateDate>
<xmp:ModifyDate>{made}</xmp:ModifyDate></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{PRODUCER}</pdf:Producer></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
{_EXTENSION}
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
