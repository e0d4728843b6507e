"""Where jobs are asked for and carried out, one at a time, without threads of Huey."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ledger.events.actor import Actor
from webui.issuing import Wanted
from webui.jobs.book import Book, Job
from webui.jobs.kinds import REPORT, report_wanted
from webui.jobs.running import carry_out
from webui.jobs.worker import take
from webui.reads import may_oversee

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.store.jobs import StoredJob
    from tests.webui.seed import Seeded
    from webui.wiring import Wiring

WANTED = Wanted("integrity", "2026-01-01", "2026-12-31")


@dataclass
class Desk:
    """A company, its book of jobs, and a worker that works when it is told."""

    seeded: Seeded

    @property
    def wiring(self) -> Wiring:
        return self.seeded.house.wiring

    @property
    def book(self) -> Book:
        return Book(self.wiring, partial(may_oversee, self.wiring))

    @property
    def chi(self) -> Actor:
        return Actor(id=self.seeded.chi, type="person", via="password")

    def ask(self, key: str = "", wanted: Wanted = WANTED, actor: Actor | None = None) -> Job:
        return self.book.ask(actor or self.chi, REPORT, report_wanted(wanted), key)

    def look(self, job: Job) -> Job:
        return self.book.find(job.number, self.seeded.chi)

    def take(self) -> StoredJob:
        found = take(self.wiring)
        assert found is not None
        return found

    def work(self, stopping: threading.Event | None = None) -> None:
        """Take what waits and carry it out."""
        carry_out(self.wiring, self.take(), stopping or threading.Event(), 1)

    def issued(self) -> list[int]:
        return [one.since for one in self.wiring.reader.reports()]

    def files(self) -> list[Path]:
        return sorted(self.wiring.settings.reports.iterdir())
