"""Large logs, built fast, for benchmarks that ask how time and memory grow with the size.

``build(home, entries)`` gives a log of exactly so many entries that ``counterseal verify`` finds
sound: signed, chained, hashed into tiles, decided by the policy in force, folded, with a checkpoint
for every 512 entries. A log that is there already is continued, so one home can be grown from
10,000 entries to 1,000,000 and be used by several benchmarks.

The log begins through the ledger's own door: people, models and versions. What follows are
observations of those versions. They are many but of few forms, so each form is decided and
written once, and appended as a statement that is ready (``ledger.append``). Signing is in turn,
because each entry names its predecessor.

``python -m bench.big HOME ENTRIES [DATABASE_URL]`` builds one by hand.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.installation import populate, show, timed, version
from ledger import clock
from ledger.append import append_ready
from ledger.batch import Asked
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.entry import Request
from ledger.events.names import format_instant
from ledger.events.ready import prepare
from ledger.state.concerns import subjects
from ledger.state.fold import Place, fold
from ledger.store.database import reading
from webui import wiring
from webui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.events.event import Event
    from ledger.events.ready import Ready
    from ledger.log import Log
    from ledger.state.registry import Registry
    from ledger.store.entries import StoredEntry

MODELS: Final = 10
VERSIONS: Final = 10
VALUES: Final = 16
BATCH: Final = 512
BATCHES_IN_A_COMMIT: Final = 16


def settings(home: Path, url: str = "") -> Settings:
    """A home's settings; SQLite in it unless a URL is given."""
    database = url or f"sqlite:///{home / 'ledger.db'}"
    return Settings(home, database, f"sqlite:///{home / 'guard.db'}")


def build(home: Path, entries: int, url: str = "") -> Log:
    """A sound log of exactly ``entries`` entries; continued where there is a smaller one.

    Args:
        home: the installation's folder; made where it is missing.
        entries: how many entries the log shall have, all kinds counted.
        url: the database; ``ledger.db`` in the home unless given.

    Raises:
        SystemExit: the home's log is larger than that, or was made by something else.
    """
    return opened(home, entries, url).log


def opened(home: Path, entries: int, url: str = "") -> wiring.Wiring:
    """As ``build``, with everything around the log; ``close`` it when done."""
    made = begun(settings(home.resolve(), url))
    try:
        grow(made, entries)
    except BaseException:
        made.close()
        raise
    return made


def workload(made: wiring.Wiring) -> Actor:
    """The pipeline that writes to a log that was built here."""
    found = [actor for actor in made.reader.actors(limit=500) if actor.type == "workload"]
    if len(found) != 1:
        raise SystemExit(f"{made.settings.home} was not made by bench.big")
    return Actor(id=found[0].id, type="workload", via="token")


def begun(where: Settings) -> wiring.Wiring:
    """A log with its people, models and versions; opened where it is there already."""
    if where.keys.exists():
        return wiring.open_home(where)
    made = wiring.create(where)
    _, pipeline = populate(made)
    asked = [Asked(event) for event in _beginning(pipeline)]
    made.submitter.submit_batch(pipeline, asked)
    return made


def _beginning(pipeline: Actor) -> Iterator[Event]:
    """Models and their versions."""
    for model in range(MODELS):
        described = {
            "model": f"model-{model}",
            "version_scheme": "semantic",
            "task": "classification",
            "risk_tier": "high",
            "purposes": ["retention"],
            "owner": pipeline.id,
        }
        yield read_command("model.registered", described)
        for number in range(VERSIONS):
            digest = f"{model:02x}{number:02x}" * 16
            facts = {**version(f"1.{number}.0", digest), "model": f"model-{model}"}
            yield read_command("version.registered", facts)


def observation(model: int, number: int, value: int) -> Event:
    """The event of one form."""
    metric = {
        "name": "accuracy",
        "value": f"0.{900 + value}",
        "data_set": "live",
        "held_out": True,
        "higher_is_better": True,
    }
    return read_command(
        "metrics.observed",
        {
            "model": f"model-{model}",
            "version": f"1.{number}.0",
            "phase": "monitoring",
            "environment": "production",
            "metrics": [metric],
        },
    )


@dataclass(frozen=True)
class _Form:
    """An event and its statement, ready but for its place."""

    event: Event
    ready: Ready


class _Forms:
    """Every form, decided under the policy in force, in the order in which they are written."""

    def __init__(self, made: wiring.Wiring, registry: Registry, actor: Actor) -> None:
        self._made = made
        self._registry = registry
        self._actor = actor
        self._now = format_instant(clock.now())
        self._forms = [
            self._form(observation(model, number, value))
            for value in range(VALUES)
            for number in range(VERSIONS)
            for model in range(MODELS)
        ]

    def at(self, sequence: int) -> _Form:
        return self._forms[sequence % len(self._forms)]

    def fold(self, registry: Registry, rows: Sequence[StoredEntry]) -> None:
        """Fold the newest observation of each version: it replaces the ones before it."""
        newest = {(row.model, row.version): row for row in rows}
        for row in sorted(newest.values(), key=lambda row: row.sequence):
            place = Place(row.sequence, row.recorded_at, row.actor)
            registry.apply(fold(registry, self.at(row.sequence).event, place), row.sequence)

    def _form(self, event: Event) -> _Form:
        decision = self._made.decide(self._registry, event, self._actor, self._now)
        if not decision.allowed:
            raise SystemExit(f"the policy refuses an observation: {decision.unmet}")
        asked = Asked(event)
        ready = prepare(
            event,
            asked.facts,
            self._actor,
            about=event.about(),
            subjects=subjects(self._registry, event),
            decision=decision,
            request=Request(command=asked.command_digest().hex()),
        )
        return _Form(event, ready)


def grow(made: wiring.Wiring, entries: int) -> None:
    """Append observations up to ``entries``, some batches in each commit."""
    log = made.log
    size = made.reader.head().size
    if size > entries:
        raise SystemExit(f"{made.settings.home} holds {size} entries, more than {entries}")
    actor = workload(made)
    with reading(log.engine) as connection:
        forms = _Forms(made, made.reader.registry(connection), actor)
    while size < entries:
        stop = min(entries, size + BATCH * BATCHES_IN_A_COMMIT)
        batches = (
            [forms.at(number).ready for number in range(start, min(start + BATCH, stop))]
            for start in range(size, stop, BATCH)
        )
        size = append_ready(log, batches, fold=forms.fold, now=clock.now()).size


def main(home: str, entries: str, url: str = "") -> None:
    """Build one, and say how fast."""
    seconds = timed(lambda: opened(Path(home), int(entries), url).close())
    show("big.build", entries=int(entries), seconds=seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
