"""Long random lives of an installation: many people, any kind, much of it refused or impossible.

``lived(made, entries, seed)`` fills a log through the ledger's own door, decided by the policy in
force; the same seed gives the same commands. ``replay.run`` decides all of it again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.batch import Asked
from ledger.commit import Committer
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.state.pack import pack_of
from ledger.store.database import reading
from ledger.waiting import Unit
from policies import Document, document_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.event import Event
    from webui.wiring import Wiring

ROLES: Final = ("data_scientist", "ml_lead", "compliance", "operations", "auditor", "administrator")
PLACES: Final = ("staging", "production")
DOCUMENTS: Final = ("evaluation_report", "model_card", "dpia", "rollback_plan")
PEOPLE: Final = 24
AT_ONCE: Final = 250
OTHERS: Final = 0.2
"""How often somebody asks whose business it is not."""
RECENT: Final = 40
_START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_STEP: Final = timedelta(minutes=37)

# How often each thing is tried.
_WEIGHTS: Final = {
    "model": 2, "version": 10, "evidence": 12, "metrics": 14, "request": 12, "approve": 26,
    "reject": 2, "withdraw": 2, "revoke": 2, "deploy": 10, "roll_back": 2, "stop": 1,
    "deprecate": 2, "archive": 1, "grant": 2, "take": 1, "delegate": 2, "propose": 2, "agree": 3,
    "open_exception": 1, "review": 2, "rules": 1,
}  # fmt: skip

_WHOSE: Final = {
    "model.registered": ("data_scientist",),
    "version.registered": ("data_scientist", "pipeline"),
    "evidence.attached": ("data_scientist", "compliance"),
    "metrics.observed": ("data_scientist", "pipeline"),
    "release.requested": ("data_scientist", "pipeline"),
    "release.approved": ("ml_lead", "compliance"),
    "release.rejected": ("ml_lead", "compliance"),
    "approval.revoked": ("ml_lead", "compliance"),
    "release.withdrawn": ("data_scientist", "pipeline"),
    "deployment.recorded": ("operations", "pipeline"),
    "deployment.rolled_back": ("operations",),
    "deployment.stopped": ("operations",),
    "version.deprecated": ("ml_lead",),
    "version.archived": ("ml_lead",),
    "role.granted": ("administrator",),
    "role.revoked": ("administrator",),
    "role.delegated": ("ml_lead", "compliance"),
    "change.proposed": ("administrator",),
    "change.approved": ("compliance", "administrator"),
    "exception.opened": ("operations",),
    "review.completed": ("compliance",),
    "policy.activated": ("administrator",),
}


@dataclass
class Lives:
    """What the teller of random commands knows of the log so far."""

    made: Wiring
    chance: random.Random
    people: list[Actor] = field(default_factory=list)
    pipeline: Actor | None = None
    now: datetime = _START
    models: list[str] = field(default_factory=list)
    versions: list[tuple[str, str, str]] = field(default_factory=list)
    releases: list[tuple[int, str]] = field(default_factory=list)
    runs: list[tuple[int, str, str]] = field(default_factory=list)
    changes: list[tuple[int, str]] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)
    made_up: int = 0

    def asker(self, kind: str) -> Actor:
        """Whoever's business a kind is, mostly; anybody else otherwise."""
        assert self.pipeline is not None
        whose = _WHOSE.get(kind, ())
        if not whose or self.chance.random() < OTHERS:
            return self.chance.choice([*self.people, self.pipeline])
        role = self.chance.choice(whose)
        if role == "pipeline":
            return self.pipeline
        return self.chance.choice(_first_with(self.people, role))

    def number(self) -> int:
        """A number that was not used."""
        self.made_up += 1
        return self.made_up


def lived(made: Wiring, entries: int, seed: int, clock: list[datetime]) -> None:
    """Fill a log up to at least ``entries`` entries; ``clock`` is the installation's, one item."""
    lives = Lives(made, random.Random(seed))
    committer = Committer(made.log, made.decide, lambda: clock[0])
    _begin(lives, committer)
    while made.log.head().size < entries:
        lives.now += _STEP
        clock[0] = lives.now
        units = [_unit(lives) for _ in range(AT_ONCE)]
        done = committer.commit([unit for unit in units if unit is not None])
        del done
        _look(lives)


def _begin(lives: Lives, committer: Committer) -> None:
    made = lives.made
    lives.people = [
        Actor(id=f"{number:032x}", type="person", via="password") for number in range(1, PEOPLE + 1)
    ]
    lives.pipeline = Actor(id="ff" * 16, type="workload", via="token")
    first = lives.people[0]
    service = made.service
    told: list[tuple[Actor, Event]] = []
    for one in (*lives.people, lives.pipeline):
        by = service if one is first else first
        told.append((by, _enrolment(one)))
        if one is first:
            told.append((service, _role(one, "administrator")))
    for number, one in enumerate(lives.people[1:], 1):
        told.append((first, _role(one, ROLES[number % (len(ROLES) - 1)])))
    told.append((first, _role(lives.pipeline, "pipeline")))
    told.append((first, _role(lives.people[1], "administrator")))
    for by, event in told:
        committer.commit([Unit(by, (Asked(event),))])


