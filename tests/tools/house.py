"""A log over a real database, with a policy that allows everything but what is named."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import read_command
from ledger.events.decision import Decision, Result
from ledger.genesis import create_log
from ledger.keys.keyring import create_keyring, open_keyring
from ledger.log import Log, open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.store.migrate import migrate
from ledger.submit import Submitter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.receipt import Receipt
    from ledger.state.registry import Registry

POLICY = "ab" * 32
ORIGIN = "counterseal.example/test/main"


def person(name: str = "Ana", actor_id: str | None = None) -> Event:
    fields = {"actor_id": actor_id or secrets.token_hex(16), "actor_type": "person", "name": name}
    return read_command("actor.enrolled", fields)


def a_model(owner: str, model: str = "churn") -> Event:
    return read_command(
        "model.registered",
        {
            "model": model,
            "version_scheme": "semantic",
            "task": "classification",
            "risk_tier": "high",
            "purposes": ["retention"],
            "owner": owner,
        },
    )


def a_version(model: str = "churn", version: str = "1.0.0", digest: str = "c0" * 32) -> Event:
    return read_command(
        "version.registered",
        {
            "model": model,
            "version": version,
            "artifact": {"sha256": digest, "size_bytes": 10, "format": "onnx"},
            "trained_at": "2026-11-01T10:00:00Z",
            "parameters": {"zeta": "1", "alpha": "2"},
        },
    )


@dataclass
class Clock:
    moment: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    step: timedelta = timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.moment += self.step
        return self.moment


@dataclass
class Judge:
    """Allows everything but the kinds in ``refused``."""

    refused: set[str] = field(default_factory=set)

    def __call__(
        self,
        registry: Registry,
        event: Event,
        actor: Actor,
        now: str,
        proof: Proof | None = None,
    ) -> Decision:
        denied = event.kind in self.refused
        result = Result(
            gate="test",
            requirement="kind",
            state="unmet" if denied else "met",
            code="E_NOROLE" if denied else "M_ROLE",
        )
        return Decision(
            outcome="deny" if denied else "allow", policy=POLICY, engine=1, results=(result,)
        )


@dataclass
class House:
    """A log, its door, its policy and clock, and where its parts are."""

    url: str
    folder: Path
    log: Log
    submitter: Submitter
    judge: Judge
    clock: Clock

    @property
    def service(self) -> Actor:
        return Actor(id=self.log.service, type="service", via="service")

    def submit(self, event: Event, key: str = "") -> Receipt:
        return self.submitter.submit(self.service, event, key)

    def reopened(self) -> Log:
        guard = open_guard(f"sqlite:///{self.folder / 'guard.db'}")
        return open_log(open_engine(self.url), "main", open_keyring(self.folder / "keys"), guard)

    def fill(self) -> None:
        """A person, a model with two versions, a document, a release, a deployment, a denial."""
        ana = secrets.token_hex(16)
        self.submit(person(actor_id=ana), "ana")
        self.submit(a_model(ana), "model")
        self.submit(a_version(), "v1")
        self.submit(a_version(version="1.1.0", digest="c1" * 32), "v2")
        of = {"model": "churn", "version": "1.0.0"}
        document = {"type": "evaluation_report", "sha256": "d0" * 32, "size_bytes": 3}
        self.submit(
            read_command("evidence.attached", {**of, **document, "media_type": "text/plain"})
        )
        self.submit(read_command("release.requested", {**of, "environment": "production"}))
        self.submit(
            read_command(
                "deployment.recorded", {**of, "environment": "production", "artifact": "c0" * 32}
            )
        )
        self.judge.refused.add("version.archived")
        self.submit(read_command("version.archived", {**of, "reason": "Secret words of a person"}))
        self.judge.refused.clear()


def build(url: str, folder: Path) -> House:
    engine = open_engine(url)
    migrate(engine)
    guard = open_guard(f"sqlite:///{folder / 'guard.db'}")
    clock = Clock()
    log = create_log(
        engine,
        guard,
        create_keyring(folder / "keys"),
        name="main",
        origin=ORIGIN,
        policy=PolicyActivated(policy="test", digest=POLICY, document={"id": "test"}),
        seal_certificate="ef" * 32,
        generator="counterseal test",
        now=clock(),
    )
    judge = Judge()
    return House(url, folder, log, Submitter(log, judge, now=clock), judge, clock)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """An empty log on SQLite and on PostgreSQL."""
    made = build(database_url, tmp_path)
    yield made
    made.submitter.close()
    made.log.engine.dispose()
    made.log.guard.close()


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    """An empty log on SQLite."""
    made = build(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    yield made
    made.submitter.close()
    made.log.engine.dispose()
    made.log.guard.close()
