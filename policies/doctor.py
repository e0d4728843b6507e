"""The doctor: what a document that can be read is nevertheless ill with.

Errors: a gate that never applies, a check or a kind that can never be met, seats that the people
there are could never fill. Warnings: what is always so, said twice, or serves nothing. Each finding
has a path into the document, from which its line follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ledger.events.room import RoomOpened
from ledger.state.rooms import ROOM_ROLE
from policies.calendar import LONG, closed_for_long
from policies.describe import quorum_in_words
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.expression.write import write
from policies.fields import METADATA_PREFIX, METRIC_PREFIXES
from policies.matching import asks_no_more
from policies.mutate import fields_of
from policies.names_used import field_types, field_values
from policies.reasons import humanize
from policies.staffing import understaffed
from policies.ways import parts_at
from policies.worlds import TooManyError, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policies.agreeing import Quorum
    from policies.document import Document, Gate
    from policies.expression.parse import Node
    from policies.staffing import Holders, Signers
    from policies.strict_yaml import Path
    from policies.worlds import World

Level = Literal["error", "warning", "note"]
_LEVELS: Final = ("error", "warning", "note")
_TRUE: Final = parse("true")
_REFUSING: Final = "release.rejected"
_LIFTING: Final = "rejection.lifted"
_REVIEWING: Final = "review.completed"
_OVERDUE: Final = frozenset({"reviews.overdue", "reviews.overdue_here"})


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or likely not what was meant."""

    level: Level
    code: str
    sentence: str
    path: Path


def examine(
    document: Document, holders: Holders | None = None, signers: Signers | None = None
) -> list[Finding]:
    """Everything that the doctor finds, errors first, then in the order of the document.

    Args:
        document: one that can be read.
        holders: who holds which role in an installation, to find seats that nobody can fill.
        signers: who has a passkey there, to find those that nobody can fill by signing.
    """
    doctor = _Doctor(document)
    found = [
        *doctor.conditions(),
        *doctor.kinds(),
        *doctor.twice(),
        *doctor.branches(),
        *doctor.vetoes(),
        *doctor.duties(),
        *doctor.freezes(),
        *doctor.idle(),
    ]
    if holders is not None:
        found += [
            Finding(level, code, sentence, path)
            for level, code, sentence, path in understaffed(document, holders, signers or {})
        ]
    return sorted(found, key=lambda one: _LEVELS.index(one.level))


