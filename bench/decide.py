"""Decisions by the shipped policy, with their sentences, on a warm registry."""

from __future__ import annotations

from bench.installation import installation, median, show, timed
from ledger.store.database import reading
from policies import explain

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
