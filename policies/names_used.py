"""Every name that a policy document uses means something; what is misspelt is refused.

Kinds of event, roles, fields and their values, metrics, parties and ids. A name that means nothing
would not fail loudly later: a gate would never apply, an exclusion would exclude nobody.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ledger.events.catalogue import CATALOGUE
from policies.errors import PolicyError, did_you_mean
from policies.expression.check import check_condition
from policies.expression.parse import parse
from policies.fields import (
    FIELDS,
    METADATA_PREFIX,
    METADATA_TYPES,
    METRIC_PREFIX,
    METRIC_PREFIXES,
)
from policies.party import IN_AN_ENVIRONMENT, OF_A_RELEASE, OF_A_VERSION, VOTED_ON, has_party
from policies.strict_yaml import Path, Place, Places
from policies.ways import named, roles_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from policies.agreeing import Approvals
    from policies.document import ActorRule, Afterwards, Document, Gate, Requirement
    from policies.expression.check import Type
    from policies.party import Party


_GRANTED: Final = "release.granted"


def check_names(document: Document, places: Places, name: str = "") -> None:
    """Check every name.

    Raises:
        PolicyError: the first that means nothing, with its place and what was probably meant.
    """
    _Names(document, places, name).check()


def field_types(document: Document) -> dict[str, Type]:
    """The type of every field that the document's conditions may name."""
    types: dict[str, Type] = {path: field.type for path, field in FIELDS.items()}
    for prefix in METRIC_PREFIXES:
        types.update({prefix + name: "number" for name in document.metrics})
    for name, field in (document.metadata or {}).items():
        types[METADATA_PREFIX + name] = METADATA_TYPES[field.type]
    return types


def field_values(document: Document) -> dict[str, tuple[str, ...]]:
    """The only texts that a field can hold, for the fields that have such a list."""
    values = {path: field.values for path, field in FIELDS.items() if field.values}
    roles = tuple(document.roles)
    values.update({path: roles for path, field in FIELDS.items() if field.holds_roles})
    return values


