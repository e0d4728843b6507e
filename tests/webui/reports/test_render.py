"""What a drawn report is as a file and as pages; poppler and qpdf are the judges."""

from __future__ import annotations

import io
import re
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pikepdf
import pytest

from tests.webui.reports.samples import (
    HEAD,
    HOSTILE,
    MADE_AT,
    NAMES,
    a_hard_report,
    a_report,
    a_table,
    a_verdict,
)
from webui.reports.model import Callout, Column, Heading, Paragraph, Section, Table
from webui.reports.pdf.attachment import Attachment
from webui.reports.pdf.render import render_pdf

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE = Attachment("evidence.json", "application/json", "The same as data", b'{"a":1}')
ROWS = Attachment("rows.csv", "text/csv", "Every row", "Łukasz,日本語\n".encode())


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def run(folder: Path, pdf: bytes, *command: str) -> str:
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(
        [part.replace("@", str(file)) for part in command],
        capture_output=True,
        check=True,
        cwd=folder,
    )
    return done.stdout.decode()


@pytest.fixture(scope="module")
def hard() -> bytes:
    return render_pdf(a_hard_report(), (ROWS, EVIDENCE)).data


def test_an_equal_report_gives_equal_bytes(hard: bytes) -> None:
    assert render_pdf(a_hard_report(), (EVIDENCE, ROWS)).data == hard


def test_another_report_gives_other_bytes() -> None:
    one, other = a_report(), a_report(position=18_403)
    assert render_pdf(one).data != render_pdf(other).data


def test_the_file_is_dated_with_the_last_entry_and_not_with_the_printing(hard: bytes) -> None:
    with pikepdf.open(io.BytesIO(hard)) as pdf:
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261120140327+00'00'"
    later = replace(a_report(), generated_at=MADE_AT + timedelta(days=1))
    with pikepdf.open(io.BytesIO(render_pdf(later).data)) as pdf:
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261121")


def test_qpdf_finds_nothing_to_complain_of(hard: bytes, tmp_path: Path) -> None:
    assert "No syntax or stream encoding errors" in run(tmp_path, hard, "qpdf", "--check", "@")


def test_every_typeface_is_embedded(hard: bytes, tmp_path: Path) -> None:
    rows = run(tmp_path, hard, "pdffonts", "@").splitlines()[2:]
    assert len(rows) >= 3
    assert all(re.search(r" yes yes yes +\d+ +0$", row) for row in rows), rows


def test_markup_in_names_is_text_and_not_markup(hard: bytes, tmp_path: Path) -> None:
    text = " ".join(text_of(hard, tmp_path).split())
    assert " ".join(HOSTILE.split()) in text
    with pikepdf.open(io.BytesIO(hard)) as pdf:
        links = [note for page in pdf.pages for note in page.get("/Annots", [])]
        assert all("/A" not in note for note in links)


def test_other_scripts_are_drawn_and_what_no_face_has_is_a_counted_box(tmp_path: Path) -> None:
    report = a_report(Section("Names", (Paragraph(NAMES),)))
    rendered = render_pdf(report)
    marks = str.maketrans("", "", "\u202b\u202c")
    text = text_of(rendered.data, tmp_path).translate(marks)
    for name in ("日本語モデル", "Łukasz Żółć", "Ελληνικά", "العربية", "Кириллица, □□□"):
        assert name in text
    assert rendered.missing_glyphs == 3
    assert "3 characters of 3 kinds can't be drawn" in " ".join(text.split())
    assert "U+D55C" in text


def test_a_report_without_missing_characters_gives_no_warning(tmp_path: Path) -> None:
    rendered = render_pdf(a_report())
    assert rendered.missing_glyphs == 0
    assert "can't be drawn" not in text_of(rendered.data, tmp_path)


def test_each_page_says_which_of_how_many_it_is_and_where_the_ledger_stood(
    hard: bytes, tmp_path: Path
) -> None:
    pages = text_of(hard, tmp_path).split("\f")[:-1]
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
        assert "position 18,402" in page
        assert HEAD[:12] in page
        assert "rep-2026-q3-0007" in page
    assert render_pdf(a_hard_report()).pages == len(pages)


