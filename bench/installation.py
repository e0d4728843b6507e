"""A temporary installation with a model, a version and people, to measure on."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.genesis import new_actor_id
from webui import wiring
from webui.collector import settle
from webui.settings import Settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from ledger.events.event import Event

DIGEST = "c0" * 32


@dataclass(frozen=True)
class Bench:
    """An installation, who administers it, and the workload that writes to it."""

    wiring: wiring.Wiring
    admin: Actor
    pipeline: Actor
    database: str

    def observation(self, number: int) -> Event:
        """What CI sends most: a metric of a version that runs."""
        metric = {
            "name": "accuracy",
            "value": f"0.{number % 1000:03d}1",
            "data_set": "live",
            "held_out": True,
            "higher_is_better": True,
        }
        return read_command(
            "metrics.observed",
            {
                "model": "churn",
                "version": "1.0.0",
                "phase": "monitoring",
                "environment": "production",
                "metrics": [metric],
            },
        )


@contextmanager
def installation(url: str = "", folder: Path | None = None) -> Iterator[Bench]:
    """An installation that is gone afterwards; SQLite in its home unless a URL is given.

    ``folder`` is where the home is made; the system's temporary folder unless given.
    """
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-", dir=folder) as name:
        home = Path(name)
        database = url or f"sqlite:///{home / 'ledger.db'}"
        made = wiring.create(Settings(home, database, f"sqlite:///{home / 'guard.db'}"))
        try:
            people = populate(made)
            settle()
            yield Bench(made, *people, made.engine.dialect.name)
        finally:
            made.close()


def populate(made: wiring.Wiring) -> tuple[Actor, Actor]:
    """Enrol people, register a model and a version; returns administrator and pipeline."""
    submit = made.submitter.submit
    admin = Actor(id=new_actor_id(), type="person", via="password")
    pipeline = Actor(id=new_actor_id(), type="workload", via="token")
    enrol = "actor.enrolled"
    submit(made.service, read_command(enrol, {"actor_id": admin.id, "actor_type": "person"}))
    grant = {"actor_id": admin.id, "role": "administrator"}
    submit(made.service, read_command("role.granted", grant))
    submit(admin, read_command(enrol, {"actor_id": pipeline.id, "actor_type": "workload"}))
    submit(admin, read_command("role.granted", {"actor_id": pipeline.id, "role": "pipeline"}))
    described = {
        "model": "churn",
        "version_scheme": "semantic",
        "task": "classification",
        "risk_tier": "high",
        "purposes": ["retention"],
        "owner": pipeline.id,
    }
    submit(pipeline, read_command("model.registered", described))
    submit(pipeline, read_command("version.registered", version()))
    return admin, pipeline


def version(name: str = "1.0.0", digest: str = DIGEST) -> dict[str, Any]:
    """A version with code, data and metrics."""
    return {
        "model": "churn",
        "version": name,
        "artifact": {"sha256": digest, "size_bytes": 1, "format": "onnx"},
        "trained_at": "2026-10-30T10:00:00Z",
        "code": {"repository": "git", "commit": "ab" * 20, "dirty": False},
        "data_sets": [
            {
                "name": "customers",
                "version": "1",
                "sha256": "d0" * 32,
                "source": "warehouse",
                "classification": "internal",
            }
        ],
    }


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run_all(workers: list[threading.Thread]) -> None:
    """Start threads and wait for all of them."""
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def show(name: str, **figures: Any) -> None:
    """One JSON line."""
    rounded = {key: _rounded(value) for key, value in figures.items()}
    sys.stdout.write(json.dumps({"bench": name, **rounded}) + "\n")
    sys.stdout.flush()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if value < 10 else round(value)
    return value


__all__ = [
    "DIGEST",
    "Bench",
    "installation",
    "median",
    "percentile",
    "populate",
    "run_all",
    "show",
    "timed",
    "version",
]
