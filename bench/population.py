"""A SOC 2 report over 10,000 changes, beside reportlab's bare canvas drawing the same rows.

Everything of a report is in the time: the tests of the framework, contents, tags, attachments,
seal. The bare canvas draws the cells of all changes with one embedded font and nothing else, one
text object for each column and page: as fast as reportlab goes. Both by turns in the same run, in
time of the processor. The history is in memory: that a ledger is read and verified is measured by
``verify``.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from bench.installation import median, show
from webui.collector import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.state.history import History
    from webui.reports.make import MadeReport

CHANGES: Final = 10_000
TURNS: Final = 5
_COLUMNS: Final = (40, 100, 60, 90, 250, 60, 90)
_ROWS_ON_A_PAGE: Final = 44
_LEADING: Final = 10.4
_MIB: Final = 1024


def history_of(changes: int) -> History:
    """So many clean changes: registered, asked for, approved twice, granted, deployed."""
    from tests.policies.controls.story import Story

    story = Story().began()
    story.model()
    for number in range(changes):
        story.day = f"2026-{1 + number * 11 // changes:02d}-{1 + number % 28:02d}"
        story.clean_change(f"1.{number}.0")
    return story.history()


def seal() -> tuple[bytes, bytes]:
    """A key and its certificate, as an installation has them."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from webui.reports.pdf.certificate import make_seal_certificate

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    begins, ends = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    return pem, make_seal_certificate("Bench", key, begins, ends)


def report_of(history: History, sealed_by: tuple[bytes, bytes]) -> MadeReport:
    """The sealed SOC 2 report over a history."""
    from policies.controls.outside import Integrity
    from policies.controls.scope import Period, Scope
    from webui.reports.assemble import Fingerprints, ReportContext
    from webui.reports.make import make_report

    context = ReportContext(
        origin="bench.example/main",
        root="ab" * 32,
        report_id="bench-1",
        generator="counterseal bench",
        names=lambda actor: actor[:8],
        sentence=lambda result: result.code,
        integrity=Integrity(len(history.recorded), (), ()),
        fingerprints=Fingerprints("c0", "e0", "50"),
    )
    key, certificate = sealed_by
    return make_report(
        "soc2",
        Scope(Period(date(2026, 1, 1), date(2026, 12, 31)), (), ("production",)),
        history,
        context,
        seal_key_pem=key,
        certificate_pem=certificate,
        signing_time=datetime(2026, 12, 31, tzinfo=UTC),
    )


def rows_of(history: History) -> list[tuple[str, ...]]:
    """What the report's population says of each change, as cells."""
    from policies.controls.changes import changes_of
    from policies.controls.people import people_of

    changes = changes_of(history.recorded, people_of(history.recorded))
    return [
        (
            str(one.entry),
            one.at[:16].replace("T", " "),
            "deployed",
            f"{one.model} {one.version}",
            "; ".join(f"{vote.actor[:8]} ({vote.entry})" for vote in one.approvals),
            "3 seconds",
            one.deployer[:8],
        )
        for one in changes
    ]


def bare(rows: list[tuple[str, ...]]) -> bytes:
    """The rows drawn by reportlab's canvas, and nothing else."""
    from reportlab.pdfgen.canvas import Canvas

    from webui.reports.pdf.fonts import SANS

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(842, 595), pageCompression=1, initialFontName=SANS)
    for start in range(0, len(rows), _ROWS_ON_A_PAGE):
        left = 40.0
        for column, width in enumerate(_COLUMNS):
            out = canvas.beginText(left, 540)
            out.setFont(SANS, 7.8)
            out.setLeading(_LEADING)
            for row in rows[start : start + _ROWS_ON_A_PAGE]:
                out.textLine(row[column])
            canvas.drawText(out)
            left += width
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def compared(changes: int = CHANGES, turns: int = TURNS) -> None:
    """Both by turns; one line."""
    history, sealed_by = history_of(changes), seal()
    rows = rows_of(history)
    settle()
    pages = report_of(history, sealed_by).pages
    bare(rows)
    ours, theirs, ratios = [], [], []
    for _ in range(turns):
        ours.append(_spent(lambda: report_of(history, sealed_by)))
        theirs.append(_spent(lambda: bare(rows)))
        ratios.append(ours[-1] / theirs[-1])
    show(
        "report.population",
        changes=changes,
        entries=len(history.recorded),
        pages=pages,
        seconds=median(ours),
        bare_canvas_seconds=median(theirs),
        to_bare_canvas=median(ratios),
    )


def memory(changes: int) -> None:
    """The most memory that a process held before the report and after it; one line."""
    history, sealed_by = history_of(changes), seal()
    report_of(history_of(10), sealed_by)
    before = _peak()
    spent = _spent(lambda: report_of(history, sealed_by))
    show(
        "report.memory",
        changes=changes,
        entries=len(history.recorded),
        seconds=spent,
        history_mib=before,
        peak_mib=_peak(),
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MIB


def _spent(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def run() -> None:
    """The comparison here, the memory in a process of its own."""
    compared()
    subprocess.run([sys.executable, "-m", "bench.population", str(CHANGES)], check=True)


if __name__ == "__main__":
    memory(int(sys.argv[1]))
