"""The verdicts of a framework's controls, from the state: no entry is read but the rare ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ledger.state.assurance import IncidentState
from ledger.state.exceptions import ReviewState
from ledger.state.history import History
from ledger.state.privacy import ErasureState
from policies.controls.assess import Assessment, results_of
from policies.controls.standing.keep import chain_in, facts_of
from policies.controls.standing.part import Narrow, Part, standing_scope
from policies.controls.standing.pieces import class_id, id_of

if TYPE_CHECKING:
    from ledger.events.model import Classification
    from ledger.state.aggregates import Aggregate
    from policies.controls.finding import Deviation, Finding
    from policies.controls.links import Chain
    from policies.controls.mapping import Framework, Use
    from policies.controls.outside import Integrity
    from policies.controls.standing.pieces import Pieces
    from policies.controls.standing.state import Source, State

MOST_NAMED: Final = 20
"""How many exceptions of a test are named; how many there are is always counted."""
WITHOUT_LIMIT: Final = 1_000_000_000

_LISTED: Final[tuple[type[Aggregate], ...]] = (IncidentState, ErasureState, ReviewState)
_LOOKED_AT: Final = frozenset(
    {
        "erasure.requested",
        "exception.opened",
        "inventory.reconciled",
        "restore.tested",
        "role.revoked",
    }
)
"""Kinds of event whose every entry is looked at by a test that is run whole; T7 names its own."""


@dataclass(frozen=True)
class Standing(Part):
    """The whole ledger, as far as it was kept up. ``most`` deviations of a test are named."""

    state: State | None = None
    families: dict[str, str] = field(default_factory=dict)
    most: int = MOST_NAMED

    @cached_property
    def _kept(self) -> State:
        if self.state is None:
            msg = "a standing assessment needs a state"
            raise ValueError(msg)
        return self.state

    @cached_property
    def chain(self) -> Chain:
        """How the entries follow each other, looked at as they were taken."""
        return chain_in(self._kept)

    def found(self, use: Use) -> Finding:
        """What a test finds: from the sum of its parts, or run whole."""
        name = id_of(use)
        if use.test.parts is None or self.families[name] == "whole":
            return in_order(use.test.run(self, use.arguments))
        tally = self._kept.sum_of(name, self.most)
        return in_order(use.test.parts.found(tally, use.arguments, self))

    def holds(self, classes: tuple[Classification, ...]) -> bool:
        """Whether a version in scope was trained on data of such a class."""
        return bool(self._kept.sum_of(class_id(classes), 0).population)


def standing(
    state: State,
    source: Source,
    pieces: Pieces,
    integrity: Integrity,
    *,
    most: int = MOST_NAMED,
) -> Standing:
    """Material for ``assessed``, from a state that has no changes of its own, at its last entry."""
    facts = facts_of(state, source)
    kinds = _LOOKED_AT | {
        str(kind)
        for piece in pieces.of("whole")
        if (kind := getattr(piece.use.arguments, "kind", None))
    }
    listed = {kind: source.all(kind) for kind in _LISTED}
    history = History(source.of_kinds(frozenset(kinds)), Narrow(source.registry, listed))
    families = {piece.id: piece.family for piece in pieces.all}
    scope = standing_scope(facts.as_of)
    return Standing(
        history, scope, integrity, facts=facts, state=state, families=dict(families), most=most
    )


def assessed(framework: Framework, material: Standing) -> Assessment:
    """The verdicts of a framework as they stand."""
    policy = material.history.registry.policy()
    return Assessment(
        framework=framework,
        scope=material.scope,
        position=material.chain.size,
        as_of=material.as_of,
        policy=policy.digest if policy else None,
        results=results_of(framework, material),
    )


def in_order(finding: Finding) -> Finding:
    """A finding as it is kept: deviations by their last entry, the list of all entries left out."""
    return replace(
        finding,
        entries=(),
        exceptions=tuple(sorted(finding.exceptions, key=order_of)),
        missing=tuple(sorted(finding.missing, key=order_of)),
    )


def order_of(item: Deviation) -> tuple[int, tuple[int, ...], str]:
    """By the last entry, then by all entries and the sentence."""
    return (item.entries[-1] if item.entries else -1, item.entries, item.sentence)