def place_of(places: Places, path: Path) -> Place:
    """Where a path stands, or the nearest thing around it; zeros where nothing is known."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(0, 0))


class _Names:
    def __init__(self, document: Document, places: Places, name: str) -> None:
        self._document = document
        self._places = places
        self._name = name
        self._types = field_types(document)
        self._values = field_values(document)

    def check(self) -> None:
        document = self._document
        for metric in document.metrics:
            if METRIC_PREFIX + metric in FIELDS:
                raise self._wrong(f"{metric} is a fact of its own", ("metrics", metric))
        for name in document.metadata or ():
            if METADATA_PREFIX + name in FIELDS:
                raise self._wrong(f"{name} is a fact of its own", ("metadata", name))
        gated = {gate.event for gate in document.gates}
        for at, kind in enumerate(document.opens):
            self._kind(kind, ("opens", at))
            if kind not in gated:
                raise self._wrong(f"{kind} is opened but has no gate", ("opens", at))
        self._twice(document.opens, ("opens",), "kind")
        self._twice([gate.id for gate in document.gates], ("gates",), "id")
        self._twice([freeze.id for freeze in document.calendar or ()], ("calendar",), "id")
        self._twice([rule.id for rule in document.retention or ()], ("retention",), "id")
        for at, rule in enumerate(document.retention or ()):
            for place, kind in enumerate(rule.events):
                self._kind(kind, ("retention", at, "events", place))
        for at, gate in enumerate(document.gates):
            self._gate(gate, ("gates", at))

    def _gate(self, gate: Gate, path: Path) -> None:
        self._kind(gate.event, (*path, "event"))
        if gate.event not in self._document.opens:
            raise self._wrong(f"{gate.event} is not opened, so this gate never speaks", path)
        if gate.when is not None:
            self._condition(gate.when, (*path, "when"))
        names = [*(item.id for item in gate.require), *(item.id for item in gate.afterwards)]
        self._twice(names, (*path, "require"), "id")
        for at, duty in enumerate(gate.afterwards):
            self._duty(gate.event, duty, (*path, "afterwards", at))
        for at, item in enumerate(gate.require):
            self._requirement(gate.event, item, (*path, "require", at))

    def _duty(self, kind: str, duty: Afterwards, path: Path) -> None:
        if duty.while_running and kind != _GRANTED:
            raise self._wrong(f"a version runs under a {_GRANTED}, not under a {kind}", path)
        if duty.notify is not None:
            within = (*path, "notify")
            self._roles(duty.notify.holders_of, within)
            self._parties(kind, duty.notify.parties, within)

    def _requirement(self, kind: str, item: Requirement, path: Path) -> None:
        path = (*path, item.form)
        if item.bypass != "never" and kind not in IN_AN_ENVIRONMENT:
            raise self._wrong(f"{kind} is in no environment, so no exception is open for it", path)
        if item.check is not None:
            self._condition(item.check, path)
        if item.approvals is not None:
            self._approvals(kind, item.approvals, path)
        if item.actor is not None:
            self._actor(kind, item.actor, path)
        if (item.documents is not None or item.history is not None) and kind not in OF_A_VERSION:
            raise self._wrong(f"{kind} is not about one version", path)
        if item.wait is not None and kind not in VOTED_ON:
            raise self._wrong(f"{kind} is nothing that is asked for and waits", path)
        if item.not_vetoed_by is not None:
            if kind not in IN_AN_ENVIRONMENT:
                raise self._wrong(f"{kind} is about no version in an environment", path)
            self._roles(item.not_vetoed_by, path)
        self._known(item.fields or (), self._types, "There is no fact", path)
        freezes = [freeze.id for freeze in self._document.calendar or ()]
        self._known(item.not_during or (), freezes, "The calendar has no window", path)

    def _approvals(self, kind: str, rule: Approvals, path: Path) -> None:
        if kind not in VOTED_ON:
            raise self._wrong(f"{kind} is nothing that people approve", path)
        if rule.proof is not None and kind not in OF_A_RELEASE:
            raise self._wrong(f"a passkey signs approvals of releases, not of {kind}", path)
        if "approver" in rule.not_by:
            raise self._wrong("an approver can't be excluded from approving", path)
        for one, within in named(rule, path):
            before = tuple(role for seat in one.seats for role in seat.after or ())
            self._roles((*roles_of(one), *before), within)
            for seat in one.seats:
                if seat.role in (seat.after or ()):
                    raise self._wrong(f"The seat of {seat.role} can't come after itself", within)
        for bench in (bench for way in ways_of(rule) for bench in way):
            for role in (role for turn in bench.turns for role in turn.after):
                if role not in bench.roles:
                    raise self._wrong(f"No seat is for {role}, so nobody could go before", path)
        self._parties(kind, rule.not_by, path)

    def _actor(self, kind: str, rule: ActorRule, path: Path) -> None:
        self._roles(rule.any_role, path)
        self._parties(kind, rule.not_by, path)
        self._parties(kind, rule.parties, path)

    def _roles(self, roles: tuple[str, ...], path: Path) -> None:
        self._known(roles, self._document.roles, "There is no role", path)

    def _known(
        self, names: Iterable[str], known: Collection[str], sentence: str, path: Path
    ) -> None:
        for name in names:
            if name not in known:
                raise self._wrong(f"{sentence} {name}", path, did_you_mean(name, known))

    def _parties(self, kind: str, parties: tuple[Party, ...], path: Path) -> None:
        for party in parties:
            if not has_party(kind, party):
                raise self._wrong(f"{kind} has no {party}", path)

    def _kind(self, kind: str, path: Path) -> None:
        if kind not in CATALOGUE:
            remedy = did_you_mean(kind, CATALOGUE)
            raise self._wrong("There is no such kind of event", path, remedy)

    def _condition(self, text: str, path: Path) -> None:
        try:
            check_condition(parse(text), self._types, self._values)
        except PolicyError as error:
            at = place_of(self._places, path)
            raise PolicyError(
                error.bare,
                name=self._name,
                line=at.line,
                column=at.column,
                code=error.code,
                remedy=error.remedy,
            ) from None

    def _twice(self, names: list[str] | tuple[str, ...], path: Path, what: str) -> None:
        for name, number in Counter(names).items():
            if number > 1:
                raise self._wrong(f"The {what} {name} stands twice", path)

    def _wrong(self, sentence: str, path: Path, remedy: str = "") -> PolicyError:
        at = place_of(self._places, path)
        return PolicyError(
            f"{sentence}.", name=self._name, line=at.line, column=at.column, remedy=remedy
        )
