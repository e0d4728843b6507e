"""How long single commands wait while somebody posts batches of 1,000 without pause.

Sixteen callers, each an actor of its own, ask one command after the other: first alone, then beside
the batches. Printed are the seconds' percentiles, what the batches got, and Jain's index over the
sixteen (1 is equal shares, 1/16 is everything for one; Jain, Chiu and Hawe, DEC-TR-301, 1984).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.installation import installation, percentile, run_all, show
from ledger.batch import Asked
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.genesis import new_actor_id

if TYPE_CHECKING:
    from bench.installation import Bench

CLIENTS = 16
SECONDS = 10.0
BATCH = 1_000


@dataclass
class Load:
    """What the callers saw in one phase."""

    seconds: list[list[float]] = field(default_factory=lambda: [[] for _ in range(CLIENTS)])
    batches: list[float] = field(default_factory=list)

    def singles(self) -> list[float]:
        """The seconds of all single commands."""
        return [one for some in self.seconds for one in some]


def jain(shares: list[int]) -> float:
    """Jain's fairness index of what each got."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


def callers(bench: Bench) -> list[Actor]:
    """Sixteen workloads that may observe metrics."""
    made = bench.wiring
    submit = made.submitter.submit
    found = []
    for _ in range(CLIENTS):
        actor = Actor(id=new_actor_id(), type="workload", via="token")
        enrolled = {"actor_id": actor.id, "actor_type": "workload"}
        submit(bench.admin, read_command("actor.enrolled", enrolled))
        granted = {"actor_id": actor.id, "role": "pipeline"}
        submit(bench.admin, read_command("role.granted", granted))
        found.append(actor)
    return found


def phase(bench: Bench, actors: list[Actor], *, batches: bool) -> Load:
    """Ask for ten seconds."""
    load = Load()
    door = bench.wiring.submitter
    until = time.perf_counter() + SECONDS

    def single(number: int) -> None:
        while time.perf_counter() < until:
            event = bench.observation(number)
            start = time.perf_counter()
            door.submit(actors[number], event)
            load.seconds[number].append(time.perf_counter() - start)

    def flood() -> None:
        asked = [Asked(bench.observation(number)) for number in range(BATCH)]
        while time.perf_counter() < until:
            start = time.perf_counter()
            door.submit_batch(bench.pipeline, asked)
            load.batches.append(time.perf_counter() - start)

    workers = [threading.Thread(target=single, args=(number,)) for number in range(CLIENTS)]
    if batches:
        workers.append(threading.Thread(target=flood))
    run_all(workers)
    return load


def run(urls: list[str]) -> None:
    """Alone, then beside the batches, on each database."""
    for url in urls:
        with installation(url) as bench:
            actors = callers(bench)
            for batches in (False, True):
                load = phase(bench, actors, batches=batches)
                singles = load.singles()
                show(
                    "fairness.beside_batches" if batches else "fairness.alone",
                    database=bench.database,
                    clients=CLIENTS,
                    singles_per_second=len(singles) / SECONDS,
                    p50_ms=1000 * percentile(singles, 0.5),
                    p99_ms=1000 * percentile(singles, 0.99),
                    most_ms=1000 * max(singles),
                    jain=jain([len(some) for some in load.seconds]),
                    batched_per_second=len(load.batches) * BATCH / SECONDS,
                    batch_ms=1000 * percentile(load.batches, 0.5) if load.batches else None,
                )