class _Doctor:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._types = field_types(document)
        self._values = field_values(document)

    def _worlds(self, nodes: list[Node], *, unknown: bool = False) -> list[World]:
        return worlds(nodes, self._types, self._values, unknown=unknown)

    def conditions(self) -> Iterator[Finding]:
        """Each ``when`` and each check by itself."""
        for at, gate in enumerate(self._document.gates):
            when = parse(gate.when) if gate.when is not None else _TRUE
            checks = [
                (number, item.id, parse(item.check))
                for number, item in enumerate(gate.require)
                if item.check is not None
            ]
            try:
                yield from self._gate(gate, ("gates", at), when)
                for number, name, check in checks:
                    path = ("gates", at, "require", number)
                    yield from self._check(f"{gate.id}/{name}", path, when, check)
            except TooManyError:
                yield Finding(
                    "note",
                    "not-looked-into",
                    f"{gate.id}: its conditions tell too many cases apart to look through all.",
                    ("gates", at),
                )

    def _gate(self, gate: Gate, path: Path, when: Node) -> Iterator[Finding]:
        if gate.when is None:
            return
        answer = compile_condition(when)
        seen = {answer(world.get) for world in self._worlds([when])}
        if True not in seen:
            sentence = f"{gate.id} never applies: its when is never true."
            yield Finding("error", "never-applies", sentence, (*path, "when"))
        elif False not in seen:
            sentence = f"{gate.id} always applies: its when is always true; leave it out."
            yield Finding("warning", "always-applies", sentence, (*path, "when"))

    def _check(self, name: str, path: Path, when: Node, check: Node) -> Iterator[Finding]:
        applies, met = compile_condition(when), compile_condition(check)
        everywhere = self._worlds([when, check])
        seen = {met(world.get) for world in everywhere if applies(world.get)}
        if seen and True not in seen:
            sentence = f"{name} can never be met where its gate applies."
            yield Finding("error", "never-met", sentence, (*path, "check"))
        elif seen == {True}:
            sentence = f"{name} is always met where its gate applies and its facts are known."
            yield Finding("warning", "always-met", sentence, (*path, "check"))

    def kinds(self) -> Iterator[Finding]:
        """Whether anything of each kind can be allowed, and where no gate speaks."""
        for at, kind in enumerate(self._document.opens):
            gates = [gate for gate in self._document.gates if gate.event == kind]
            try:
                yield from self._kind(kind, ("opens", at), gates)
            except TooManyError:
                sentence = f"{kind}: its gates tell too many cases apart to look through all."
                yield Finding("note", "not-looked-into", sentence, ("opens", at))

    def _kind(self, kind: str, path: Path, gates: list[Gate]) -> Iterator[Finding]:
        whens = [parse(gate.when) if gate.when is not None else _TRUE for gate in gates]
        silent = self._silent(whens)
        if silent is not None:
            where = _told(silent)
            sentence = f"{kind}: where {where}, no gate applies, so it is refused."
            yield Finding("warning", "no-gate-applies", sentence, path)
        rules = [
            (when, [parse(item.check) for item in gate.require if item.check is not None])
            for gate, when in zip(gates, whens, strict=True)
        ]
        if not self._allowed(rules):
            sentence = f"{kind} can never be allowed: its gates contradict each other."
            yield Finding("error", "never-allowed", sentence, path)

    def _silent(self, whens: list[Node]) -> World | None:
        answers = [compile_condition(when) for when in whens]
        found = self._worlds(whens)
        return next(
            (world for world in found if not any(answer(world.get) for answer in answers)), None
        )

    def _allowed(self, rules: list[tuple[Node, list[Node]]], **fixed: str) -> bool:
        """Whether some world meets every check of every gate that applies in it."""
        nodes = [node for when, checks in rules for node in (when, *checks)]
        answers = [
            (compile_condition(when), [compile_condition(check) for check in checks])
            for when, checks in rules
        ]
        for world in self._worlds(nodes):
            world.update({name.replace("__", "."): value for name, value in fixed.items()})
            applying = [checks for when, checks in answers if when(world.get)]
            if applying and all(check(world.get) for checks in applying for check in checks):
                return True
        return False

    def twice(self) -> Iterator[Finding]:
        """Gates and requirements that ask what another one asks already."""
        gates: dict[Any, str] = {}
        asked: dict[Any, str] = {}
        for at, gate in enumerate(self._document.gates):
            when = write(parse(gate.when)) if gate.when is not None else ""
            asks = [_meaning(item) for item in gate.require]
            same = gates.setdefault((gate.event, when, tuple(sorted(asks))), gate.id)
            if same != gate.id:
                sentence = f"{gate.id} asks the same as {same}, in the same cases."
                yield Finding("warning", "duplicate-gate", sentence, ("gates", at))
                continue
            for number, (item, text) in enumerate(zip(gate.require, asks, strict=True)):
                name = f"{gate.id}/{item.id}"
                before = asked.get((gate.event, when, text)) or asked.get((gate.event, "", text))
                if before is not None:
                    sentence = f"{name} asks what {before} asks already."
                    path = ("gates", at, "require", number)
                    yield Finding("warning", "duplicate-requirement", sentence, path)
                asked.setdefault((gate.event, when, text), name)

    def branches(self) -> Iterator[Finding]:
        """Choices of a quorum that nobody needs, because another asks for less."""
        for at, gate in enumerate(self._document.gates):
            for number, item in enumerate(gate.require):
                if item.approvals is not None:
                    path = ("gates", at, "require", number, "approvals")
                    yield from _idle_choices(f"{gate.id}/{item.id}", item.approvals, path)

    def vetoes(self) -> Iterator[Finding]:
        """Vetoes of a role that may not refuse, and vetoes that nobody could lift."""
        document = self._document
        for at, gate in enumerate(document.gates):
            for number, item in enumerate(gate.require):
                path: Path = ("gates", at, "require", number, "not_vetoed_by")
                name = f"{gate.id}/{item.id}"
                for role in item.not_vetoed_by or ():
                    if not self._may_refuse(role):
                        sentence = (
                            f"{name}: no gate lets {humanize(role)} refuse a release, so this role"
                            " has no veto."
                        )
                        yield Finding("warning", "idle-veto", sentence, path)
                if item.not_vetoed_by and _LIFTING not in document.opens:
                    sentence = (
                        f"{name}: {_LIFTING} is not opened, so a veto ends only where whoever"
                        " refused approves after all."
                    )
                    yield Finding("warning", "veto-for-ever", sentence, path)

    def _may_refuse(self, role: str) -> bool:
        """Whether every gate of refusing that always applies names the role."""
        gates = [gate for gate in self._document.gates if gate.event == _REFUSING]
        rules = [
            item.actor
            for gate in gates
            if gate.when is None
            for item in gate.require
            if item.actor is not None
        ]
        return bool(gates) and all(role in rule.any_role for rule in rules)

    def duties(self) -> Iterator[Finding]:
        """Reviews that nobody could make, and reviews that nothing waits for."""
        document = self._document
        conditions = [gate.when for gate in document.gates if gate.when is not None]
        conditions += [
            item.check for gate in document.gates for item in gate.require if item.check is not None
        ]
        asked = any(_OVERDUE & fields_of(parse(text)) for text in conditions)
        for at, gate in enumerate(document.gates):
            for number, duty in enumerate(gate.afterwards):
                path: Path = ("gates", at, "afterwards", number)
                name = f"{gate.id}/{duty.id}"
                if duty.due is not None and _REVIEWING not in document.opens:
                    sentence = (
                        f"{name}: {_REVIEWING} is not opened, so nobody can make this review."
                    )
                    yield Finding("error", "review-for-ever", sentence, path)
                elif duty.due is not None and not asked:
                    sentence = (
                        f"{name}: no condition asks for {' or '.join(sorted(_OVERDUE))}, so nothing"
                        " happens where nobody makes this review."
                    )
                    yield Finding("warning", "idle-review", sentence, path)

    def freezes(self) -> Iterator[Finding]:
        """Windows that together leave no open hour where they apply.

        A gate's windows are looked at with those of the gates of its kind that always apply.
        """
        windows = {window.id: window for window in self._document.calendar or ()}
        for at, gate in enumerate(self._document.gates):
            own = [n for n, item in enumerate(gate.require) if item.not_during is not None]
            if not own:
                continue
            names = {
                name
                for other in self._document.gates
                if other is gate or (other.event == gate.event and other.when is None)
                for item in other.require
                for name in item.not_during or ()
            }
            since = closed_for_long([windows[name] for name in sorted(names)])
            if since is not None:
                together = ", ".join(sorted(names))
                sentence = (
                    f"{gate.id}: the windows {together} leave no open hour for {LONG.days} days or"
                    f" more, as from {since:%Y-%m-%d}."
                )
                path: Path = ("gates", at, "require", own[0], "not_during")
                yield Finding("warning", "no-open-hour", sentence, path)

    def idle(self) -> Iterator[Finding]:
        """Roles and metrics that serve nothing, and roles that nobody can be given."""
        document = self._document
        named = set(_texts(document.gates))
        for role in document.roles:
            path = ("roles", role)
            if role not in named:
                sentence = f"No rule names the role {role}."
                yield Finding("warning", "idle-role", sentence, path)
            elif not self._can_be_given(role):
                sentence = f"No rule lets anybody be given the role {role}."
                yield Finding("warning", "role-never-given", sentence, path)
        conditions = [gate.when for gate in document.gates if gate.when is not None]
        conditions += [
            item.check for gate in document.gates for item in gate.require if item.check is not None
        ]
        used = set().union(*(fields_of(parse(text)) for text in conditions), named)
        for name in document.metrics:
            if not {prefix + name for prefix in METRIC_PREFIXES} & used:
                sentence = f"No condition names the metric {name}."
                yield Finding("note", "idle-metric", sentence, ("metrics", name))

        for name in document.metadata or ():
            if METADATA_PREFIX + name not in used:
                sentence = f"No condition names the field {name}."
                yield Finding("note", "idle-field", sentence, ("metadata", name))

    def _can_be_given(self, role: str) -> bool:
        if role == ROOM_ROLE and RoomOpened.kind in self._document.opens:
            return True
        gates = [gate for gate in self._document.gates if gate.event == "role.granted"]
        rules = [
            (
                parse(gate.when) if gate.when is not None else _TRUE,
                [parse(item.check) for item in gate.require if item.check is not None],
            )
            for gate in gates
        ]
        try:
            return self._allowed(rules, grant__role=role)
        except TooManyError:
            return True


