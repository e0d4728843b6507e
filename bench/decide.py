"""Decisions by the shipped policy: with their sentences on a warm registry, and taken again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.installation import installation, median, show, timed
from ledger.batch import Asked
from ledger.store.database import reading
from policies import explain
from policies.replay import Replayer, folding

if TYPE_CHECKING:
    from bench.installation import Bench

DECISIONS = 5_000


def run(urls: list[str]) -> None:
    """How many decisions one core makes per second."""
    del urls
    with installation() as bench:
        made = bench.wiring
        decide = made.decide
        event = bench.observation(1)
        now = "2026-11-23T12:00:00.000000Z"
        with reading(made.engine) as connection:
            registry = made.reader.registry(connection)
            decision = decide(registry, event, bench.pipeline, now)

            def many() -> None:
                for _ in range(DECISIONS):
                    explain(decide(registry, event, bench.pipeline, now), str)

            seconds = median([timed(many) for _ in range(3)])
        show("decide.with_sentences", outcome=decision.outcome, per_second=DECISIONS / seconds)
        replayed(bench)


def replayed(bench: Bench) -> None:
    """How many decisions one core takes again per second, beside folding and reading."""
    made = bench.wiring
    for start in range(0, DECISIONS, 500):
        asked = [Asked(bench.observation(n)) for n in range(start, min(start + 500, DECISIONS))]
        made.submitter.submit_batch(bench.pipeline, asked)
    entries = list(made.reader.past(made.reader.head().size))
    seconds = []
    for _ in range(3):
        replayer = Replayer()

        def again(replayer: Replayer = replayer) -> None:
            for registry, entry in folding(entries):
                found = replayer.replay(registry, entry)
                if found is not None and found.code:
                    raise SystemExit(found.sentence)

        def fold_alone() -> None:
            for _ in folding(entries):
                pass

        seconds.append(timed(again) - timed(fold_alone))
    show("decide.replay", entries=len(entries), per_second=len(entries) / median(seconds))
