"""Tells a story as entries: who did what, one after the other, folded to a history.

Entries are real values with real links and leaf hashes; only their signatures are left out, since
what is tested here never looks at one. Every entry but the first carries an "allow" under the
policy in force.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ledger.core.merkle import leaf_hash
from ledger.events import access, assurance, deployment, log, model, people, release
from ledger.events.actor import Actor
from ledger.events.decision import Decision, Result
from ledger.events.entry import (
    FIRST_PREVIOUS,
    Commitment,
    Draft,
    Entry,
    LogPlace,
    encode_draft,
)
from ledger.state.concerns import subjects
from ledger.state.fold import Place, fold
from ledger.state.history import History, replay
from ledger.state.registry import Registry

if TYPE_CHECKING:
    from ledger.events.event import Event

ORIGIN = "test.example/main"
SERVICE = hashlib.sha256(b"service").hexdigest()[:32]
POLICY = hashlib.sha256(b"first policy").hexdigest()


def actor_id(name: str) -> str:
    """A stable random-looking id for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def data_set(name: str = "sales", classification: str = "internal", **more: Any) -> model.DataSet:
    return model.DataSet(
        name=name,
        version="1",
        sha256=digest(f"data {name}"),
        source="warehouse",
        classification=classification,
        **more,
    )


def personal(name: str = "customers", classification: str = "personal") -> model.DataSet:
    """A data set about people of which everything is said that can be said."""
    return data_set(
        name,
        classification,
        legal_basis="contract",
        purposes=("pricing", "planning"),
        region="eu-central-1",
        retain_until="2030-12-31",
        de_identification="safe_harbor",
    )


def metric(name: str = "accuracy", value: str = "0.93", data: str = "sales") -> model.Metric:
    return model.Metric(name=name, value=value, data_set=data, held_out=True, higher_is_better=True)


CODE = model.Code(repository="git/models", commit="c" * 40, dirty=False)


