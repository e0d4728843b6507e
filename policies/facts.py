"""Facts: what is known about a command when it is decided.

A ``Case`` reads the registry, the event, the actor and the time; each fact is worked out when a
condition first asks for it. None means not known: what was not recorded satisfies nothing.

- Who the asker is stands in the registry; what the request says about it counts for nothing.
- A metric counts only where it was measured on held-out data; where several data sets measured it,
  the least favourable latest value counts.
- A case never fails: what the event names and the registry lacks is not known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, UnknownSubjectError
from ledger.events import (
    assurance,
    change,
    exception,
    model,
    passkey,
    people,
    release,
)
from ledger.events.names import parse_instant
from ledger.state.access import OpenAccessReviews
from ledger.state.aggregates import (
    ActorState,
    ChangeState,
    DelegationState,
    DeploymentState,
    ModelState,
    ReleaseState,
    SlotState,
    VersionState,
    number_key,
    slot_key,
    version_key,
)
from ledger.state.concerns import about
from ledger.state.exceptions import ExceptionState, ReviewState
from ledger.state.fold_changes import proposal_of
from ledger.state.rejections import RejectionState
from ledger.state.remembered import remembered
from policies.asked import change_asked, release_asked
from policies.descent import recalled, weak
from policies.described import METADATA_FACTS, field_value
from policies.drift import drift_of, reviews_of_monitoring
from policies.fields import DIFFERENCE_PREFIX, DRIFT_PREFIX, METADATA_PREFIX, METRIC_PREFIX
from policies.holding import Reach, lasting
from policies.job import JOB_FACTS
from policies.limits import (
    delegation_days,
    exception_minutes,
    exception_review_days,
    exception_uses,
    grant_days,
    grant_unlimited,
)
from policies.mirrored import REGISTRY_FACTS
from policies.once import once
from policies.owed import overdue, overdue_here
from policies.participants import participants
from policies.standing_in import lent_to
from policies.sunset import days_past_sunset

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ledger.events.actor import Actor
    from ledger.events.event import About, Event
    from ledger.events.proof import Proof
    from ledger.state.aggregates import Measured
    from ledger.state.registry import Registry
    from policies.asked import Asked
    from policies.document import Document
    from policies.expression.evaluate import Value
    from policies.party import Party
    from policies.standing_in import Lent

ADMINISTRATOR = "administrator"


class Case:
    """One command before the policy. What was worked out once is kept."""

    def __init__(  # noqa: PLR0917 (as ``Decide``, and by which document)
        self,
        document: Document,
        registry: Registry,
        event: Event,
        actor: Actor,
        now: str,
        proof: Proof | None = None,
    ) -> None:
        self.document = document
        self.registry = registry
        self.event = event
        self.actor = actor
        self.now_text = now
        self.proof = proof
        self._known: dict[str, Value] = {}

    def fact(self, path: str) -> Value:
        """A fact by its path, or None where it is not known."""
        known = self._known
        if path in known:
            return known[path]
        work = _FACTS.get(path)
        found = known[path] = work(self) if work else self._measure(path)
        return found

    def _measure(self, path: str) -> Value:
        """A metric, or how much it differs from that of what runs."""
        if path.startswith(DIFFERENCE_PREFIX):
            return self._difference(path.removeprefix(DIFFERENCE_PREFIX))
        if path.startswith(DRIFT_PREFIX):
            return drift_of(self, path.removeprefix(DRIFT_PREFIX))
        if path.startswith(METADATA_PREFIX):
            return field_value(self, path.removeprefix(METADATA_PREFIX))
        return self._metric(path.removeprefix(METRIC_PREFIX), self.version)

    @once
    def about(self) -> About:
        """What the event concerns, as far as the registry can tell."""
        try:
            return about(self.registry, self.event)
        except UnknownSubjectError:
            return self.event.about()

    @once
    def now(self) -> datetime:
        """The time of the decision, as recorded."""
        return parse_instant(self.now_text)

    @once
    def asker(self) -> ActorState | None:
        """The asker, where enrolled."""
        return self.registry.find(ActorState, self.actor.id)

    @once
    def model(self) -> ModelState | None:
        """The model that is concerned, where it is registered."""
        return self.registry.find(ModelState, self.about.model) if self.about.model else None

    @once
    def version(self) -> VersionState | None:
        """The version that is concerned, where it is registered."""
        if not self.about.version:
            return None
        return self.registry.find(VersionState, version_key(self.about.model, self.about.version))

    @once
    def release(self) -> ReleaseState | None:
        """The release that the event names, or the current one of its version and environment."""
        entry: int | None = self.about.release
        if entry is not None and entry < 0:
            version = self.version
            entry = version.current_releases.get(self.about.environment) if version else None
        return None if entry is None else self.registry.find(ReleaseState, number_key(entry))

    def release_to(self, environment: str) -> ReleaseState | None:
        """The current release of the version to an environment."""
        version = self.version
        entry = version.current_releases.get(environment) if version else None
        return None if entry is None else self.registry.find(ReleaseState, number_key(entry))

    @once
    def running(self) -> VersionState | None:
        """The version that runs now in the environment that is concerned."""
        about = self.about
        if not about.model or not about.environment:
            return None
        slot = self.registry.find(SlotState, slot_key(about.model, about.environment))
        if slot is None or slot.deployment is None:
            return None
        deployed = self.registry.find(DeploymentState, number_key(slot.deployment))
        if deployed is None:
            return None
        return self.registry.find(VersionState, version_key(deployed.model, deployed.version))

    @once
    def change(self) -> ChangeState | None:
        """The proposal that the event speaks of, or of which it would be the carrying out."""
        if isinstance(self.event, change.Word):
            return self.registry.find(ChangeState, number_key(self.event.change))
        return proposal_of(self.registry, self.event)

    @once
    def asked(self) -> Asked | None:
        """What people were asked to agree to, so that this may be done."""
        if self.event.kind in change.PROPOSABLE or isinstance(self.event, change.Word):
            proposed = self.change
            return change_asked(proposed, self.registry.policy_digest()) if proposed else None
        release = self.release
        if release is None:
            return None
        policy = self.registry.policy_digest() if release.status == "open" else ""
        return release_asked(release, self.version, policy)

    @once
    def lent(self) -> tuple[Lent, ...]:
        """The roles that the asker may use for others now."""
        offered = lent_to(self.registry, self.actor.id, self.reach)
        return tuple(one for one in offered if one.at(self.now))

    @once
    def delegation(self) -> DelegationState | None:
        """The delegation that the event ends."""
        if not isinstance(self.event, people.DelegationEnded):
            return None
        return self.registry.find(DelegationState, number_key(self.event.delegation))

    @once
    def rejection(self) -> RejectionState | None:
        """The refusal that the event lifts."""
        if not isinstance(self.event, release.RejectionLifted):
            return None
        return self.registry.find(RejectionState, number_key(self.event.rejection))

    @once
    def exception(self) -> ExceptionState | None:
        """The exception that is in force for the model and environment that are concerned."""
        about = self.about
        return self.registry.exception_in_force(about.model, about.environment, self.now_text)

    @once
    def review(self) -> ReviewState | None:
        """The review that the event completes."""
        if not isinstance(self.event, exception.ReviewCompleted):
            return None
        return self.registry.find(ReviewState, number_key(self.event.review))

    @once
    def roles(self) -> tuple[str, ...]:
        """Roles the asker holds now, as far as they count here."""
        return self.reach.roles(self.asker) if self.asker else ()

    @once
    def reach(self) -> Reach:
        """How far a role must reach to count here; no limited one does where that is unreadable."""
        try:
            model, tags = self.about.model, _tags(self)
        except InputError:
            model, tags = "", None
        return Reach(model, tags if isinstance(tags, tuple) else (), self.now_text)

    def party(self, name: Party) -> frozenset[str] | None:
        """Who a party is in this case, as actor ids; None where that is not known."""
        found: str | None = None
        if name == "receiver" and self.change is not None and not self.change.receiver:
            return frozenset()
        if name == "participant":
            return participants(self)
        if name == "approver":
            return _approvers(self.asked)
        if name == "registrant":
            found = self.version.registrant if self.version else None
        elif name == "requester":
            found = self.release.requester if self.release else None
        elif name == "proposer":
            found = self.change.proposer if self.change else None
        elif name == "delegator":
            found = self.delegation.delegator if self.delegation else None
        elif name == "refuser":
            found = self.rejection.by if self.rejection else None
        elif name == "owner":
            found = self.model.owner if self.model else None
        else:
            lent_to_one = self.delegation.delegate if self.delegation else None
            found = getattr(self.event, "actor_id", None) or lent_to_one
            found = found or _receiver_of(self.change)
        return None if found is None else frozenset((found,))

    def held_out(self) -> list[Measured]:
        """The latest value of every metric on every held-out data set."""
        return _held_out(self.version)

    def _metric(self, name: str, version: VersionState | None) -> Decimal | None:
        declared = self.document.metrics.get(name)
        values = _measured(version).get(name) if version else None
        if declared is None or values is None:
            return None
        return values[0] if declared.higher_is_better else values[1]

    def _difference(self, name: str) -> Decimal | None:
        """How much more a metric is than in what runs now, on the data sets measured for both."""
        here, there = self.version, self.running
        if name not in self.document.metrics or here is None or there is None:
            return None
        ours, theirs = _by_data_set(here, name), _by_data_set(there, name)
        shared = [ours[place] - theirs[place] for place in ours.keys() & theirs.keys()]
        if not shared:
            return None
        return min(shared) if self.document.metrics[name].higher_is_better else max(shared)


def _held_out(version: VersionState | None) -> list[Measured]:
    return [item for item in version.metrics if item.metric.held_out] if version else []


@remembered
def _measured(version: VersionState) -> dict[str, tuple[Decimal, Decimal]]:
    """The least and the greatest latest value of each metric on held-out data."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for item in _held_out(version):
        value = Decimal(item.metric.value)
        least, greatest = found.get(item.metric.name, (value, value))
        found[item.metric.name] = min(least, value), max(greatest, value)
    return found


