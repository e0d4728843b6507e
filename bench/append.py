"""Appending through the library: one by one, by many threads, in batches, and ready statements.

``append.batches`` is the whole of ``submit``: policy, fold, idempotency keys. ``append.ready`` is
what is left where a statement was decided and written before (``ledger.append``): place, signature,
hash, row and checkpoint, with the checks before storing.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.installation import installation, median, percentile, run_all, show, timed
from ledger import clock
from ledger.append import append_ready
from ledger.batch import Asked
from ledger.events.entry import Request
from ledger.events.names import format_instant
from ledger.events.ready import prepare
from ledger.state.concerns import subjects
from ledger.state.fold import Place, fold
from ledger.store.database import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.installation import Bench
    from ledger.append import Fold
    from ledger.events.ready import Ready
    from ledger.state.registry import Registry
    from ledger.store.entries import StoredEntry

ROUNDS = 5
BATCH = 500
READY = (1_000, 4_000)


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


def statements(bench: Bench, number: int) -> tuple[list[Ready], Fold]:
    """Observations that are decided and written, and the fold that they leave."""
    observed = [bench.observation(n) for n in range(number)]
    now = format_instant(clock.now())
    with reading(bench.wiring.engine) as connection:
        registry = bench.wiring.reader.registry(connection)
        found = []
        for event in observed:
            asked = Asked(event)
            found.append(
                prepare(
                    event,
                    asked.facts,
                    bench.pipeline,
                    about=event.about(),
                    subjects=subjects(registry, event),
                    decision=bench.wiring.decide(registry, event, bench.pipeline, now),
                    request=Request(command=asked.command_digest().hex()),
                )
            )

    def newest(registry: Registry, rows: Sequence[StoredEntry]) -> None:
        """All are of one version, and each replaces the one before."""
        last = rows[-1]
        place = Place(last.sequence, last.recorded_at, last.actor)
        registry.apply(fold(registry, observed[-1], place), last.sequence)

    return found, newest


def ready(bench: Bench, number: int) -> None:
    """Statements that are ready, one checkpoint for all, beside bare signing in turn."""
    log = bench.wiring.log
    found, newest = statements(bench, number)
    rates = []
    ratios = []
    for _ in range(ROUNDS):
        signing = bare_signatures()
        append = partial(append_ready, log, [found], fold=newest, now=clock.now())
        rate = number / timed(append)
        rates.append(rate)
        ratios.append(rate / signing)
    show(
        "append.ready",
        database=bench.database,
        batch=number,
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
            for number in READY:
                ready(bench, number)