@dataclass
class Story:
    """A ledger being written. ``day`` moves on only by ``on``; the clock ticks a second a line."""

    day: str = "2026-03-02"
    entries: list[Entry] = field(default_factory=list)
    registry: Registry = field(default_factory=Registry)
    types: dict[str, str] = field(default_factory=lambda: {"service": "service"})

    def on(self, day: str) -> Story:
        self.day = day
        return self

    def began(self) -> Story:
        """Entry 0 to 8: the log, its policy, four people with roles and CI."""
        self.says(
            "service",
            log.LogCreated(
                origin=ORIGIN,
                keys=(log.LogKey(use="entries", algorithm="ed25519", public=digest("key")),),
                schemas=digest("schemas"),
                generator="counterseal 0.1.0",
            ),
        )
        self.says(
            "service", assurance.PolicyActivated(policy="default", digest=POLICY, document={})
        )
        self.enrolled("ana", "data_scientist")
        self.enrolled("bo", "compliance")
        self.enrolled("hal", "ml_lead")
        self.enrolled("ci", "", kind="workload")
        return self

    def enrolled(self, name: str, role: str = "", kind: str = "person") -> None:
        self.types[name] = kind
        self.says("service", people.ActorEnrolled(actor_id=actor_id(name), actor_type=kind))
        if role:
            self.granted_role(name, role)

    def granted_role(self, name: str, role: str, by: str = "service", **limits: Any) -> int:
        return self.says(by, people.RoleGranted(actor_id=actor_id(name), role=role, **limits))

    def revoked_role(self, name: str, role: str) -> int:
        return self.says("service", people.RoleRevoked(actor_id=actor_id(name), role=role))

    def linked(self, name: str, other: str) -> int:
        one, same = actor_id(name), actor_id(other)
        return self.says("service", people.IdentityLinked(actor_id=one, same_as=same))

    def model(
        self,
        name: str = "prices",
        risk: str = "low",
        purposes: tuple[str, ...] = ("pricing",),
        tags: tuple[str, ...] | None = None,
    ) -> int:
        return self.says(
            "ana",
            model.ModelRegistered(
                model=name,
                version_scheme="semantic",
                task="regression",
                risk_tier=risk,
                purposes=purposes,
                owner=actor_id("ana"),
                tags=tags,
            ),
        )

    def version(
        self, version: str = "1.0.0", of: str = "prices", by: str = "ana", **more: Any
    ) -> int:
        held = {
            "data_sets": (data_set(),),
            "code": CODE,
            "metrics": (metric(),),
            **more,
        }
        return self.says(
            by,
            model.VersionRegistered(
                model=of,
                version=version,
                artifact=model.Artifact(
                    sha256=digest(f"{of} {version}"), size_bytes=1000, format="onnx"
                ),
                trained_at="2026-03-01T10:00:00Z",
                **held,
            ),
        )

    def attached(
        self, type_: str, version: str = "1.0.0", of: str = "prices", valid_until: str | None = None
    ) -> int:
        return self.says(
            "hal",
            model.EvidenceAttached(
                model=of,
                version=version,
                type=type_,
                sha256=digest(f"{type_} {of} {version}"),
                size_bytes=10,
                media_type="application/pdf",
                valid_until=valid_until,
            ),
        )

    def asked(
        self, version: str = "1.0.0", of: str = "prices", by: str = "ana", to: str = "production"
    ) -> int:
        return self.says(by, release.ReleaseRequested(model=of, version=version, environment=to))

    def approved(
        self,
        asked: int,
        by: str = "bo",
        via: str = "password",
        second_factor: bool | None = None,
    ) -> int:
        held = self.registry.release(asked)
        event = release.ReleaseApproved(release=asked, artifact=held.artifact)
        return self.says(by, event, via=via, second_factor=second_factor)

    def granted(self, asked: int, *approvals: int) -> int:
        held = self.registry.release(asked)
        return self.says(
            "service",
            release.ReleaseGranted(
                release=asked,
                model=held.model,
                version=held.version,
                environment=held.environment,
                artifact=held.artifact,
                approvals=approvals,
            ),
        )

    def lapsed(self, asked: int, cause: int) -> int:
        held = self.registry.release(asked)
        return self.says(
            "service",
            release.ReleaseLapsed(
                release=asked,
                model=held.model,
                version=held.version,
                environment=held.environment,
                artifact=held.artifact,
                cause=cause,
            ),
        )

    def deployed(
        self,
        version: str = "1.0.0",
        of: str = "prices",
        to: str = "production",
        by: str = "ci",
        **more: Any,
    ) -> int:
        decision = more.pop("decision", self._allow())
        return self.says(
            by,
            deployment.DeploymentRecorded(
                model=of,
                version=version,
                environment=to,
                artifact=digest(f"{of} {version}"),
                **more,
            ),
            decision=decision,
        )

    def rolled_back(self, version: str, of: str = "prices", cause: str = "quality") -> int:
        return self.says(
            "hal",
            deployment.DeploymentRolledBack(
                model=of,
                version=version,
                environment="production",
                artifact=digest(f"{of} {version}"),
                cause=cause,
                reason="error rate doubled",
            ),
        )

    def deprecated(
        self, version: str, effective_on: str, of: str = "prices", cause: str = "superseded"
    ) -> int:
        return self.says(
            "hal",
            model.VersionDeprecated(
                model=of,
                version=version,
                cause=cause,
                effective_on=effective_on,
                reason="a better one is there",
            ),
        )

    def denied(
        self, by: str = "ana", attempted: str = "deployment.recorded", of: str = "prices"
    ) -> int:
        return self.says(
            by,
            assurance.AccessDenied(attempted=attempted, command=digest("command"), model=of),
            decision=Decision(
                outcome="deny",
                policy=POLICY,
                engine=1,
                results=(
                    Result(
                        gate="deploy", requirement="granted", state="unmet", code="E_NO_RELEASE"
                    ),
                ),
            ),
        )

    def reported(self, framework: str = "soc2") -> int:
        return self.says(
            "bo",
            assurance.ReportIssued(
                report=f"{framework}-{len(self.entries)}",
                framework=framework,
                period_from="2026-01-01",
                period_until="2026-12-31",
                position=len(self.entries),
                root=digest("root"),
                unsealed=digest("unsealed"),
                sealed=digest("sealed"),
                pages=3,
                verdicts={"pass": 1},
            ),
        )

    def showed(
        self,
        source: str,
        *differing: access.Differing,
        environments: tuple[str, ...] | None = ("production",),
    ) -> int:
        """A list of what runs in some environments was held against the ledger."""
        event = access.InventoryReconciled(
            inventory="models",
            source=source,
            as_of=f"{self.day}T00:00:00Z",
            digest=digest(f"list of {source}"),
            listed=9,
            matched=9,
            unknown=0,
            environments=environments,
            differing=differing or None,
        )
        return self.says("service", event)

    def clean_change(
        self, version: str = "1.0.0", of: str = "prices", **more: Any
    ) -> dict[str, int]:
        """Registered by ana, asked by ana, approved by bo and hal, granted, deployed by CI."""
        place = {"registered": self.version(version, of, **more)}
        place["asked"] = self.asked(version, of)
        place["first"] = self.approved(place["asked"], "bo")
        place["second"] = self.approved(place["asked"], "hal")
        place["granted"] = self.granted(place["asked"], place["first"], place["second"])
        place["deployed"] = self.deployed(version, of)
        return place

    def says(
        self,
        who: str,
        event: Event,
        via: str = "",
        decision: Decision | None = None,
        second_factor: bool | None = None,
    ) -> int:
        """Append one entry and return its sequence number."""
        kind = self.types[who]
        default = {"person": "password", "workload": "token", "service": "service"}[kind]
        sequence = len(self.entries)
        actor = Actor(
            id=SERVICE if who == "service" else actor_id(who),
            type=kind,
            via=via or default,
            second_factor=second_factor,
        )
        at = f"{self.day}T{sequence // 3600 % 24:02d}:{sequence // 60 % 60:02d}:{sequence % 60:02d}.000000Z"
        place = Place(sequence, at, actor.id)
        draft = Draft(
            place=LogPlace(
                origin=ORIGIN,
                sequence=sequence,
                previous=self.entries[-1].leaf.hex() if self.entries else FIRST_PREVIOUS,
            ),
            recorded_at=at,
            clock=None,
            actor=actor,
            event=event,
            subjects=(),
            decision=decision or (self._allow() if sequence > 1 else None),
            request=None,
            commitments=tuple(
                Commitment(field=name, subject=actor.id, hmac_sha256=digest(text))
                for name, text in event.private_texts().items()
            ),
        )
        self.registry.apply(fold(self.registry, event, place), sequence)
        self.entries.append(_entry(replace(draft, subjects=subjects(self.registry, event))))
        return sequence

    def history(self) -> History:
        return replay(self.entries)

    def _allow(self) -> Decision:
        policy = self.registry.policy()
        return Decision(outcome="allow", policy=policy.digest if policy else POLICY, engine=1)


def _entry(draft: Draft) -> Entry:
    payload = encode_draft(draft)
    return Entry(
        sequence=draft.place.sequence,
        origin=draft.place.origin,
        previous=draft.place.previous,
        recorded_at=draft.recorded_at,
        actor=draft.actor,
        event=draft.event,
        decision=draft.decision,
        request=draft.request,
        commitments=draft.commitments,
        subjects=draft.subjects,
        envelope=payload,
        leaf=leaf_hash(payload),
    )
