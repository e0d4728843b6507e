"""A real past: commands submitted to a real log, with everything that can happen to a release."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.entry import decode_entry
from policies import Document, document_digest
from tests.world import DIGEST, shipped_policy

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from webui.wiring import Wiring


@dataclass
class Past:
    """An installation whose clock is ours. ``do`` submits and gives the entry's number."""

    wiring: Wiring
    now: list[datetime]
    people: dict[str, Actor] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def do(self, by: str, kind: str, **fields: Any) -> int:
        self.now[0] += timedelta(minutes=1)
        actor = self.people.get(by, self.wiring.service)
        return self.wiring.submitter.submit(actor, read_command(kind, fields)).sequence

    def enrol(self, name: str, *roles: str, kind: str = "person") -> None:
        actor = Actor(id=name.encode().hex().ljust(32, "0")[:32], type=kind, via="password")
        self.do("root", "actor.enrolled", actor_id=actor.id, actor_type=kind)
        self.people[name] = actor
        for role in roles:
            by = "service" if name == "root" else "root"
            self.do(by, "role.granted", actor_id=actor.id, role=role)

    def wait(self, **amount: float) -> None:
        self.now[0] += timedelta(**amount)

    def activate(self, fields: dict[str, Any]) -> int:
        document = Document.from_canonical(fields)
        state, _ = self.wiring.reader.policy()
        return self.do(
            "root",
            "policy.activated",
            policy=document.id,
            digest=document_digest(document),
            previous=state.digest,
            document=document.canonical(),
        )

    def read(self) -> list[Entry]:
        log = self.wiring.log
        stop = log.head().size
        self.entries = [decode_entry(log.entry(number).envelope) for number in range(stop)]
        return self.entries


def begun(folder: Path) -> Past:
    """A new installation with the usual cast."""
    from webui import wiring
    from webui.settings import Settings

    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    home = folder / "home"
    settings = Settings(home, f"sqlite:///{home / 'ledger.db'}", f"sqlite:///{home / 'guard.db'}")
    past = Past(wiring.create(settings, origin="example.org/past", now=lambda: now[0]), now)
    past.enrol("root", "administrator")
    past.enrol("ana", "data_scientist")
    past.enrol("bo", "ml_lead")
    past.enrol("chi", "compliance")
    past.enrol("dee", "compliance")
    past.enrol("ops", "operations")
    past.enrol("ci", "pipeline", kind="workload")
    return past


def happened(past: Past) -> Past:
    """Releases granted, refused, lapsed; deployments; refusals; two changes of the policy."""
    of: dict[str, Any] = {"model": "churn", "version": "1.0.0"}
    production = {**of, "environment": "production"}
    registered(past, of)
    past.do("ops", "deployment.recorded", **production, artifact=DIGEST)  # refused
    release = past.do("ci", "release.requested", **production)
    past.do("ana", "release.approved", release=release, artifact=DIGEST)  # refused
    past.do("bo", "release.approved", release=release, artifact=DIGEST)
    past.do("chi", "release.approved", release=release, artifact=DIGEST)  # grants
    run = past.do("ops", "deployment.recorded", **production, artifact=DIGEST)
    past.do("ana", "role.granted", actor_id=past.people["ana"].id, role="compliance")  # refused
    past.do("ana", "actor.enrolled", actor_id="77" * 16, actor_type="person")  # refused
    past.do("bo", "version.archived", **of)  # refused
    past.activate({**shipped_policy().canonical(), "title": "Second"})
    staging = past.do("bo", "release.requested", **of, environment="staging")
    past.do("chi", "release.approved", release=staging, artifact=DIGEST)  # grants
    past.do("dee", "release.approved", release=staging, artifact=DIGEST)
    past.do(
        "ana", "metrics.observed", **of, phase="evaluation", metrics=[_metric("0.80")]
    )  # lapses
    past.activate({**shipped_policy().canonical(), "title": "Third"})
    past.wait(days=3)
    past.do("ci", "release.requested", **production)
    past.do(
        "bo", "version.deprecated", **of, cause="quality", effective_on="2026-04-01", reason="worse"
    )
    past.do("ops", "deployment.stopped", model="churn", environment="production", deployment=run)
    past.do("bo", "version.archived", **of)
    past.read()
    return past


def registered(past: Past, of: dict[str, Any]) -> int:
    """A model and a version that may be released."""
    past.do(
        "ana",
        "model.registered",
        model="churn",
        version_scheme="semantic",
        task="classification",
        risk_tier="high",
        purposes=["retention"],
        owner=past.people["ana"].id,
    )
    past.do(
        "ana",
        "version.registered",
        **of,
        artifact={"sha256": DIGEST, "size_bytes": 1, "format": "onnx"},
        trained_at="2026-02-28T10:00:00Z",
        code={"repository": "git", "commit": "ab" * 20, "dirty": False},
        data_sets=[
            {
                "name": "customers",
                "version": "1",
                "sha256": "d0" * 32,
                "source": "warehouse",
                "classification": "internal",
            }
        ],
        metrics=[_metric("0.95")],
    )
    return past.do(
        "ana",
        "evidence.attached",
        **of,
        type="evaluation_report",
        sha256="e0" * 32,
        size_bytes=1,
        media_type="text/plain",
    )


def _metric(value: str) -> dict[str, Any]:
    return {
        "name": "accuracy",
        "value": value,
        "data_set": "holdout",
        "held_out": True,
        "higher_is_better": True,
    }


def past_of_everything() -> Past:
    """The past in memory, its installation gone."""
    with tempfile.TemporaryDirectory(prefix="counterseal-past-") as name:
        past = happened(begun(Path(name)))
        past.wiring.close()
        return past
