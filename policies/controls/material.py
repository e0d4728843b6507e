"""What the tests look at: the history, its scope, and what is worked out from them once.

Every property is a pure function of the fields and is computed at most once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ledger.events.assurance import PolicyActivated
from ledger.state.aggregates import ActorState, DeploymentState, ModelState, VersionState
from ledger.state.assurance import StatementState
from policies.controls.changes import Change, changes_of
from policies.controls.links import Chain, chain_of
from policies.controls.people import People, people_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.model import Classification
    from ledger.state.history import History, Recorded
    from policies.controls.finding import Finding
    from policies.controls.mapping import Use
    from policies.controls.outside import Integrity
    from policies.controls.scope import Scope


def policies_of(recorded: Iterable[Recorded]) -> tuple[tuple[int, str], ...]:
    """(entry, digest) of every policy that entries activate, ascending."""
    return tuple(
        (item.entry.sequence, item.entry.event.digest)
        for item in recorded
        if isinstance(item.entry.event, PolicyActivated)
    )


@dataclass(frozen=True)
class Material:
    """History, scope and the outside facts, with what follows from them."""

    history: History
    scope: Scope
    integrity: Integrity

    @cached_property
    def people(self) -> People:
        """Who held which role when."""
        actors = self.history.registry.all(ActorState)
        persons = {one.id: one.person for one in actors if one.alike}
        return replace(people_of(self.history.recorded), persons=persons)

    @cached_property
    def began(self) -> str:
        """When the first entry was recorded."""
        return self.history.recorded[0].entry.recorded_at

    @cached_property
    def as_of(self) -> str:
        """When the last entry was recorded: the now of every test, which reads no clock."""
        return self.history.recorded[-1].entry.recorded_at

    @cached_property
    def policies(self) -> tuple[tuple[int, str], ...]:
        """(entry, digest) of every policy ever activated, ascending."""
        return policies_of(self.history.recorded)

    @cached_property
    def chain(self) -> Chain:
        """How the entries follow each other."""
        return chain_of(item.entry for item in self.history.recorded)

    @cached_property
    def by_sequence(self) -> dict[int, Recorded]:
        """Entries by sequence number."""
        return {item.entry.sequence: item for item in self.history.recorded}

    @cached_property
    def last_day(self) -> str:
        """The last day that is looked at: that of the period, or of the last entry before it."""
        return min(self.scope.period.until.isoformat(), self.as_of[:10])

    def statement(self, control: str) -> StatementState | None:
        """What people said of a control."""
        return self.history.registry.find(StatementState, control)

    @cached_property
    def all_changes(self) -> tuple[Change, ...]:
        """Every deployment and roll-back, in every environment, at every time."""
        return changes_of(self.history.recorded, self.people)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The population of changes: production deployments and roll-backs of the period."""
        return tuple(
            change
            for change in self.all_changes
            if change.environment in self.scope.production
            and self.scope.covers(change.model)
            and self.scope.period.holds(change.at)
        )

    @cached_property
    def _found(self) -> dict[tuple[str, str], Finding]:
        return {}

    def found(self, use: Use) -> Finding:
        """What a test finds. Several controls ask for the same; it is computed once."""
        key = (use.test.id, use.arguments.model_dump_json())
        known = self._found.get(key)
        if known is None:
            self._found[key] = known = use.test.run(self, use.arguments)
        return known

    def holds(self, classes: tuple[Classification, ...]) -> bool:
        """Whether a version in scope was trained on data of such a class."""
        return any(
            held.classification in classes
            for version in self.versions
            for held in version.data_sets
        )

    def of_kind(self, *kinds: str) -> tuple[Recorded, ...]:
        """Entries of these kinds in the period, about a model in scope or about none."""
        if len(kinds) == 1:
            return tuple(self._by_kind.get(kinds[0], ()))
        found = (item for kind in kinds for item in self._by_kind.get(kind, ()))
        return tuple(sorted(found, key=lambda item: item.entry.sequence))

    @cached_property
    def _by_kind(self) -> dict[str, list[Recorded]]:
        found: dict[str, list[Recorded]] = {}
        for item in self.history.recorded:
            in_scope = not item.about.model or self.scope.covers(item.about.model)
            if in_scope and self.scope.period.holds(item.entry.recorded_at):
                found.setdefault(item.entry.kind, []).append(item)
        return found

    @cached_property
    def models(self) -> tuple[ModelState, ...]:
        """Models in scope that were registered by the end of the period."""
        return tuple(
            item
            for item in self.history.registry.all(ModelState)
            if self.scope.covers(item.model) and self._began(item.since)
        )

    @cached_property
    def versions(self) -> tuple[VersionState, ...]:
        """Versions in scope that existed in the period: not archived before it began."""
        return tuple(
            item
            for item in self.history.registry.all(VersionState)
            if self.scope.covers(item.model)
            and self.scope.period.overlaps(item.registered_at, self._at(item.archived))
        )

    @cached_property
    def stretches(self) -> tuple[DeploymentState, ...]:
        """Production deployments of models in scope that ran at some time in the period."""
        return tuple(
            item
            for item in self.history.registry.all(DeploymentState)
            if item.environment in self.scope.production
            and self.scope.covers(item.model)
            and self.scope.period.overlaps(item.at, item.ended_at)
        )

    @cached_property
    def deployments(self) -> dict[tuple[str, str], tuple[DeploymentState, ...]]:
        """By model and version: every deployment, in every environment and at every time."""
        found: dict[tuple[str, str], list[DeploymentState]] = {}
        for item in self.history.registry.all(DeploymentState):
            found.setdefault((item.model, item.version), []).append(item)
        return {key: tuple(items) for key, items in found.items()}

    @cached_property
    def stretches_of(self) -> dict[tuple[str, str], tuple[DeploymentState, ...]]:
        """The stretches by model and version."""
        found: dict[tuple[str, str], list[DeploymentState]] = {}
        for item in self.stretches:
            found.setdefault((item.model, item.version), []).append(item)
        return {key: tuple(items) for key, items in found.items()}

    @cached_property
    def in_use(self) -> tuple[VersionState, ...]:
        """Versions that ran in production at some time in the period, by model and version."""
        ran = self.stretches_of
        return tuple(item for item in self.versions if (item.model, item.version) in ran)

    @cached_property
    def first_uses(self) -> dict[tuple[str, str], Change]:
        """By model and version: the first time ever that it was put to work in production."""
        found: dict[tuple[str, str], Change] = {}
        for change in self.all_changes:
            if change.environment in self.scope.production:
                found.setdefault((change.model, change.version), change)
        return found

    def _began(self, sequence: int) -> bool:
        return self.scope.period.overlaps(self.by_sequence[sequence].entry.recorded_at, None)

    def _at(self, sequence: int | None) -> str | None:
        return None if sequence is None else self.by_sequence[sequence].entry.recorded_at
