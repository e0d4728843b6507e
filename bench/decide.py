"""Decisions by the shipped policy: with their sentences on a warm registry, and taken again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import policies
from bench.installation import installation, median, show, timed
from ledger.batch import Asked
from ledger.store.database import reading
from policies import explain
from policies.cases import load_cases
from policies.decide import compile_document, decide_with
from policies.document import document_digest, load_document
from policies.replay import Replayer, folding
from policies.stage import set_stages

if TYPE_CHECKING:
    from bench.installation import Bench
    from policies.stage import Stage

DECISIONS = 5_000
ROUNDS = 200


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
    by_case()


def by_case() -> None:
    """The cases of the default bundle that take longest, in time of the processor.

    Not changes of policy: each reads a whole document anew.
    """
    bundle = Path(policies.__file__).parent / "bundles" / "default"
    document = load_document((bundle / "policy.yaml").read_text(encoding="utf-8"))
    compiled = compile_document(document, document_digest(document))
    found: dict[str, list[tuple[float, str]]] = {"allow": [], "deny": []}

    def many(stage: Stage) -> None:
        one = stage.registry, stage.event, stage.actor, stage.now, stage.proof
        for _ in range(ROUNDS):
            explain(decide_with(compiled, *one), str)

    for file in sorted((bundle / "cases").glob("*.yaml")):
        read, lines = load_cases(file.read_text(encoding="utf-8"), file.name)
        for stage in set_stages(read, lines, document, file.name):
            if stage.event.kind == "policy.activated":
                continue
            many(stage)
            start = time.process_time()
            many(stage)
            per_second = ROUNDS / (time.process_time() - start)
            found[stage.expected.expect].append((per_second, stage.expected.id))
    for outcome, rates in found.items():
        least, case = min(rates)
        middle = median([rate for rate, _ in rates])
        show(
            "decide.by_case", outcome=outcome, cases=len(rates), median=middle, least=least, of=case
        )


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