def test_the_contents_and_the_outline_name_the_pages_where_things_stand(
    hard: bytes, tmp_path: Path
) -> None:
    pages = text_of(hard, tmp_path).split("\f")
    with pikepdf.open(io.BytesIO(hard)) as pdf:
        with pdf.open_outline() as outline:
            sections = list(outline.root)
        assert [str(item.title)[0] for item in sections] == ["1", "2", "3", "4", "5"]
        assert str(sections[1].children[0].title).startswith("CC8.1")
        numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        targets = [numbers[item.destination[0].objgen] for item in sections]
        links = [numbers[note.Dest[0].objgen] for note in pdf.pages[1].Annots]
    for place, title in ((2, "3 +Population"), (4, "5 +Check it yourself")):
        listed = re.search(rf"{title}[ .]*?(\d+)\n", pages[1])
        assert listed is not None
        assert int(listed[1]) == targets[place]
        assert re.search(title, pages[targets[place] - 1])
    assert set(targets) <= set(links)


def test_attached_files_come_back_byte_by_byte(hard: bytes, tmp_path: Path) -> None:
    run(tmp_path, hard, "pdfdetach", "-saveall", "-o", str(tmp_path), "@")
    assert (tmp_path / EVIDENCE.name).read_bytes() == EVIDENCE.data
    assert (tmp_path / ROWS.name).read_bytes() == ROWS.data


def test_two_attachments_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        render_pdf(a_report(), (EVIDENCE, EVIDENCE))


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x" * 101, "a\nb"])
def test_an_attachment_has_a_plain_file_name(name: str) -> None:
    with pytest.raises(ValueError, match="attachment"):
        Attachment(name, "text/plain", "", b"")


def test_the_head_of_a_table_stands_on_each_of_its_pages(tmp_path: Path) -> None:
    rendered = render_pdf(a_report(Section("Population", (a_table(300),))))
    pages = text_of(rendered.data, tmp_path).split("\f")[2:-1]
    assert len(pages) >= 7
    assert all("Artifact digest" in page for page in pages)
    assert "11,074" in pages[-1]


def test_ten_thousand_rows_are_drawn_in_seconds() -> None:
    begun = time.perf_counter()
    rendered = render_pdf(a_report(Section("Population", (a_table(10_000),))))
    assert rendered.pages > 200
    assert time.perf_counter() - begun < 20


def test_the_cover_counts_verdicts_in_words(tmp_path: Path) -> None:
    cover = text_of(render_pdf(a_report()).data, tmp_path).split("\f")[0]
    for word in ("Failed", "Insufficient", "Not exercised", "Passed"):
        assert word in cover
    assert HEAD in cover


def test_no_page_calls_anybody_compliant_or_certified(hard: bytes, tmp_path: Path) -> None:
    text = text_of(hard, tmp_path).lower()
    assert "compliant" not in text
    assert "certified" not in text


def test_a_verdict_names_its_entries_and_every_exception(tmp_path: Path) -> None:
    verdict = a_verdict()
    text = text_of(render_pdf(a_report(Section("Results", (verdict,)))).data, tmp_path)
    words = " ".join(text.split())
    assert "FAILED" in words
    assert "812\N{EN DASH}813, 815" in words
    assert "fraud-screen 1.9.1 was deployed from another digest." in words
    assert "77, 90\N{EN DASH}91, 800\N{EN DASH}829, 1204" in words


def test_a_cell_longer_than_a_page_is_cut_and_the_table_says_so(tmp_path: Path) -> None:
    table = Table((Column("A"), Column("B")), (("x " * 9000, "y"),))
    text = text_of(render_pdf(a_report(Section("Long", (table,)))).data, tmp_path)
    assert "…" in text
    assert "too long to print" in text


def test_a_callout_and_a_heading_longer_than_a_page_are_drawn() -> None:
    blocks = (Heading("Heading " * 40), Callout("note", "word " * 4000))
    assert render_pdf(a_report(Section("Section " * 30, blocks))).pages >= 5


def test_an_empty_report_is_a_cover_and_an_empty_contents() -> None:
    assert render_pdf(replace(a_report(), sections=())).pages == 2


def test_wide_tables_lie_and_no_page_is_left_empty(tmp_path: Path) -> None:
    wide = Table(tuple(Column(f"C{place}") for place in range(10)), (("x",) * 10,))
    report = a_report(Section("One", (wide, wide)), Section("Two", (wide, Paragraph("After"))))
    rendered = render_pdf(report)
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        lying = [page.mediabox[2] > page.mediabox[3] for page in pdf.pages]
    assert lying == [False, False, True, True, True, False]
    pages = text_of(rendered.data, tmp_path).split("\f")
    assert "1 One" in pages[2]
    assert "After" in pages[5]