def _by_data_set(version: VersionState, name: str) -> dict[str, Decimal]:
    found = (item.metric for item in _held_out(version) if item.metric.name == name)
    return {metric.data_set: Decimal(metric.value) for metric in found}


def _receiver_of(proposed: ChangeState | None) -> str | None:
    return proposed.receiver or None if proposed else None


def _approvers(asked: Asked | None) -> frozenset[str] | None:
    """Whose approval stands."""
    if asked is None:
        return None
    return frozenset(vote.actor for vote in asked.votes if vote.approves)


def _age_days(case: Case) -> Decimal | None:
    measured = [item.measured_at for item in case.held_out()]
    if not measured:
        return None
    return Decimal(max(0, (case.now - parse_instant(min(measured))).days))


def _of_model(name: str) -> Callable[[Case], Value]:
    def fact(case: Case) -> Value:
        event = case.event if isinstance(case.event, model.ModelRegistered) else None
        value: Value = getattr(case.model or event, name, None)
        return value

    return fact


def _tags(case: Case) -> Value:
    event = case.event if isinstance(case.event, model.ModelRegistered) else None
    found = case.model or event
    return None if found is None else found.tags or ()


def _described(case: Case) -> VersionState | model.VersionRegistered | None:
    """The version, or what is about to be registered as one."""
    return case.event if isinstance(case.event, model.VersionRegistered) else case.version


