"""What a job can be, and how each is carried out: from what was wanted to the entry recorded.

What is carried out records under the job's own idempotency key, so that a job that is taken up
again, even while its first worker still lives, records once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import orjson

from ledger.core.digest import hex_digest
from ledger.events.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ledger.store.jobs import StoredJob
    from webui.issuing import Wanted
    from webui.wiring import Wiring

    Note = Callable[[str, int, int], None]
    Run = Callable[[Wiring, StoredJob, Note, int | None], int]

REPORT: Final = "report"
_MARK: Final = 8


@dataclass(frozen=True)
class Kind:
    """A kind of job: what it is called, and what carries it out and tells the entry."""

    title: str
    run: Run


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody how far the work is."""
    del step, done, total


def report_wanted(wanted: Wanted) -> dict[str, object]:
    """A report as the wish of a job."""
    return asdict(wanted)


def _report(wiring: Wiring, job: StoredJob, note: Note, workers: int | None) -> int:
    # Drawing and sealing load heavy libraries.
    from webui.issuing import Manner, issue_report

    actor = Actor.model_validate_json(job.actor)
    # A number can come back, where old jobs are forgotten or a backup is put back; this does not.
    told = hex_digest(f"{job.number}/{job.asked_at}/{job.key}".encode())[:_MARK]
    mark = f"j{job.number}-{told}"
    manner = Manner(job.key, f"{mark}-{job.attempts}", note, workers)
    issued = issue_report(wiring, actor, _wanted(orjson.loads(job.wanted)), manner)
    _drop_earlier(wiring.settings.reports, mark, job.attempts, issued.path)
    return issued.sequence


def _wanted(said: Mapping[str, object]) -> Wanted:
    from webui.issuing import Wanted

    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
    return Wanted(**fields)  # type: ignore[arg-type]  # written by report_wanted


def _drop_earlier(folder: Path, mark: str, attempts: int, kept: Path) -> None:
    """Remove what earlier attempts left; the key is used now, so none of them will be recorded."""
    for attempt in range(1, attempts):
        for file in folder.glob(f"*-{mark}-{attempt}.*"):
            if file != kept:
                file.unlink(missing_ok=True)


KINDS: Final[Mapping[str, Kind]] = {REPORT: Kind("Report", _report)}
