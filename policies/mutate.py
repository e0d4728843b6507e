"""Mutants: a document with one rule weakened or changed, which some case must notice.

The document is walked by its models, so that a form of requirement that is new here is changed as
well: numbers are lowered, durations lengthened, days moved on, items of lists and optional settings
left out, truths turned off, conditions changed as ``expression.mutants`` says. A requirement is
dropped by putting a check in its place that is always met.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from policies.agreeing import Approvals, Quorum
from policies.document import Document, Gate, Requirement
from policies.expression.mutants import mutants
from policies.expression.parse import Field, Literal, parse
from policies.expression.write import write
from policies.fields import METRIC_PREFIXES
from policies.party import IN_AN_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.strict_yaml import Path

    Change = tuple[Path, str, Any]

_WORDS: Final = frozenset({"id", "title", "say", "controls", "event", "about", "unit", "bypass"})
"""What names or explains, and decides nothing; an ``event`` other than its own is no weakening.
``bypass`` is turned both ways by itself."""
_OF_QUORUMS: Final = frozenset(
    {
        "at_least",
        "seats",
        "all_of",
        "one_of",
        "may_overlap",
        "across_policies",
        "proof",
        "device_bound",
    }
)
_CONDITIONS: Final = frozenset({"when", "check"})
_DURATION: Final = re.compile(r"(PT?)([0-9]+)([DH])", re.ASCII)
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?", re.ASCII)


@dataclass(frozen=True)
class Mutant:
    """A changed document: where (a path into it), in which gate or metric, and what was changed.

    ``kind`` is the kind of event whose cases can notice it; empty where any could.
    """

    path: Path
    place: str
    what: str
    kind: str
    document: Document


def mutate(document: Document) -> Iterator[Mutant]:
    """Every mutant of a document."""
    for at, gate in enumerate(document.gates):
        for path, what, new in (*_gate(gate, ("gates", at)), *_bypasses(gate, ("gates", at))):
            place = gate.id
            if len(path) > _DEEP_ENOUGH and path[2] == "require":
                place = f"{gate.id}/{gate.require[int(path[3])].id}"
            yield Mutant(path, place, what, gate.event, _put(document, path, new))
    used = _paths_named(document)
    for name, metric in document.metrics.items():
        if {prefix + name for prefix in METRIC_PREFIXES} & used:
            metric_path: Path = ("metrics", name, "higher_is_better")
            turned = _put(document, metric_path, not metric.higher_is_better)
            yield Mutant(metric_path, f"metrics/{name}", "higher_is_better turned", "", turned)
    for at, freeze in enumerate(getattr(document, "calendar", None) or ()):
        for path, what, new in _changes(freeze, ("calendar", at)):
            yield Mutant(path, f"calendar/{freeze.id}", what, "", _put(document, path, new))


_DEEP_ENOUGH: Final = 3


def _gate(gate: Gate, path: Path) -> Iterator[Change]:
    if gate.when is not None:
        yield (*path, "when"), "when left out", None
        yield (*path, "when"), "when turned round", f"!({gate.when})"
    for at, item in enumerate(gate.require):
        dropped = Requirement(id=item.id, check="true", say="dropped")
        yield (*path, "require", at), "dropped", dropped
    yield from _changes(gate, path)


def _bypasses(gate: Gate, path: Path) -> Iterator[Change]:
    """What an exception lets through or not; only of kinds that one can be open for."""
    for at, item in enumerate(gate.require):
        if gate.event in IN_AN_ENVIRONMENT:
            other = "emergency" if item.bypass == "never" else "never"
            where = (*path, "require", at, "bypass")
            yield where, f"bypass {item.bypass} turned to {other}", other


def _changes(value: Any, path: Path) -> Iterator[Change]:
    if isinstance(value, BaseModel):
        yield from _of_model(value, path)
    elif isinstance(value, tuple):
        yield from _of_items(value, path)
    elif isinstance(value, bool):
        if value:
            yield path, f"{path[-1]} turned off", False
    elif isinstance(value, int):
        if value > 1:
            yield path, f"{path[-1]} {value} lowered to {value - 1}", value - 1
    elif isinstance(value, str):
        yield from _of_text(value, path)


def _of_model(value: BaseModel, path: Path) -> Iterator[Change]:
    for name, field in type(value).model_fields.items():
        inner = getattr(value, name)
        if name in _WORDS or inner is None:
            continue
        if name in _CONDITIONS:
            for what, node in mutants(parse(inner)):
                yield (*path, name), what, write(node)
            continue
        if isinstance(value, Quorum) and name in _OF_QUORUMS:
            continue
        if field.default is None and not isinstance(value, Requirement) and name != "require":
            yield (*path, name), f"{name} left out", None
        for change in _changes(inner, (*path, name)):
            # A form without anything left is the requirement dropped, which was done.
            if not (
                isinstance(value, Requirement) and change[0] == (*path, name) and not change[2]
            ):
                yield change
    if isinstance(value, Quorum):
        yield from _of_quorum(value, path)


def _of_approvals(rule: Approvals, path: Path) -> Iterator[Change]:
    """Approvals that count across policies or not, and what must be signed.

    A passkey that need not be bound is still one that signs.
    """
    turned = not rule.across_policies
    yield (*path, "across_policies"), f"across_policies turned to {turned}".lower(), turned
    if rule.proof is not None:
        unsigned = rule.model_copy(update={"proof": None, "device_bound": None})
        yield path, "proof left out", unsigned
    if rule.device_bound:
        yield (*path, "device_bound"), "device_bound left out", None


def _of_quorum(rule: Quorum, path: Path) -> Iterator[Change]:
    """Fewer people, and each seat left out; the number follows where nobody else could sit.

    Of quorums that are made of others: each of these left out, and people that may be the same.
    """
    if isinstance(rule, Approvals):
        yield from _of_approvals(rule, path)
    for name, parts in (("all_of", rule.all_of), ("one_of", rule.one_of)):
        if parts is not None:
            yield from _of_items(parts, (*path, name))
    if rule.all_of is not None and "all_of" not in path:
        turned = not rule.may_overlap
        yield (*path, "may_overlap"), f"may_overlap turned to {turned}".lower(), turned
    if rule.at_least is None:
        return
    seated = sum(seat.at_least for seat in rule.seats)
    if rule.at_least > max(1, seated):
        fewer = rule.model_copy(update={"at_least": rule.at_least - 1})
        yield path, f"at_least {rule.at_least} lowered to {rule.at_least - 1}", fewer
    for at, seat in enumerate(rule.seats):
        rest = (*rule.seats[:at], *rule.seats[at + 1 :])
        number = rule.at_least if rule.any_of else rule.at_least - seat.at_least
        if number:
            dropped = rule.model_copy(update={"seats": rest, "at_least": number})
            yield path, f"seat of {seat.role} left out", dropped
        yield from _changes(seat, (*path, "seats", at))


def _of_items(items: tuple[Any, ...], path: Path) -> Iterator[Change]:
    for at, item in enumerate(items):
        if path[-1] != "require":
            named = getattr(item, "type", getattr(item, "id", item))
            shown = named if isinstance(named, str) else f"number {at + 1}"
            yield path, f"{shown} left out of {path[-1]}", (*items[:at], *items[at + 1 :])
        if isinstance(item, BaseModel):
            yield from _changes(item, (*path, at))


def _of_text(text: str, path: Path) -> Iterator[Change]:
    duration = _DURATION.fullmatch(text)
    day = _DAY.fullmatch(text)
    if duration is not None:
        longer = f"{duration[1]}{int(duration[2]) + 1}{duration[3]}"
        yield path, f"{path[-1]} {text} lengthened to {longer}", longer
    elif day is not None:
        later = (date.fromisoformat(day[1]) + timedelta(days=1)).isoformat() + (day[2] or "")
        yield path, f"{path[-1]} {text} moved to {later}", later


def _put(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path; nothing is checked again."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, BaseModel):
        inner = _put(getattr(value, str(head)), rest, new)
        return value.model_copy(update={str(head): inner})
    if isinstance(value, dict):
        return {**value, head: _put(value[head], rest, new)}
    return tuple(_put(item, rest, new) if at == head else item for at, item in enumerate(value))


def _paths_named(document: Document) -> set[str]:
    """The facts that the conditions of a document name."""
    found: set[str] = set()
    for gate in document.gates:
        texts = [gate.when, *(item.check for item in gate.require)]
        for text in texts:
            if text is not None:
                found |= fields_of(parse(text))
    return found


def fields_of(node: Any) -> set[str]:
    """The fields that a condition names."""
    if isinstance(node, Field):
        return {node.path}
    if isinstance(node, Literal):
        return set()
    parts = [getattr(node, name, None) for name in ("part", "field", "left", "right")]
    inner = [part for part in parts if part is not None]
    return set().union(*map(fields_of, (*inner, *getattr(node, "parts", ()))))
