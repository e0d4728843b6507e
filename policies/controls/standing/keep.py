"""Entries taken into the state: what they touch is tested again, by parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.state.aggregates import (
    ActorState,
    DeploymentState,
    ModelState,
    VersionState,
    number_key,
)
from ledger.state.exceptions import ReviewState
from ledger.state.history import History
from policies.controls.finding import Deviation, Tally
from policies.controls.links import Chain
from policies.controls.material import policies_of
from policies.controls.outside import Integrity
from policies.controls.people import people_of
from policies.controls.primitives.lineage import ancestors_of
from policies.controls.standing.part import DAYS, Facts, Narrow, Part, standing_scope
from policies.controls.standing.pieces import class_id
from policies.controls.standing.state import NEVER, Unit
from policies.controls.standing.touched import (
    DATA_SET,
    ENTRY,
    LINKS,
    MODEL,
    VERSION,
    touched,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.state.aggregates import Aggregate
    from ledger.state.history import Recorded
    from policies.controls.standing.pieces import Family, Piece, Pieces
    from policies.controls.standing.state import Source, State

PEOPLE: Final = frozenset(
    {"log.created", "actor.enrolled", "role.granted", "role.revoked", "model.registered"}
)
POLICIES: Final = frozenset({"policy.activated"})
_NOT_LOOKED_AT: Final = Integrity(0)


def take(state: State, source: Source, pieces: Pieces, recorded: Iterable[Recorded]) -> None:
    """Take entries that follow those taken before; ``source`` may be ahead of them.

    A unit that was tested by a source that was ahead is tested again when its entry comes.
    """
    found: set[str] = set()
    chain, as_of, began = chain_in(state), "", state.note("began", "")
    for item in recorded:
        chain = chain.with_entry(item.entry)
        as_of, began = item.entry.recorded_at, began or item.entry.recorded_at
        found |= touched(state, source.registry, item)
    if not as_of:
        return
    state.keep("chain", _stored(chain))
    state.keep("began", began)
    state.keep("as_of", as_of)
    facts = facts_of(state, source)
    for name in sorted(found | state.due(as_of)):
        state.put(name, _Judge(state, source, pieces, facts).unit(name))


def facts_of(state: State, source: Source) -> Facts:
    """What is the same for every unit now."""
    people = people_of(source.of_kinds(PEOPLE))
    if source.of_kinds(LINKS):
        actors = (one for one in source.all(ActorState) if isinstance(one, ActorState))
        people = replace(people, persons={one.id: one.person for one in actors if one.alike})
    policies = policies_of(source.of_kinds(POLICIES))
    return Facts(people, policies, state.note("began", ""), state.note("as_of", ""))


def chain_in(state: State) -> Chain:
    """The chain as the state has it."""
    held = state.note("chain")
    if held is None:
        return Chain()
    broken = tuple(Deviation(tuple(entries), said) for entries, said in held["broken"])
    return Chain(**{**held, "broken": broken})


def _stored(chain: Chain) -> dict[str, Any]:
    broken = [[list(item.entries), item.sentence] for item in chain.broken]
    return {**vars(chain), "broken": broken}


class _Judge:
    """Tests units, with the same facts."""

    def __init__(self, state: State, source: Source, pieces: Pieces, facts: Facts) -> None:
        self._state = state
        self._source = source
        self._pieces = pieces
        self._facts = facts
        self._scope = standing_scope(facts.as_of)

    def unit(self, name: str) -> Unit:
        """What the tests say of a unit now."""
        if name.startswith(VERSION):
            return self._version(name)
        if name.startswith(ENTRY):
            story = self._source.recorded([int(name.removeprefix(ENTRY))])
            return self._tested("entry", self._part(story, {}), _days(story))
        family: Family = "model" if name.startswith(MODEL) else "data_set"
        return self._users(family, name)

    def _version(self, name: str) -> Unit:
        registry = self._source.registry
        story = self._source.recorded(self._state.note(f"story {name}", []))
        version = registry.find(VersionState, name.removeprefix(VERSION))
        if version is None:
            return Unit()
        numbers = [item.entry.sequence for item in story]
        ran = [registry.find(DeploymentState, number_key(number)) for number in numbers]
        keys = [number_key(number) for number in self._state.note(f"reviews {name}", [])]
        reviews = [registry.find(ReviewState, key) for key in sorted(keys)]
        part = self._part(
            story,
            {
                VersionState: (version,),
                DeploymentState: tuple(one for one in ran if one is not None),
                ReviewState: tuple(one for one in reviews if one is not None),
            },
        )
        for parent, key in ancestors_of(part, version):
            if parent is None:
                self._state.add(f"waits {key}", name)
        again = [
            *_days(story),
            *(_leaves(one.ended_at) for one in ran if one is not None and one.ended_at),
            *(_after(one.valid_until) for one in version.evidence if one.valid_until),
            *(one.due for one in reviews if one is not None and one.completed is None),
        ]
        if version.deprecation is not None:
            again.append(_after(version.deprecation.effective_on))
        return self._tested("version", part, again)

    def _users(self, family: Family, name: str) -> Unit:
        """A data set or a model, as the versions say that name it."""
        registry = self._source.registry
        if family == "data_set":
            found = self._found(self._state.note(f"versions {name}", []))
            versions = tuple(_naming(one, name.removeprefix(DATA_SET)) for one in found)
        else:
            versions = self._of_each_class(name)
        model = registry.find(ModelState, name.removeprefix(MODEL)) if family == "model" else None
        archived = [one.archived for one in versions if one.archived is not None]
        story = self._source.recorded([*self._state.note(f"story {name}", []), *archived])
        listed: dict[type[Aggregate], tuple[Aggregate, ...]] = {VersionState: versions}
        if model is not None:
            listed[ModelState] = (model,)
        return self._tested(family, self._part(story, listed), _days(story))

    def _found(self, keys: Iterable[str]) -> tuple[VersionState, ...]:
        found = (self._source.registry.find(VersionState, key) for key in sorted(keys))
        return tuple(one for one in found if one is not None)

    def _of_each_class(self, name: str) -> tuple[VersionState, ...]:
        """For each set of classes of data, one version of a model that is looked at, if any is.

        A model is asked only whether such a version is there, so one tells as much as thousands.
        """
        chosen = []
        for classes in self._state.note(f"classes {name}", []):
            for key in reversed(self._state.note(f"versions {name} {classes}", [])):
                version = self._source.registry.find(VersionState, key)
                if version is not None and self._is_looked_at(version):
                    chosen.append(version)
                    break
        return tuple(chosen)

    def _is_looked_at(self, version: VersionState) -> bool:
        archived = version.archived
        if archived is None:
            return True
        ended = self._source.recorded([archived])[0].entry.recorded_at
        return self._scope.period.overlaps(version.registered_at, ended)

    def _part(
        self, story: tuple[Recorded, ...], listed: dict[type[Aggregate], tuple[Aggregate, ...]]
    ) -> Part:
        history = History(story, Narrow(self._source.registry, listed))
        return Part(history, self._scope, _NOT_LOOKED_AT, facts=self._facts)

    def _tested(self, family: Family, part: Part, again: Iterable[str]) -> Unit:
        """The tests of a family; ``again`` are instants at which what they say may change."""
        tallies = {}
        for piece in self._pieces.of(family):
            tally = _tally(piece, part)
            if tally.population:
                tallies[piece.id] = tally
        if family == "version":
            for classes in self._pieces.classes:
                if part.holds(classes):
                    tallies[class_id(classes)] = Tally(1, 1)
        now = self._facts.as_of
        return Unit(
            min((one for one in again if one[:10] > now[:10] or one >= now), default=NEVER), tallies
        )


def _tally(piece: Piece, part: Part) -> Tally:
    parts = piece.use.test.parts
    if parts is None:
        return Tally(0, 0)
    tally = parts.tally(part, piece.use.arguments)
    return replace(tally, entries=())


def _naming(version: VersionState, data_set: str) -> VersionState:
    """A version as if it had been trained on one of its data sets alone."""
    held = tuple(one for one in version.data_sets if one.name == data_set)
    return version.model_copy(update={"data_sets": held})


def _days(story: Iterable[Recorded]) -> list[str]:
    """When each entry of a story leaves the days that are looked at."""
    return [_leaves(item.entry.recorded_at) for item in story]


def _leaves(instant: str) -> str:
    return (date.fromisoformat(instant[:10]) + timedelta(days=DAYS)).isoformat()


def _after(day: str) -> str:
    """The day after one."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
