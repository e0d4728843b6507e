"""A long random ledger, and every decision of it taken again: how many differ.

Counts, not figures: what it prints is whether the engine is a function of what the ledger holds.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from bench.installation import show, timed
from bench.lives import lived
from policies.replay import Tally, replay
from webui import wiring
from webui.settings import Settings

ENTRIES = 100_000
SEED = 4


def run(urls: list[str]) -> None:
    """On SQLite: what the database is makes no difference to a decision."""
    del urls
    show("replay.random", **again(ENTRIES, SEED))


def again(entries: int, seed: int) -> dict[str, int]:
    """Live so long and decide all of it again; what came of it, by count.

    Raises:
        SystemExit: a decision came out otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as name:
        home = Path(name)
        clock = [datetime(2026, 1, 5, 9, tzinfo=UTC)]
        settings = Settings(home, f"sqlite:///{home / 'ledger.db'}", f"sqlite:///{home / 'guard'}")
        made = wiring.create(settings, now=lambda: clock[0])
        try:
            lived(made, entries, seed, clock)
            size = made.log.head().size
            tally, kinds = Tally(), Counter[str]()

            def decide_again() -> None:
                for one in replay(made.reader.past(size)):
                    tally.add(one)
                    kinds[one.entry.kind] += 1

            seconds = timed(decide_again)
        finally:
            made.close()
    if tally.wrong:
        raise SystemExit([(one.entry.sequence, one.sentence) for one in tally.wrong[:5]])
    return {
        "entries": size,
        "kinds": len(kinds),
        "refusals": kinds["access.denied"],
        "same": tally.same,
        "not_kept": tally.not_kept,
        "differ": len(tally.wrong) + tally.more,
        "seconds": round(seconds),
    }
