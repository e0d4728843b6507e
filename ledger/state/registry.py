"""The registry: what is true at a position, as aggregates that are loaded when they are asked for.

``Registry`` is a read-through overlay: what the entries of the running batch have changed stands on
top of what ``load`` brings. A fork can be kept or dropped as a whole, so that a command either
changes everything it should or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from ledger.errors import UnknownSubjectError
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    ChangeState,
    DelegationState,
    DeploymentState,
    ModelState,
    PolicyState,
    ReleaseState,
    RoleState,
    SlotState,
    VersionState,
    number_key,
    slot_key,
    version_key,
)
from ledger.state.approvers import AssignmentState
from ledger.state.assurance import IncidentState
from ledger.state.exceptions import ExceptionSlot, ExceptionState, ReviewState
from ledger.state.passkeys import ActorPasskeys, PasskeyState, credential_key
from ledger.state.rejections import RejectionState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Key = tuple[str, str]
    Load = Callable[[str, str], Aggregate | None]

Kind = TypeVar("Kind", bound=Aggregate)


def nothing(table: str, key: str) -> None:
    """Load from an empty registry."""
    del table, key


class Registry:
    """Aggregates by table and key. Not safe for use by several threads."""

    def __init__(self, load: Load = nothing) -> None:
        self._load = load
        self._changed: dict[Key, Aggregate] = {}
        self._as_of: dict[Key, int] = {}

    def find(self, kind: type[Kind], key: str) -> Kind | None:
        """The aggregate, or None."""
        table = kind.table
        found: Any = self._changed.get((table, key))
        if found is None:
            found = self._load(table, key)
        # Each table holds one kind; ``cast`` would cost as much as the look-up.
        aggregate: Kind | None = found
        return aggregate

    def fork(self) -> Registry:
        """A registry on top of this one, whose changes can be kept by ``keep``."""
        return Registry(
            lambda table, key: self._changed.get((table, key)) or self._load(table, key)
        )

    def keep(self, fork: Registry) -> None:
        """Take over what a fork changed."""
        self._changed.update(fork._changed)
        self._as_of.update(fork._as_of)

    def apply(self, changes: Iterable[Aggregate], as_of: int) -> None:
        """Put aggregates that entry ``as_of`` changed on top."""
        for aggregate in changes:
            place = (aggregate.table, aggregate.key)
            self._changed[place] = aggregate
            self._as_of[place] = as_of

    def changed(self) -> tuple[tuple[Aggregate, int], ...]:
        """What was changed since the registry was made, each with the last entry that did so."""
        return tuple((item, self._as_of[place]) for place, item in self._changed.items())

    def all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Every changed aggregate of a kind, by key; all there are if folded from the beginning."""
        found = [item for (table, _), item in self._changed.items() if table == kind.table]
        return tuple(cast("list[Kind]", sorted(found, key=lambda item: item.key)))

    def model(self, name: str) -> ModelState:
        """The model, or UnknownSubjectError."""
        return self._require(ModelState, name, "model", "/event/model")

    def version(self, model: str, version: str) -> VersionState:
        """The version, or UnknownSubjectError."""
        found = self.find(VersionState, version_key(model, version))
        if found is not None:
            return found
        self.model(model)
        return self._require(VersionState, version_key(model, version), "version", "/event/version")

    def release(self, entry: int) -> ReleaseState:
        """The release, or UnknownSubjectError."""
        return self._require(ReleaseState, number_key(entry), "release", "/event/release")

    def assignment(self, release: int) -> AssignmentState | None:
        """Whom somebody asked last to look at a release, if anybody was asked by name."""
        return self.find(AssignmentState, number_key(release))

    def change(self, entry: int) -> ChangeState:
        """The proposal, or UnknownSubjectError."""
        return self._require(ChangeState, number_key(entry), "proposal", "/event/change")

    def delegation(self, entry: int) -> DelegationState:
        """The delegation, or UnknownSubjectError."""
        pointer = "/event/delegation"
        return self._require(DelegationState, number_key(entry), "delegation", pointer)

    def exception(self, entry: int) -> ExceptionState:
        """The exception, or UnknownSubjectError."""
        return self._require(ExceptionState, number_key(entry), "exception", "/event/exception")

    def rejection(self, entry: int) -> RejectionState:
        """The refusal, or UnknownSubjectError."""
        return self._require(RejectionState, number_key(entry), "refusal", "/event/rejection")

    def review(self, entry: int) -> ReviewState:
        """The review, or UnknownSubjectError."""
        return self._require(ReviewState, number_key(entry), "review", "/event/review")

    def incident(self, entry: int) -> IncidentState:
        """The incident, or UnknownSubjectError."""
        return self._require(IncidentState, number_key(entry), "incident", "/event/incident")

    def exception_in_force(self, model: str, environment: str, now: str) -> ExceptionState | None:
        """The exception that lets things through in an environment of a model at an instant."""
        slot = self.find(ExceptionSlot, slot_key(model, environment))
        if slot is None:
            return None
        found = self.exception(slot.exception)
        return found if found.in_force(now) else None

    def deployment(self, entry: int) -> DeploymentState:
        """The deployment, or UnknownSubjectError."""
        return self._require(DeploymentState, number_key(entry), "deployment", "/event/deployment")

    def actor(self, actor_id: str) -> ActorState:
        """The actor, or UnknownSubjectError."""
        return self._require(ActorState, actor_id, "actor", "/event/actor_id")

    def passkey(self, credential: str) -> PasskeyState:
        """The passkey of a credential id in base64, or UnknownSubjectError."""
        key = credential_key(credential)
        return self._require(PasskeyState, key, "passkey", "/event/credential")

    def passkeys(self, actor_id: str) -> tuple[PasskeyState, ...]:
        """The passkeys of an actor that count now."""
        held = self.find(ActorPasskeys, actor_id)
        found = (self.find(PasskeyState, key) for key in (held.passkeys if held else ()))
        return tuple(one for one in found if one is not None)

    def running(self, model: str, environment: str) -> DeploymentState | None:
        """What runs now in an environment of a model."""
        slot = self.find(SlotState, slot_key(model, environment))
        if slot is None or slot.deployment is None:
            return None
        return self.deployment(slot.deployment)

    def accounts(self, actor_id: str) -> tuple[str, ...]:
        """An actor, and the other accounts of the same natural person."""
        found = self.find(ActorState, actor_id)
        return (actor_id, *found.alike) if found else (actor_id,)

    def holders(self, role: str) -> tuple[str, ...]:
        """Who holds a role now."""
        found = self.find(RoleState, role)
        return found.holders if found else ()

    def policy(self) -> PolicyState | None:
        """The policy in force."""
        return self.find(PolicyState, "in-force")

    def policy_digest(self) -> str:
        """The digest of the policy in force; empty before the first."""
        policy = self.policy()
        return policy.digest if policy else ""

    def _require(self, kind: type[Kind], key: str, word: str, pointer: str) -> Kind:
        found = self.find(kind, key)
        if found is None:
            raise UnknownSubjectError(
                f"There is no such {word}.",
                pointer=pointer,
                remedy=f"Name a {word} that is registered in this ledger.",
            )
        return found