def _idle_choices(name: str, rule: Quorum, path: Path) -> Iterator[Finding]:
    for at, part in enumerate(rule.one_of or ()):
        others = [
            other
            for place, other in enumerate(rule.one_of or ())
            if place != at
            and asks_no_more(other, part)
            # Of two that ask the same, the later one is idle.
            and (place < at or not asks_no_more(part, other))
        ]
        if others:
            sentence = (
                f"{name}: whoever meets this choice ({quorum_in_words(part)}) meets another one of"
                f" one_of already ({quorum_in_words(others[0])}), so it serves nothing."
            )
            yield Finding("warning", "idle-choice", sentence, (*path, "one_of", at))
    for part, within in parts_at(rule, path):
        yield from _idle_choices(name, part, within)


def _meaning(requirement: Any) -> str:
    """What a requirement asks, without its names."""
    return str(requirement.model_dump_json(exclude={"id", "say"}, exclude_none=True))


def _texts(value: Any) -> Iterator[str]:
    """Every text within a part of a document, and every text that its conditions name."""
    if isinstance(value, str):
        yield value
        yield from value.replace("'", '"').split('"')[1::2]
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _texts(item)
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            if name not in {"id", "title", "say", "controls", "event"}:
                yield from _texts(getattr(value, name))


def _told(world: Mapping[str, Any]) -> str:
    return " and ".join(f"{path} is {value}" for path, value in world.items()) or "nothing is known"