def _first_with(people: list[Actor], role: str) -> list[Actor]:
    """Who was given a role at the beginning; some of them lost it since."""
    if role == "administrator":
        return people[:2]
    place = ROLES.index(role)
    return [one for number, one in enumerate(people) if number % (len(ROLES) - 1) == place]


def _enrolment(one: Actor) -> Event:
    return read_command("actor.enrolled", {"actor_id": one.id, "actor_type": one.type})


def _role(one: Actor, role: str) -> Event:
    return read_command("role.granted", {"actor_id": one.id, "role": role})


def _look(lives: Lives) -> None:
    """Learn what there is now, as somebody with the pages open would."""
    reader = lives.made.reader
    lives.releases = [(item.since, item.artifact) for item in reader.releases(limit=RECENT)]
    lives.runs = [(item.since, item.model, item.environment) for item in reader.running()][-RECENT:]
    lives.changes = [
        (item.since, item.command) for item in reader.changes(status="open", limit=RECENT)
    ]
    lives.reviews = [item.since for item in reader.reviews(status="required", limit=RECENT)]


def _unit(lives: Lives) -> Unit | None:
    """One command of somebody; None where it can't even be said."""
    (kind,) = lives.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
    try:
        told = _TELLERS[kind](lives)
        if told is None:
            return None
        name, fields = told
        return Unit(lives.asker(name), (Asked(read_command(name, fields)),))
    except LedgerError:
        return None


_Told = tuple[str, dict[str, Any]] | None


def _model(lives: Lives) -> _Told:
    name = f"model-{lives.number()}"
    lives.models.append(name)
    return "model.registered", {
        "model": name,
        "version_scheme": "semantic",
        "task": lives.chance.choice(["classification", "regression", "other"]),
        "risk_tier": lives.chance.choice(["low", "medium", "high", "prohibited"]),
        "purposes": ["retention"],
        "owner": lives.chance.choice(lives.people).id,
    }


def _version(lives: Lives) -> _Told:
    if not lives.models:
        return None
    model, name = lives.chance.choice(lives.models[-RECENT:]), f"1.{lives.number()}.0"
    digest = f"{lives.made_up:064x}"
    lives.versions.append((model, name, digest))
    code = {"repository": "git", "commit": "ab" * 20, "dirty": lives.chance.random() < 0.1}
    data = {
        "name": "customers",
        "version": "1",
        "sha256": "d0" * 32,
        "source": "warehouse",
        "classification": lives.chance.choice(["internal", "personal", "special_category"]),
    }
    return "version.registered", {
        "model": model,
        "version": name,
        "artifact": {"sha256": digest, "size_bytes": 1, "format": "onnx"},
        "trained_at": format_instant(_START),
        "code": code,
        "data_sets": [data],
        "metrics": [_metric(lives)],
    }


def _metric(lives: Lives) -> dict[str, Any]:
    return {
        "name": lives.chance.choice(["accuracy", "accuracy", "r2", "roc_auc"]),
        "value": f"0.{lives.chance.randint(850, 999)}",
        "data_set": lives.chance.choice(["holdout", "winter"]),
        "held_out": lives.chance.random() < 0.9,
        "higher_is_better": True,
    }


def _of_version(lives: Lives) -> dict[str, Any] | None:
    if not lives.versions:
        return None
    model, version, _ = lives.chance.choice(lives.versions[-RECENT:])
    return {"model": model, "version": version}


def _evidence(lives: Lives) -> _Told:
    of = _of_version(lives)
    if of is None:
        return None
    return (
        "evidence.attached",
        {
            **of,
            "type": lives.chance.choice(DOCUMENTS),
            "sha256": f"{lives.number():064x}",
            "size_bytes": 1,
            "media_type": "text/plain",
        },
    )


def _metrics(lives: Lives) -> _Told:
    of = _of_version(lives)
    phase = lives.chance.choice(["evaluation", "monitoring"])
    where = {"environment": "production"} if phase == "monitoring" else {}
    return (
        None
        if of is None
        else ("metrics.observed", {**of, **where, "phase": phase, "metrics": [_metric(lives)]})
    )


def _request(lives: Lives) -> _Told:
    of = _of_version(lives)
    return (
        None
        if of is None
        else ("release.requested", {**of, "environment": lives.chance.choice(PLACES)})
    )


