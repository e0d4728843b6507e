"""Appending through the library: one by one, by many threads, and in batches."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.big import Ready
from bench.installation import installation, median, percentile, run_all, show, timed
from ledger.batch import Asked

if TYPE_CHECKING:
    from bench.installation import Bench

ROUNDS = 5
BATCH = 500
READY = 2_000


def bare_signatures() -> float:
    """Ed25519 signatures per second on this core: the limit that signing sets."""
    key = Ed25519PrivateKey.generate()
    message = b"x" * 1000
    seconds = median([timed(lambda: [key.sign(message) for _ in range(2000)]) for _ in range(3)])
    return 2000 / seconds


def one_by_one(bench: Bench, number: int = 200) -> None:
    """Each event waits for its own commit."""
    submit = bench.wiring.submitter.submit
    events = [bench.observation(n) for n in range(number)]
    seconds = [timed(partial(submit, bench.pipeline, event)) for event in events]
    show(
        "append.one_by_one",
        database=bench.database,
        per_second=number / sum(seconds),
        p50_ms=1000 * median(seconds),
        p99_ms=1000 * percentile(seconds, 0.99),
    )


def by_threads(bench: Bench, threads: int = 32, each: int = 40) -> None:
    """Many callers share commits."""
    seconds: list[float] = []
    submit = bench.wiring.submitter.submit

    def run(number: int) -> None:
        for place in range(each):
            event = bench.observation(number * each + place)
            seconds.append(timed(partial(submit, bench.pipeline, event)))

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    total = timed(partial(run_all, workers))
    show(
        "append.threads",
        database=bench.database,
        threads=threads,
        per_second=threads * each / total,
        p50_ms=1000 * median(seconds),
        p99_ms=1000 * percentile(seconds, 0.99),
    )


def in_batches(bench: Bench) -> None:
    """Batches of one caller, with policy and fold, beside bare signing in turn."""
    rates = []
    ratios = []
    for number in range(ROUNDS):
        signing = bare_signatures()
        asked = [
            Asked(bench.observation(number * BATCH + n), f"{number}-{n}") for n in range(BATCH)
        ]
        batch = bench.wiring.submitter.submit_batch
        rate = BATCH / timed(partial(batch, bench.pipeline, asked))
        rates.append(rate)
        ratios.append(rate / signing)
    show(
        "append.batches",
        database=bench.database,
        batch=BATCH,
        per_second=median(rates),
        share_of_bare_signing=median(ratios),
    )


def ready(bench: Bench) -> None:
    """Statements that are ready, in batches: signed, chained, hashed, checked, stored."""
    statements = Ready(bench.wiring)
    rates = []
    ratios = []
    for _ in range(ROUNDS):
        signing = bare_signatures()
        rate = READY / timed(partial(statements.append, READY))
        rates.append(rate)
        ratios.append(rate / signing)
    show(
        "append.ready",
        database=bench.database,
        batch=READY,
        per_second=median(rates),
        share_of_bare_signing=median(ratios),
    )


def run(urls: list[str]) -> None:
    """All of them, on each database."""
    show("limit.ed25519_sign", per_second=bare_signatures())
    for url in urls:
        with installation(url) as bench:
            one_by_one(bench)
            by_threads(bench)
            in_batches(bench)
            ready(bench)