def _data_classes(case: Case) -> Value:
    found = _described(case)
    return tuple(sorted({data.classification for data in found.data_sets})) if found else None


def _data_sets(case: Case) -> Value:
    found = _described(case)
    return tuple(data.name for data in found.data_sets) if found else None


def _commit(case: Case) -> Value:
    found = _described(case)
    return found.code.commit if found and found.code else None


def _dirty(case: Case) -> Value:
    found = _described(case)
    return found.code.dirty if found and found.code else None


def _receiver(case: Case) -> ActorState | None:
    if isinstance(case.event, _GIVES):
        return case.registry.find(ActorState, case.event.actor_id)
    return None


_GIVES: Final = (
    people.RoleGranted,
    people.RoleRevoked,
    people.RoleDelegated,
    passkey.KeyEnrolled,
)


def _own_passkey(case: Case) -> Value:
    """Whether who asked for it first is whose key it is: the proposer, where it was proposed."""
    event = case.event
    if not isinstance(event, (passkey.KeyEnrolled, passkey.KeyRevoked)):
        return None
    return event.actor_id == (case.change.proposer if case.change else case.actor.id)


def _to_self(case: Case) -> Value:
    receiver = case.party("receiver")
    if receiver is None:
        return None
    return not receiver.isdisjoint(case.registry.accounts(case.actor.id))


