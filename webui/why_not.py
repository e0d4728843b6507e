"""What stands between a version and an environment, step by step, and who can meet each of it.

The steps are tried on a fork of the registry that nobody keeps: the version as it would be
registered (where it is only planned), the request for a release, the grant, the deployment. So a
pipeline learns before training ends what the policy will ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.deployment import DeploymentRecorded
from ledger.events.model import EvidenceAttached, MetricsObserved, VersionRegistered
from ledger.events.names import format_instant
from ledger.events.release import ReleaseRequested
from ledger.state.aggregates import ModelState, ReleaseState, VersionState, number_key, version_key
from ledger.state.fold import Place, fold
from ledger.store.database import reading
from ledger.store.entries import read_head
from policies import pending, sentence, what_is_missing
from policies.holding import Reach, holders
from webui.naming import namer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ledger.events.actor import Actor
    from ledger.events.decision import Result
    from ledger.events.event import Event
    from ledger.state.registry import Registry
    from policies import Document, Missing
    from webui.wiring import Wiring

_OPEN: Final = frozenset({"open", "granted"})
_FOLLOWS: Final = frozenset({"E_NO_RELEASE", "E_NOT_GRANTED"})
_MEASURED: Final = frozenset({"E_BELOW", "E_ABOVE", "E_NOT_RECORDED"})
_DOCUMENT: Final = frozenset({"E_DOC_MISSING", "E_DOC_EXPIRED", "E_DOC_OLD"})


@dataclass(frozen=True)
class Wanted:
    """Which version, which may be planned only, and which environment."""

    model: str
    version: str
    environment: str
    planned: VersionRegistered | None = None


@dataclass(frozen=True)
class Voices:
    """So many of these people, who hold one of these roles, can meet it."""

    number: int
    roles: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class Unmet:
    """A condition that is not met: at which step, in a sentence, and who can meet it."""

    step: str
    gate: str
    requirement: str
    code: str
    sentence: str
    who: tuple[Voices, ...]


@dataclass(frozen=True)
class WhyNot:
    """The newest release, if there is one, and everything that is unmet."""

    release: int | None
    status: str
    unmet: tuple[Unmet, ...]


@dataclass
class _Trial:
    """One look ahead: the fork on which the steps are tried, and what was found."""

    wiring: Wiring
    registry: Registry
    document: Document
    actor: Actor
    place: Place
    name_of: Callable[[str], str]
    found: list[Unmet]
    reach: Reach

    def step(self, name: str, event: Event) -> None:
        """Ask for an event, note what it lacks, and go on as if it had happened."""
        decision = self.wiring.decide(self.registry, event, self.actor, self.place.at)
        self.note(name, decision.unmet, {})
        self.registry.apply(fold(self.registry, event, self.place), self.place.sequence)

    def note(
        self, step: str, unmet: Iterable[Result], quorums: dict[str, tuple[Missing, ...]]
    ) -> None:
        """Note results that are not met."""
        for result in unmet:
            if step == "deploy" and result.code in _FOLLOWS:
                continue
            self.found.append(
                Unmet(
                    step,
                    result.gate,
                    result.requirement,
                    result.code,
                    sentence(result, self.name_of),
                    self._who(result, quorums),
                )
            )

    def _who(self, result: Result, quorums: dict[str, tuple[Missing, ...]]) -> tuple[Voices, ...]:
        if result.code == "E_NEED":
            return tuple(
                Voices(one.number, one.roles, tuple(map(self.name_of, one.actors)))
                for one in quorums.get(result.gate, ())
            )
        if result.code == "E_NOROLE":
            roles = result.params.get("roles", [])
            return self.holders(tuple(roles) if isinstance(roles, list) else ())
        if result.code in _DOCUMENT:
            return self.holders(self.roles_for(EvidenceAttached.kind))
        if result.code in _MEASURED:
            return self.holders(self.roles_for(MetricsObserved.kind))
        return ()

    def roles_for(self, kind: str) -> tuple[str, ...]:
        """The roles that the policy asks of whoever brings such an event about."""
        return tuple(
            dict.fromkeys(
                role
                for gate in self.document.gates
                if gate.event == kind
                for item in gate.require
                if item.actor is not None
                for role in item.actor.any_role
            )
        )

    def holders(self, roles: tuple[str, ...]) -> tuple[Voices, ...]:
        """One of whoever holds one of these roles, as it counts for this model."""
        if not roles:
            return ()
        people = sorted({one for role in roles for one in holders(self.registry, role, self.reach)})
        return (Voices(1, roles, tuple(map(self.name_of, people))),)


def why_not(wiring: Wiring, actor: Actor, wanted: Wanted) -> WhyNot:
    """Every unmet condition between a version and a deployment by this actor; nothing is kept.

    Raises:
        UnknownSubjectError: no such model, or no such version and none is planned.
        ConflictError: the planned version is another than the one that is asked about.
    """
    model, version, environment = wanted.model, wanted.version, wanted.environment
    planned = wanted.planned
    if planned is not None and (planned.model, planned.version) != (model, version):
        raise ConflictError(
            "The planned version is another than the one that is asked about.", pointer="/planned"
        )
    policy = wiring.policy()
    with reading(wiring.engine) as connection:
        head = read_head(connection, wiring.log.log_id)
        registry = wiring.reader.registry(connection).fork()
        now = max(format_instant(wiring.now()), head.recorded_at)
        trial = _Trial(
            wiring,
            registry,
            policy,
            actor,
            Place(head.size, now, actor.id),
            namer(wiring.reader, connection),
            [],
            Reach(model, _tags(registry, model), now),
        )
        known = registry.find(VersionState, version_key(model, version))
        if known is None and planned is not None:
            registry.model(model)
            trial.step("register", planned)
        release = _release(registry, model, version, environment)
        status = "" if release is None else release.status
        number = None if release is None else release.since
        if release is None or release.status not in _OPEN:
            asked = ReleaseRequested(model=model, version=version, environment=environment)
            trial.found.append(_not_asked(trial))
            trial.step("request", asked)
            release = _release(registry, model, version, environment)
        if release is None:
            raise UnknownSubjectError("There is no such version.", pointer="/version")
        if release.status == "open":
            _grant(trial, release, now)
        trial.note("deploy", _deploy(trial, release), {})
    return WhyNot(number, status, tuple(trial.found))


def _tags(registry: Registry, model: str) -> tuple[str, ...]:
    found = registry.find(ModelState, model)
    return (found.tags or ()) if found else ()


def _release(registry: Registry, model: str, version: str, environment: str) -> ReleaseState | None:
    number = registry.version(model, version).current_releases.get(environment)
    return None if number is None else registry.find(ReleaseState, number_key(number))


def _not_asked(trial: _Trial) -> Unmet:
    who = trial.holders(trial.roles_for(ReleaseRequested.kind))
    said = "nobody has asked for a release of this version to this environment"
    return Unmet("request", "", "", "E_NO_RELEASE", said, who)


def _grant(trial: _Trial, release: ReleaseState, now: str) -> None:
    decision = what_is_missing(
        trial.wiring.decide, trial.registry, release, trial.wiring.service, now
    )
    quorums: dict[str, tuple[Missing, ...]] = {}
    for one in pending(trial.registry, trial.document, release, now):
        quorums[one.gate] = (*quorums.get(one.gate, ()), one)
    trial.note("grant", decision.unmet, quorums)


def _deploy(trial: _Trial, release: ReleaseState) -> tuple[Result, ...]:
    event = DeploymentRecorded(
        model=release.model,
        version=release.version,
        environment=release.environment,
        artifact=release.artifact,
    )
    return trial.wiring.decide(trial.registry, event, trial.actor, trial.place.at).unmet
