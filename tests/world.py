"""A simulated company: events folded into a registry and decided by the shipped policy.

world = World()
ana = world.person("ana", "data_scientist")
world.model("churn", by=ana).version("1.0.0", by=ana, accuracy="0.95").evaluated(by=ana)
release = world.request("1.0.0", "production", by=ana)
world.approve(release, by=bo)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.events.actor import Actor
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import read_command
from ledger.events.log import LogCreated
from ledger.events.names import format_instant
from ledger.events.people import ActorEnrolled, RoleGranted
from ledger.events.release import ReleaseGranted
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry
from policies import Document, document_digest, load_document, make_decide

if TYPE_CHECKING:
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.state.aggregates import ReleaseState

SHIPPED = Path(__file__).parent.parent / "policies" / "bundles" / "default" / "policy.yaml"
SERVICE = Actor(id="00" * 16, type="service", via="service")
DIGEST = "c0" * 32


@cache
def shipped_policy() -> Document:
    return load_document(SHIPPED.read_text(encoding="utf-8"), "default/policy.yaml")


class RefusedInWorldError(Exception):
    """The policy refused what a story takes for granted."""


@dataclass
class World:
    document: Document = field(default_factory=shipped_policy)
    registry: Registry = field(default_factory=Registry)
    now: datetime = datetime(2026, 11, 1, 9, tzinfo=UTC)
    sequence: int = 0
    names: dict[str, Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        digest = document_digest(self.document)
        self.decide = make_decide(lambda wanted: self.document)
        self.fold(LogCreated(origin="w", keys=(), schemas="0" * 64, generator="t"), SERVICE)
        fields = self.document.canonical()
        self.fold(PolicyActivated(policy="default", digest=digest, document=fields), SERVICE)
        self.person("root")
        self.do("role.granted", SERVICE, actor_id=self.names["root"].id, role="administrator")

    @property
    def instant(self) -> str:
        return format_instant(self.now)

    def wait(self, **amount: float) -> World:
        self.now += timedelta(**amount)
        return self

    def fold(self, event: Event, actor: Actor) -> int:
        place = Place(self.sequence, self.instant, actor.id)
        self.registry.apply(fold(self.registry, event, place), self.sequence)
        self.sequence += 1
        self.now += timedelta(seconds=1)
        return place.sequence

    def ask(self, kind: str, actor: Actor, **fields: Any) -> Decision:
        return self.decide(self.registry, read_command(kind, fields), actor, self.instant)

    def do(self, kind: str, actor: Actor, **fields: Any) -> int:
        """Make it happen under the policy, or fail."""
        event = read_command(kind, fields)
        decision = self.decide(self.registry, event, actor, self.instant)
        if not decision.allowed:
            raise RefusedInWorldError([(r.requirement, r.code, r.params) for r in decision.unmet])
        return self.fold(event, actor)

    def force(self, kind: str, actor: Actor, **fields: Any) -> int:
        """Make it happen whatever the policy says: as if another policy had allowed it before."""
        return self.fold(read_command(kind, fields), actor)

    def person(self, name: str, *roles: str, kind: str = "person") -> Actor:
        actor = Actor(id=name.encode().hex().ljust(32, "0")[:32], type=kind, via="password")
        asker = self.names.get("root", SERVICE)
        self.do("actor.enrolled", asker, actor_id=actor.id, actor_type=kind)
        self.names[name] = actor
        for role in roles:
            end = format_instant(self.now + timedelta(days=300))
            limits = {"until": end} if role == "auditor" else {}
            self.do("role.granted", asker, actor_id=actor.id, role=role, **limits)
        return actor

    def fold_person(self, actor_id: str, role: str) -> None:
        """Somebody with a role, without asking the policy: for large teams."""
        self.fold(ActorEnrolled(actor_id=actor_id, actor_type="person"), SERVICE)
        self.fold(RoleGranted(actor_id=actor_id, role=role), SERVICE)

    def model(
        self, by: Actor, name: str = "churn", task: str = "classification", **more: Any
    ) -> None:
        described = {"risk_tier": "high", "purposes": ["retention"], **more}
        self.do(
            "model.registered",
            by,
            model=name,
            version_scheme="semantic",
            task=task,
            owner=by.id,
            **described,
        )

    def version(
        self,
        by: Actor,
        version: str = "1.0.0",
        model: str = "churn",
        digest: str = DIGEST,
        **metrics: str,
    ) -> None:
        self.do(
            "version.registered",
            by,
            model=model,
            version=version,
            artifact={"sha256": digest, "size_bytes": 1, "format": "onnx"},
            trained_at="2026-10-30T10:00:00Z",
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
            metrics=[metric(name, value) for name, value in metrics.items()],
        )

    def evaluated(self, by: Actor, version: str = "1.0.0", digest: str = "e0" * 32) -> int:
        return self.do(
            "evidence.attached",
            by,
            model="churn",
            version=version,
            type="evaluation_report",
            sha256=digest,
            size_bytes=1,
            media_type="text/plain",
        )

    def request(self, by: Actor, version: str = "1.0.0", environment: str = "production") -> int:
        return self.do(
            "release.requested", by, model="churn", version=version, environment=environment
        )

    def approve(self, release: int, by: Actor) -> int:
        asked = self.registry.release(release)
        return self.do("release.approved", by, release=release, artifact=asked.artifact)

    def granting(self, release: int) -> Decision:
        """What the policy says of granting a release now."""
        asked = self.registry.release(release)
        return self.decide(self.registry, granted(asked), SERVICE, self.instant)

    def grant(self, release: int) -> int:
        decision = self.granting(release)
        if not decision.allowed:
            raise RefusedInWorldError([(r.requirement, r.code, r.params) for r in decision.unmet])
        return self.fold(granted(self.registry.release(release)), SERVICE)


def granted(asked: ReleaseState) -> ReleaseGranted:
    return ReleaseGranted(
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        approvals=(),
    )


def metric(
    name: str, value: str, data_set: str = "holdout", *, held_out: bool = True
) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "data_set": data_set,
        "held_out": held_out,
        "higher_is_better": name != "mae",
    }


@dataclass
class Company:
    """The usual cast, a version that may be released, and its release to production."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        world = self.world
        self.ana = world.person("ana", "data_scientist")
        self.bo = world.person("bo", "ml_lead")
        self.chi = world.person("chi", "compliance")
        self.dee = world.person("dee", "compliance")
        self.ops = world.person("ops", "operations")
        self.ci = world.person("ci", "pipeline", kind="workload")
        world.model(self.ana)
        world.version(self.ana, accuracy="0.95")
        world.evaluated(self.ana)

    def released(self) -> int:
        release = self.world.request(self.ci)
        self.world.approve(release, self.bo)
        self.world.approve(release, self.chi)
        self.world.grant(release)
        return release