def _registered(case: Case) -> Value:
    return parse_instant(case.version.registered_at) if case.version else None


def _receiver_roles(case: Case) -> Value:
    """Under every account of the same natural person."""
    receiver = _receiver(case)
    if receiver is None:
        return None
    found = (case.registry.find(ActorState, one) for one in (receiver.id, *receiver.alike))
    held = (held for one in found if one for held in one.roles)
    return tuple(dict.fromkeys(one.role for one in held if one.in_time(case.now_text)))


def _changes_itself(case: Case) -> Value:
    policy = case.registry.policy()
    if not isinstance(case.event, assurance.PolicyActivated) or policy is None:
        return None
    return case.event.digest != policy.digest


def _proposed(case: Case) -> Value:
    if isinstance(case.event, change.ChangeProposed):
        return case.event.proposed
    return case.change.proposed if case.change else None


def _access_reviews_overdue(case: Case) -> Value:
    found = case.registry.find(OpenAccessReviews, "open")
    return Decimal(found.overdue(case.now_text) if found else 0)


def _delegation_role(case: Case) -> Value:
    return case.event.role if isinstance(case.event, people.RoleDelegated) else None


_FACTS: dict[str, Callable[[Case], Value]] = {
    "model.name": lambda case: case.about.model or None,
    "model.task": _of_model("task"),
    "model.risk_tier": _of_model("risk_tier"),
    "model.purposes": _of_model("purposes"),
    "model.tags": _tags,
    "running.any": lambda case: case.running is not None if case.about.environment else None,
    "running.version": lambda case: case.running.version if case.running else None,
    "version.state": lambda case: case.version.state if case.version else None,
    "version.registered": _registered,
    "version.days_past_sunset": days_past_sunset,
    "version.data_classes": _data_classes,
    "lineage.code_commit": _commit,
    "lineage.code_dirty": _dirty,
    "lineage.data_sets": _data_sets,
    "lineage.recalled": lambda case: recalled(case.registry, _described(case)),
    "lineage.weak": lambda case: weak(case.registry, _described(case)),
    "target.environment": lambda case: case.about.environment or None,
    "evaluation.age_days": _age_days,
    "actor.type": lambda case: case.asker.type if case.asker else None,
    "actor.via": lambda case: case.actor.via,
    "actor.second_factor": lambda case: case.actor.second_factor,
    "actor.roles": lambda case: case.roles,
    **JOB_FACTS,
    "grant.role": lambda case: getattr(case.event, "role", None),
    "grant.to_self": _to_self,
    "grant.receiver_type": lambda case: getattr(_receiver(case), "type", None),
    "grant.receiver_roles": _receiver_roles,
    "enrol.actor_type": lambda case: getattr(case.event, "actor_type", None),
    "directory.administrators": lambda case: Decimal(len(lasting(case.registry, ADMINISTRATOR))),
    "grant.days": grant_days,
    "grant.unlimited": grant_unlimited,
    "reviews.access_overdue": _access_reviews_overdue,
    "delegation.role": _delegation_role,
    "delegation.days": delegation_days,
    "exception.minutes": exception_minutes,
    "exception.uses": exception_uses,
    "exception.review_days": exception_review_days,
    "reviews.of_monitoring": reviews_of_monitoring,
    "reviews.overdue": overdue,
    "reviews.overdue_here": overdue_here,
    "approval.pack": lambda case: getattr(case.event, "pack", None),
    "passkey.own": _own_passkey,
    "review.of": lambda case: case.review.reviewed if case.review else None,
    "policy.changes_itself": _changes_itself,
    "change.proposed": _proposed,
    **REGISTRY_FACTS,
    **METADATA_FACTS,
}
