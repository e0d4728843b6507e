"""Seconds for each of the three reports over a ledger of some thousand entries."""

from __future__ import annotations

from bench.installation import installation, median, show, timed
from ledger.batch import Asked

ENTRIES = 2_000


def run(urls: list[str]) -> None:
    """From the entries to the sealed file, verification of the ledger included."""
    from webui.reports.issue import issue_report

    del urls
    with installation() as bench:
        made = bench.wiring
        for start in range(0, ENTRIES, 500):
            asked = [Asked(bench.observation(start + n)) for n in range(500)]
            made.submitter.submit_batch(bench.pipeline, asked)
        for framework in ("gdpr", "hipaa", "soc2"):
            seconds = [
                timed(
                    lambda: issue_report(
                        made,
                        made.service,
                        framework,
                        "2026-01-01",
                        "2026-12-31",
                        (),
                    )
                )
                for _ in range(3)
            ]
            show("report", framework=framework, entries=ENTRIES, seconds=median(seconds))
