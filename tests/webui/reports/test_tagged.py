"""A report is tagged, and keeps PDF/A-3a and PDF/UA-1; poppler and veraPDF are the judges."""

from __future__ import annotations

import io
import re
import subprocess
from typing import TYPE_CHECKING

import pikepdf
import pytest

from tests.tools import verapdf
from tests.webui.reports.samples import MADE_AT, a_hard_report, a_seal_key
from webui.reports.pdf.attachment import Attachment
from webui.reports.pdf.render import render_pdf
from webui.reports.pdf.seal import seal_pdf

if TYPE_CHECKING:
    from pathlib import Path

ATTACHED = (
    Attachment("evidence.json", "application/json", "The same as data", b'{"a":1}'),
    Attachment("rows.csv", "text/csv", "Every row", b"a,b\r\n"),
)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key, certificate = a_seal_key()
    drawn = render_pdf(a_hard_report(), ATTACHED).data
    file = tmp_path_factory.mktemp("tagged") / "report.pdf"
    file.write_bytes(
        seal_pdf(drawn, key_pem=key, certificate_pem=certificate, signing_time=MADE_AT)
    )
    return file


@pytest.fixture(scope="module")
def structure(sealed: Path) -> str:
    done = subprocess.run(
        ["pdfinfo", "-struct-text", str(sealed)], capture_output=True, text=True, check=True
    )
    return done.stdout


def elements(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Dictionary]:
    return [
        thing
        for thing in pdf.objects
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") == kind
    ]


def test_verapdf_finds_a_sealed_report_to_keep_both_rules(sealed: Path) -> None:
    said = verapdf.judged(sealed, "3a", "ua1")
    print(said)
    assert re.findall(r"^(\w+) (valid|invalid)", said, re.MULTILINE) == [
        ("3a", "valid"),
        ("ua1", "valid"),
    ]


def test_verapdf_finds_what_is_not_tagged(sealed: Path, tmp_path: Path) -> None:
    """The judge has teeth."""
    with pikepdf.open(sealed) as pdf:
        del pdf.Root.StructTreeRoot
        pdf.save(tmp_path / "bare.pdf")
    assert verapdf.judged(tmp_path / "bare.pdf", "ua1").startswith("ua1 invalid")


def test_it_reads_in_order_title_contents_sections(structure: str) -> None:
    assert structure.index("H1 (block)") < structure.index('"Contents"')
    heads = re.findall(r"H2 \(block\)\n\s+\"([^\"]*)\"", structure)
    assert [head[0] for head in heads[1:]] == ["1", "2", "3", "4", "5"]
    assert heads[0] == "Contents"


def test_tables_have_head_cells_and_each_row_as_many_cells(sealed: Path) -> None:
    with pikepdf.open(sealed) as pdf:
        tables = elements(pdf, "/Table")
        assert len(tables) > 5
        for table in tables:
            rows = [part for part in table.K if part.S == "/TR"]
            cells = [list(row.K) if isinstance(row.K, pikepdf.Array) else [row.K] for row in rows]
            assert len(set(map(len, cells))) == 1
            heads = [cell.A.Scope for row in cells for cell in row if cell.S == "/TH"]
            assert heads
            assert set(map(str, heads)) <= {"/Column", "/Row"}


def test_elements_are_packed_into_streams_that_qpdf_reads(sealed: Path) -> None:
    data = sealed.read_bytes()
    assert data.count(b"/Type/ObjStm") > 1
    assert b"/S/TD" not in data
    checked = subprocess.run(
        ["qpdf", "--check", str(sealed)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with pikepdf.open(sealed) as pdf:
        assert elements(pdf, "/TD")


def test_figures_say_in_words_what_they_show(sealed: Path) -> None:
    with pikepdf.open(sealed) as pdf:
        figures = elements(pdf, "/Figure")
        assert figures
        assert all(len(str(figure.Alt)) > 10 for figure in figures)


def test_everything_drawn_is_in_an_element_or_an_artifact(sealed: Path) -> None:
    with pikepdf.open(sealed) as pdf:
        for page in pdf.pages:
            depth = 0
            for instruction in pikepdf.parse_content_stream(page):
                operator = str(instruction.operator)
                depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
                if operator in {"Tj", "TJ", "S", "f", "f*", "B", "re", "Do"}:
                    assert depth > 0, operator
            assert depth == 0


def test_properties_and_metadata_say_the_same(sealed: Path) -> None:
    with pikepdf.open(io.BytesIO(sealed.read_bytes())) as pdf, pdf.open_metadata() as said:
        assert said.pdfa_status == "3A"
        assert said["dc:title"] == str(pdf.docinfo["/Title"])
        assert said["xmp:CreatorTool"] == str(pdf.docinfo["/Creator"])
        assert pdf.Root.Lang == "en"