def _vote(kind: str) -> Callable[[Lives], _Told]:
    def told(lives: Lives) -> _Told:
        if not lives.releases:
            return None
        release, artifact = lives.chance.choice(lives.releases)
        fields: dict[str, Any] = {"release": release}
        if kind in {"release.approved", "release.rejected"}:
            fields["artifact"] = artifact if lives.chance.random() < 0.98 else "ee" * 32
        if kind in {"release.rejected", "approval.revoked"}:
            fields["reason"] = "Not good enough"
        if kind == "release.approved" and lives.chance.random() < 0.5:
            fields["pack"] = _pack(lives, release)
        return kind, fields

    return told


def _pack(lives: Lives, release: int) -> str:
    with reading(lives.made.engine) as connection:
        registry = lives.made.reader.registry(connection)
        return pack_of(registry, registry.release(release)).digest()


def _deploy(kind: str) -> Callable[[Lives], _Told]:
    def told(lives: Lives) -> _Told:
        if not lives.versions:
            return None
        model, version, digest = lives.chance.choice(lives.versions[-RECENT:])
        place = lives.chance.choice(PLACES)
        fields = {"model": model, "version": version, "environment": place, "artifact": digest}
        if kind == "deployment.rolled_back":
            fields["reason"] = "It is worse"
        return kind, fields

    return told


def _stop(lives: Lives) -> _Told:
    if not lives.runs:
        return None
    number, model, place = lives.chance.choice(lives.runs)
    return "deployment.stopped", {"model": model, "environment": place, "deployment": number}


def _deprecate(lives: Lives) -> _Told:
    of = _of_version(lives)
    fields = {"cause": "quality", "effective_on": "2027-01-01", "reason": "Worse"}
    if of is None:
        return None
    return "version.deprecated", {**of, **fields}


def _archive(lives: Lives) -> _Told:
    of = _of_version(lives)
    if of is None:
        return None
    return "version.archived", of


def _roles(kind: str) -> Callable[[Lives], _Told]:
    def told(lives: Lives) -> _Told:
        fields = {"actor_id": lives.chance.choice(lives.people).id}
        return kind, {**fields, "role": lives.chance.choice(ROLES), "reason": "Asked for"}

    return told


def _delegate(lives: Lives) -> _Told:
    begins = lives.now + timedelta(hours=1)
    return "role.delegated", {
        "actor_id": lives.chance.choice(lives.people).id,
        "role": lives.chance.choice(["ml_lead", "compliance"]),
        "since": format_instant(begins),
        "until": format_instant(begins + timedelta(days=lives.chance.randint(1, 20))),
    }


def _propose(lives: Lives) -> _Told:
    fields = {"actor_id": lives.chance.choice(lives.people).id, "role": lives.chance.choice(ROLES)}
    return "change.proposed", {"proposed": "role.granted", "event": fields}


def _agree(lives: Lives) -> _Told:
    if not lives.changes:
        return None
    change, command = lives.chance.choice(lives.changes)
    return "change.approved", {"change": change, "command": command}


def _open_exception(lives: Lives) -> _Told:
    if not lives.models:
        return None
    until = lives.now + timedelta(hours=2)
    return "exception.opened", {
        "model": lives.chance.choice(lives.models[-RECENT:]),
        "environment": "production",
        "until": format_instant(until),
        "uses": 2,
        "review_by": format_instant(until + timedelta(days=1)),
        "reason": "An incident",
    }


def _review(lives: Lives) -> _Told:
    if not lives.reviews:
        return None
    fields = {"review": lives.chance.choice(lives.reviews), "finding": "accepted"}
    return "review.completed", {**fields, "comment": "Looked at"}


def _rules(lives: Lives) -> _Told:
    """Other rules, or the proposal of such; most of it is refused."""
    old = lives.made.policy()
    days = lives.chance.randint(10, 20)
    text = {**old.canonical(), "title": f"Rules {lives.number()}"}
    text["approvals_default"] = {**text["approvals_default"], "valid_for": f"P{days}D"}
    new = Document.from_canonical(text)
    fields = {
        "policy": new.id,
        "digest": document_digest(new),
        "previous": document_digest(old),
        "document": new.canonical(),
    }
    if lives.chance.random() < 0.5:
        return "change.proposed", {"proposed": "policy.activated", "event": fields}
    return "policy.activated", fields


_TELLERS: Final[dict[str, Callable[[Lives], _Told]]] = {
    "model": _model,
    "version": _version,
    "evidence": _evidence,
    "metrics": _metrics,
    "request": _request,
    "approve": _vote("release.approved"),
    "reject": _vote("release.rejected"),
    "withdraw": _vote("release.withdrawn"),
    "revoke": _vote("approval.revoked"),
    "deploy": _deploy("deployment.recorded"),
    "roll_back": _deploy("deployment.rolled_back"),
    "stop": _stop,
    "deprecate": _deprecate,
    "archive": _archive,
    "grant": _roles("role.granted"),
    "take": _roles("role.revoked"),
    "delegate": _delegate,
    "propose": _propose,
    "agree": _agree,
    "open_exception": _open_exception,
    "review": _review,
    "rules": _rules,
}
