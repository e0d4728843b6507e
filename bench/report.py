"""Seconds for each of the three reports over a ledger of some thousand entries."""

from __future__ import annotations

from functools import partial

from bench.installation import installation, median, show, timed
from ledger.batch import Asked

ENTRIES = 2_000
PERIOD = ("2026-01-01", "2026-12-31")


def run(urls: list[str]) -> None:
    """From the entries to the sealed file, verification of the ledger included."""
    from webui.issuing import Wanted, issue_report

    del urls
    with installation() as bench:
        made = bench.wiring
        for start in range(0, ENTRIES, 500):
            asked = [Asked(bench.observation(start + n)) for n in range(500)]
            made.submitter.submit_batch(bench.pipeline, asked)
        for framework in ("gdpr", "hipaa", "soc2"):
            ask = partial(issue_report, made, made.service, Wanted(framework, *PERIOD))
            seconds = [timed(ask) for _ in range(3)]
            show("report", framework=framework, entries=ENTRIES, seconds=median(seconds))
