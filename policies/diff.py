"""Two documents compared by what they mean: in sentences, and looser, tighter or both.

Looser means that something may be allowed which was refused; tighter, that something may be refused
which was allowed. A gate only ever adds requirements, so one more is tighter and one less is
looser. Conditions are compared in every world that they can tell apart (``policies.worlds``). What
can't be told is called both, which asks for somebody to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from policies.describe import describe, describe_review
from policies.directions import direction_of, merge
from policies.expression.evaluate import compile_condition
from policies.expression.parse import Either, parse
from policies.expression.words import words
from policies.names_used import field_types, field_values
from policies.prose import told
from policies.worlds import TooManyError, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.directions import Direction
    from policies.document import Document, Gate, Requirement
    from policies.expression.parse import Node
    from policies.worlds import World

_NEVER: Final = parse("false")
_ALWAYS: Final = parse("true")


@dataclass(frozen=True)
class Difference:
    """One difference: in which gate (or part of the document), what, and which way it goes."""

    place: str
    sentence: str
    direction: Direction


def diff(before: Document, after: Document) -> list[Difference]:
    """Every difference in meaning, in the order of the second document."""
    return list(_Diff(before, after).all())


def verdicts(differences: list[Difference]) -> dict[str, Direction]:
    """The direction of each gate: looser, tighter, both, or same (only words differ)."""
    found: dict[str, Direction] = {}
    for one in differences:
        found[one.place] = merge(found.get(one.place, "same"), one.direction)
    return found


class _Diff:
    def __init__(self, before: Document, after: Document) -> None:
        self._before = before
        self._after = after
        self._types = {**field_types(before), **field_types(after)}
        self._values = {**field_values(before), **field_values(after)}

    def all(self) -> Iterator[Difference]:
        """Kinds, gates, and the rest of the document."""
        yield from self._opens()
        old = {gate.id: gate for gate in self._before.gates}
        new = {gate.id: gate for gate in self._after.gates}
        for name, gate in new.items():
            if name not in old:
                yield self._gate_added(gate)
            elif old[name].event != gate.event:
                yield Difference(
                    name, f"{name} is about {gate.event}, was about {old[name].event}", "both"
                )
            else:
                yield from self._gate(old[name], gate)
        for name, gate in old.items():
            if name not in new:
                yield self._gate_removed(gate)
        yield from self._rest()

    def _opens(self) -> Iterator[Difference]:
        old, new = set(self._before.opens), set(self._after.opens)
        for kind in sorted(new - old):
            yield Difference("opens", f"{kind} is opened; it was refused", "looser")
        for kind in sorted(old - new):
            yield Difference("opens", f"{kind} is no longer opened; it is refused", "tighter")

    def _gate_added(self, gate: Gate) -> Difference:
        new_kind = gate.event not in self._before.opens
        asks = "; ".join(describe(item) for item in gate.require)
        where = f" where {words(parse(gate.when))}" if gate.when is not None else ""
        sentence = f"gate added for {gate.event}{where}: {asks}"
        direction = "same" if new_kind else self._applies(gate.event, _NEVER, _when(gate))
        return Difference(gate.id, sentence, direction)

    def _gate_removed(self, gate: Gate) -> Difference:
        closed = gate.event not in self._after.opens
        asks = "; ".join(describe(item) for item in gate.require)
        if closed:
            return Difference(gate.id, f"gate removed with its kind: {asks}", "tighter")
        direction = self._applies(gate.event, _when(gate), _NEVER)
        return Difference(gate.id, f"gate removed: {asks}", direction)

    def _gate(self, old: Gate, new: Gate) -> Iterator[Difference]:
        if old.when != new.when:
            yield self._when(old, new)
        was = {item.id: item for item in old.require}
        now = {item.id: item for item in new.require}
        for name, item in now.items():
            if name not in was:
                yield Difference(new.id, f"{name} added: {describe(item)}", "tighter")
            elif was[name] != item:
                yield self._requirement(new.id, was[name], item)
        for name, item in was.items():
            if name not in now:
                yield Difference(new.id, f"{name} removed: {describe(item)}", "looser")
        for name in type(new).model_fields:
            one, other = getattr(old, name), getattr(new, name)
            if name not in {"id", "event", "when", "require", "afterwards"} and one != other:
                direction = direction_of(name, one, other)
                yield Difference(
                    new.id, f"{name}: was {_shown(one)}, is {_shown(other)}", direction
                )

        yield from _duties(old, new)

    def _when(self, old: Gate, new: Gate) -> Difference:
        told = [words(parse(gate.when)) if gate.when else "always" for gate in (old, new)]
        way = self._applies(new.event, _when(old), _when(new))
        return Difference(new.id, f"applies where: was {told[0]}, is {told[1]}", way)

    def _requirement(self, gate: str, old: Requirement, new: Requirement) -> Difference:
        name = new.id
        if old.form != new.form:
            sentence = f"{name}: was {describe(old)}, is {describe(new)}"
            return Difference(gate, sentence, "both")
        if old.check is not None and new.check is not None:
            return self._check(gate, old, new)
        direction = direction_of(old.form, getattr(old, old.form), getattr(new, new.form))
        direction = merge(direction, _others(old, new))
        before, after = describe(old), describe(new)
        if before == after:
            before, after = _shown(old), _shown(new)
        return Difference(gate, f"{name}: was {before}; is {after}", direction)

    def _check(self, gate: str, old: Requirement, new: Requirement) -> Difference:
        direction = merge(
            self._met(parse(old.check or ""), parse(new.check or "")), _others(old, new)
        )
        if old.check == new.check:
            return Difference(gate, f"{new.id}: says {new.say}, said {old.say}", direction)
        told = [f"{words(parse(item.check or ''))} ({item.check})" for item in (old, new)]
        return Difference(gate, f"{new.id}: was {told[0]}; is {told[1]}", direction)

    def _applies(self, kind: str, old: Node, new: Node) -> Direction:
        """The direction of a gate that applies elsewhere.

        Where it newly applies it is tighter, unless no gate spoke there, so that all was refused;
        and the other way round. A ``when`` that is not known applies.
        """
        spoke, speaks = (
            Either((_NEVER, *(_when(one) for one in document.gates if one.event == kind)))
            for document in (self._before, self._after)
        )
        was, now, any_before, any_after = map(compile_condition, (old, new, spoke, speaks))
        everywhere = self._worlds(old, new, spoke, speaks)
        found: Direction = "both" if everywhere is None else "same"
        for world in everywhere or ():
            before, after = (answer(world.get) is not False for answer in (was, now))
            if after and not before:
                covered = any_before(world.get) is not False
                found = merge(found, "tighter" if covered else "looser")
            elif before and not after:
                covered = any_after(world.get) is not False
                found = merge(found, "looser" if covered else "tighter")
        return found

    def _met(self, old: Node, new: Node) -> Direction:
        """The direction of a check: looser where it is met in more worlds."""
        was, now = compile_condition(old), compile_condition(new)
        everywhere = self._worlds(old, new)
        found: Direction = "both" if everywhere is None else "same"
        for world in everywhere or ():
            before, after = (answer(world.get) is True for answer in (was, now))
            if before != after:
                found = merge(found, "looser" if after else "tighter")
        return found

    def _worlds(self, *nodes: Node) -> list[World] | None:
        """The worlds to look through; None where they are too many."""
        try:
            return worlds(nodes, self._types, self._values, unknown=True)
        except TooManyError:
            return None

    def _rest(self) -> Iterator[Difference]:
        """Roles, metrics, calendar and whatever else a document has."""
        done = {"format", "opens", "gates", "approvals_default"}
        for name in type(self._after).model_fields:
            one, other = getattr(self._before, name), getattr(self._after, name)
            if name in done or one == other:
                continue
            yield from _part(name, one, other)


def _duties(old: Gate, new: Gate) -> Iterator[Difference]:
    """What is owed afterwards, duty by duty."""
    was, now = ({duty.id: duty for duty in gate.afterwards} for gate in (old, new))
    for name, duty in now.items():
        if name not in was:
            yield Difference(new.id, f"{name} added: {describe_review(duty)}", "tighter")
        elif was[name] != duty:
            before, after = describe_review(was[name]), describe_review(duty)
            way = direction_of("duty", was[name], duty)
            yield Difference(new.id, f"{name}: was {before}; is {after}", way)
    for name, duty in was.items():
        if name not in now:
            yield Difference(new.id, f"{name} removed: {describe_review(duty)}", "looser")


def _part(name: str, one: Any, other: Any) -> Iterator[Difference]:
    if not isinstance(other, (dict, tuple)) and not isinstance(one, (dict, tuple)):
        direction = direction_of(name, one, other)
        yield Difference(name, f"was {_shown(one)}, is {_shown(other)}", direction)
        return
    old, new = _by_name(one), _by_name(other)
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        what = "added" if key not in old else "removed" if key not in new else "changed"
        direction = direction_of(name, old.get(key), new.get(key))
        yield Difference(name, f"{key} {what}: {_shown(new.get(key, old.get(key)))}", direction)


def _by_name(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return part
    return {str(getattr(item, "id", item)): item for item in part or ()}


def _others(old: Requirement, new: Requirement) -> Direction:
    """What stands beside the form of a requirement."""
    found: Direction = "same"
    for name in type(new).model_fields:
        if name not in {"id", new.form}:
            found = merge(found, direction_of(name, getattr(old, name), getattr(new, name)))
    return found


def _when(gate: Gate) -> Node:
    return _ALWAYS if gate.when is None else parse(gate.when)


def _shown(value: Any) -> str:
    return told(value) if isinstance(value, (BaseModel, tuple, bool)) or not value else str(value)
