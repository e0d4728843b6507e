"""Large logs, built fast, for benchmarks that ask how time and memory grow with the size.

``build(home, entries)`` gives a log of exactly so many entries that ``counterseal verify`` finds
sound: signed, chained, hashed into tiles, decided by the policy in force, folded, with a checkpoint
for every 512 entries. A log that is there already is continued, so one home can be grown from
10,000 entries to 1,000,000 and be used by several benchmarks.

The log begins through the ledger's own door: people, models and versions. What follows are
observations of those versions. They are many but of few forms, so each form's payload is encoded
once by the ledger's own encoder and cut where number, predecessor and time stand; what is left per
entry is a signature and two hashes. Bytes, rows and heads are checked before they are stored, by
the functions that check every commit. Signing is in turn, because each entry names its predecessor.

``python -m bench.big HOME ENTRIES [DATABASE_URL]`` builds one by hand.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.installation import populate, show, timed, version
from ledger import clock
from ledger.batch import Asked
from ledger.commit import check_head, check_rows
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.merkle import Frontier, leaf_hash
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.entry import Draft, LogPlace, Request, encode_draft
from ledger.events.names import format_instant
from ledger.state.concerns import subjects
from ledger.state.fold import Place, fold
from ledger.store import folded
from ledger.store.database import reading, writing
from ledger.store.entries import Head, StoredEntry, advance_head, insert_entries, lock_head
from ledger.store.tiles import insert_full_tiles
from webui import wiring
from webui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.state.registry import Registry

MODELS: Final = 10
VERSIONS: Final = 10
VALUES: Final = 16
BATCH: Final = 512
BATCHES_IN_A_COMMIT: Final = 16

# Stand-ins that no other part of a payload can contain.
_SEQUENCE: Final = 7_777_777_777_777_777
_PREVIOUS: Final = "fedcba98" * 8
_INSTANT: Final = "1970-01-01T00:00:00.000001Z"


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
    made = _begun(settings(home.resolve(), url))
    try:
        _grow(made, entries)
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


def _begun(where: Settings) -> wiring.Wiring:
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
    """An event and the four pieces of its payload around number, predecessor and time."""

    event: Event
    model: str
    version: str
    environment: str
    pieces: tuple[bytes, bytes, bytes, bytes]

    def payload(self, sequence: int, previous: str, recorded_at: str) -> bytes:
        first, second, third, last = self.pieces
        return b"%s%s%s%d%s%s%s" % (
            first,
            previous.encode(),
            second,
            sequence,
            third,
            recorded_at.encode(),
            last,
        )


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

    def _form(self, event: Event) -> _Form:
        decision = self._made.decide(self._registry, event, self._actor, self._now)
        if not decision.allowed:
            raise SystemExit(f"the policy refuses an observation: {decision.unmet}")
        whole = self._encode(event, decision, (_SEQUENCE, _PREVIOUS, _INSTANT))
        first, rest = _cut(whole, _PREVIOUS.encode())
        second, rest = _cut(rest, b"%d" % _SEQUENCE)
        third, last = _cut(rest, _INSTANT.encode())
        about = event.about()
        form = _Form(
            event, about.model, about.version, about.environment, (first, second, third, last)
        )
        place = (12, "ab" * 32, self._now)
        if form.payload(*place) != self._encode(event, decision, place):
            raise SystemExit("a form does not give what the ledger's encoder writes")
        return form

    def _encode(self, event: Event, decision: Decision, place: tuple[int, str, str]) -> bytes:
        sequence, previous, recorded_at = place
        return encode_draft(
            Draft(
                place=LogPlace(origin=self._made.log.origin, sequence=sequence, previous=previous),
                recorded_at=recorded_at,
                clock=None,
                actor=self._actor,
                event=event,
                facts=event.facts(),
                subjects=subjects(self._registry, event),
                decision=decision,
                request=Request(command=Asked(event).command_digest().hex()),
                commitments=(),
            )
        )


def _cut(data: bytes, mark: bytes) -> tuple[bytes, bytes]:
    if data.count(mark) != 1:
        raise SystemExit("a form does not hold its stand-ins once each")
    before, _, after = data.partition(mark)
    return before, after


def _grow(made: wiring.Wiring, entries: int) -> None:
    """Append observations up to ``entries``, some batches in each commit."""
    log = made.log
    size = made.reader.head().size
    if size > entries:
        raise SystemExit(f"{made.settings.home} holds {size} entries, more than {entries}")
    actor = workload(made)
    with reading(log.engine) as connection:
        forms = _Forms(made, made.reader.registry(connection), actor)
    while size < entries:
        with writing(log.engine) as connection:
            old = new = lock_head(connection, log.log_id)
            newest: dict[tuple[str, str], StoredEntry] = {}
            while new.size < min(entries, old.size + BATCH * BATCHES_IN_A_COMMIT):
                rows = _rows(log, forms, new, actor, min(BATCH, entries - new.size))
                new = _append(log, connection, new, rows)
                newest.update({(row.model, row.version): row for row in rows})
            _fold(made, connection, forms, newest.values())
        log.advance_guard(old, new)
        size = new.size


class Ready:
    """A log and statements that are ready to be appended: no policy and no registry is asked."""

    def __init__(self, made: wiring.Wiring) -> None:
        pipeline = workload(made)
        made.submitter.submit_batch(pipeline, [Asked(event) for event in _beginning(pipeline)])
        self._made, self._actor = made, pipeline
        with reading(made.log.engine) as connection:
            self._forms = _Forms(made, made.reader.registry(connection), pipeline)

    def append(self, entries: int) -> None:
        """Sign, chain, hash, check and store entries in one commit, with its checkpoint."""
        log = self._made.log
        with writing(log.engine) as connection:
            old = lock_head(connection, log.log_id)
            rows = _rows(log, self._forms, old, self._actor, entries)
            new = _append(log, connection, old, rows)
        log.advance_guard(old, new)


def _rows(log: Log, forms: _Forms, head: Head, actor: Actor, number: int) -> list[StoredEntry]:
    """Signed entries on top of a head."""
    signer = log.keyring.entries
    recorded_at = max(format_instant(clock.now()), head.recorded_at)
    previous = head.previous
    rows = []
    for sequence in range(head.size, head.size + number):
        form = forms.at(sequence)
        payload = form.payload(sequence, previous.hex(), recorded_at)
        envelope = seal(payload, PAYLOAD_TYPE, signer.keyid, signer.sign)
        previous = leaf_hash(envelope)
        rows.append(
            StoredEntry(
                sequence=sequence,
                kind=form.event.kind,
                recorded_at=recorded_at,
                actor=actor.id,
                outcome="allow",
                model=form.model,
                version=form.version,
                environment=form.environment,
                leaf_hash=previous,
                envelope=envelope,
            )
        )
    return rows


def _append(log: Log, connection: Connection, old: Head, rows: Sequence[StoredEntry]) -> Head:
    """Store a batch with its tiles and its checkpoint, checked as every commit is."""
    leaves = [row.leaf_hash for row in rows]
    frontier = Frontier.from_bytes(old.size, old.frontier).extend(leaves)
    root = frontier.root()
    new = Head(
        size=frontier.size,
        previous=leaves[-1],
        frontier=frontier.to_bytes(),
        root=root,
        recorded_at=rows[-1].recorded_at,
        checkpoint=log.sign_checkpoint(frontier.size, root),
    )
    check_rows(log.keys, rows)
    check_head(log, old, new)
    insert_entries(connection, log.log_id, rows)
    insert_full_tiles(connection, log.log_id, old.size, leaves)
    advance_head(connection, log.log_id, old.size, new)
    return new


def _fold(
    made: wiring.Wiring, connection: Connection, forms: _Forms, newest: Iterable[StoredEntry]
) -> None:
    """Fold the newest observation of each version: it replaces the ones before it."""
    registry = made.reader.registry(connection)
    for row in sorted(newest, key=lambda row: row.sequence):
        place = Place(row.sequence, row.recorded_at, row.actor)
        registry.apply(fold(registry, forms.at(row.sequence).event, place), row.sequence)
    changed = [folded.as_row(aggregate, as_of) for aggregate, as_of in registry.changed()]
    folded.save(connection, made.log.log_id, changed)


def main(home: str, entries: str, url: str = "") -> None:
    """Build one, and say how fast."""
    seconds = timed(lambda: opened(Path(home), int(entries), url).close())
    show("big.build", entries=int(entries), seconds=seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
