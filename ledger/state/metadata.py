"""What metadata is asked for, and what is said of each model and version, source by source.

Rules:
- A source's newest word on a field replaces its own earlier one, and nobody else's.
- Where the newest words of two sources differ, the field is *disputed* and holds nothing, until a
  person settles it. A settled field is disputed again when a source says something else afterwards.
- The registration is a source. Of a field that a version has by itself (its licence, its run, its
  commit, its parameters) it said what stands there.
- A value is of the type that the schema in force gives to its field.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, get_args

from ledger.errors import ConflictError, InputError, did_you_mean
from ledger.events.metadata import SchemaField, SchemaSection
from ledger.events.model import RiskTier
from ledger.events.names import Value
from ledger.state.aggregates import ActorState, Aggregate, Search, VersionState, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.events import metadata
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

REGISTRATION: Final = "registration"
"""The source of what was said when a model or version was registered."""
MOST_SAID: Final = 1_000
_IN_FORCE: Final = "in-force"
_TIERS: Final[tuple[str, ...]] = get_args(RiskTier)
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")
_LINK: Final = re.compile(r"https?://[^\s/@]+(/[^\s]*)?")
_PERSON: Final = re.compile(r"[0-9a-f]{32}")
_PARAMETER: Final = "parameters."
_RIGHT: Final = {
    "number": "a decimal such as 0.5",
    "date": "a day such as 2026-03-31",
    "link": "an address such as https://example.org/page",
    "person": "the id of somebody who is enrolled",
}


class SchemaState(Aggregate):
    """The schema of metadata in force; ``earlier`` are the entries of those before. One a log."""

    table: ClassVar[str] = "metadata_schema"
    fields: tuple[SchemaField, ...]
    sections: tuple[SchemaSection, ...] | None
    digest: str
    number: int
    by: str
    at: str
    earlier: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """There is one."""
        return _IN_FORCE


class Said(Value):
    """What a source says that a field holds, and the entry that says so."""

    field: str
    source: str
    value: str
    entry: int
    at: str
    by: str


class Settled(Value):
    """What a person decided that a field holds, over the statements of these entries."""

    field: str
    value: str
    entry: int
    at: str
    by: str
    over: tuple[int, ...]


class MetadataState(Aggregate):
    """What is said of a model, or of one version. Key: as the model's or version's."""

    table: ClassVar[str] = "metadata"
    model: str
    version: str
    said: tuple[Said, ...] = ()
    settled: tuple[Settled, ...] = ()

    @property
    def key(self) -> str:
        """The model, or model and version."""
        return _key(self.model, self.version)

    def search(self) -> Search:
        """Found by model and version, and by whether anything is disputed."""
        return Search(self.model, self.version, status="disputed" if self.disputed() else "settled")

    def told(self) -> tuple[FieldTold, ...]:
        """Every field of which something was said, by name."""
        found = []
        for name in sorted({one.field for one in self.said}):
            said = tuple(one for one in self.said if one.field == name)
            settled = next((one for one in self.settled if one.field == name), None)
            found.append(FieldTold(name, said, settled))
        return tuple(found)

    def disputed(self) -> tuple[str, ...]:
        """The fields of which sources say different things, and nobody has decided."""
        return tuple(one.field for one in self.told() if one.disputed)

    def values(self) -> dict[str, str]:
        """What each field holds; nothing of a disputed one."""
        return {one.field: one.value for one in self.told() if one.value is not None}


class FieldTold(NamedTuple):
    """What sources say of one field, and what was decided, if anything was."""

    field: str
    said: tuple[Said, ...]
    settled: Settled | None

    @property
    def disputed(self) -> bool:
        """Whether sources say different things that no decision has looked at."""
        if len({one.value for one in self.said}) < 2:  # noqa: PLR2004 (a dispute takes two)
            return False
        if self.settled is None:
            return True
        decided = self.settled
        return any(
            one.entry not in decided.over and one.value != decided.value for one in self.said
        )

    @property
    def value(self) -> str | None:
        """What the field holds; None where that is disputed."""
        if self.disputed:
            return None
        different = len({one.value for one in self.said}) > 1
        return self.settled.value if different and self.settled else self.said[-1].value


def schema_in_force(registry: Registry) -> SchemaState | None:
    """The schema of metadata, where one was ever put in force."""
    return registry.find(SchemaState, _IN_FORCE)


def metadata_of(registry: Registry, model: str, version: str = "") -> MetadataState | None:
    """What is said of a model, or of one version."""
    return registry.find(MetadataState, _key(model, version))


def missing(
    schema: SchemaState | None, of: str, tier: str, values: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields that a model or version of a tier must have and does not."""
    return tuple(
        one.name
        for one in (schema.fields if schema else ())
        if one.of == of
        and one.required_from is not None
        and _TIERS.index(tier) >= _TIERS.index(one.required_from)
        and one.name not in values
    )


def schema_activated(registry: Registry, event: metadata.SchemaActivated, place: Place) -> Changes:
    """A schema replaces the one that it was made from."""
    before = schema_in_force(registry)
    if event.previous != (before.digest if before else None):
        raise ConflictError(
            "Another schema is in force than the one this change was made from.",
            pointer="/event/previous",
            remedy="Name the digest of the schema in force, and none where there is none.",
        )
    digest = event.digest()
    if before is not None and before.digest == digest:
        raise ConflictError("This schema is in force already.", pointer="/event/fields")
    return (
        SchemaState(
            since=place.sequence,
            fields=event.fields,
            sections=event.sections,
            digest=digest,
            number=(before.number if before else 0) + 1,
            by=place.actor,
            at=place.at,
            earlier=(*before.earlier, before.since) if before else (),
        ),
    )


def registered(
    registry: Registry, model: str, version: str, values: Mapping[str, str] | None, place: Place
) -> Changes:
    """What was said when a model or version was registered, which the schema must know."""
    if not values:
        return ()
    schema = schema_in_force(registry)
    of = "version" if version else "model"
    if schema is not None:
        known = [one.name for one in schema.fields if one.of == of]
        for name in values:
            if name not in known:
                raise InputError(
                    f"The schema knows no field {name} of a {of}.",
                    pointer=f"/event/metadata/{name}",
                    remedy=did_you_mean(name, known) or "Name a field of the schema in force.",
                    code="unknown-field",
                )
    check_values(registry, of, values, "/event/metadata")
    fresh = MetadataState(since=place.sequence, model=model, version=version)
    return (_saying(fresh, REGISTRATION, values, place),)


def check_values(registry: Registry, of: str, values: Mapping[str, str], pointer: str) -> None:
    """Check that each value is of its field's type.

    Raises:
        InputError: ``invalid-metadata``; it names the field and what would be right.
    """
    schema = schema_in_force(registry)
    rules = {one.name: one for one in (schema.fields if schema else ()) if one.of == of}
    for name, value in values.items():
        rule = rules.get(name)
        if rule is not None and not _fits(registry, rule, value):
            right = _RIGHT.get(rule.type) or f"one of {', '.join(rule.choices)}"
            raise InputError(
                f"{rule.title} ({name}) is no {rule.type} here.",
                pointer=f"{pointer}/{name}",
                remedy=f"Write {right}.",
                code="invalid-metadata",
            )


def metadata_stated(registry: Registry, event: metadata.MetadataStated, place: Place) -> Changes:
    """A source says something; approvals before it are stale where it is about a version."""
    of = "version" if event.version else "model"
    version = _described(registry, event.model, event.version)
    if event.source == REGISTRATION:
        raise InputError(
            "What a registration says is said by registering.",
            pointer="/event/source",
            remedy="Name where this comes from, such as by_hand or mlflow.",
        )
    check_values(registry, of, event.values, "/event/values")
    before = metadata_of(registry, event.model, event.version or "")
    held = before or MetadataState(
        since=place.sequence, model=event.model, version=event.version or ""
    )
    if version is not None:
        held = _with_own(held, version, event.values)
    elif before is None:
        registry.model(event.model)
    said = _saying(held, event.source, event.values, place)
    if before is not None and said.values() == before.values() and said.said == before.said:
        raise ConflictError("This source says that already.", pointer="/event/values")
    return (said, *_changed(version, place))


def metadata_settled(registry: Registry, event: metadata.MetadataSettled, place: Place) -> Changes:
    """A person decides between what stands; it must be what the person looked at."""
    version = _described(registry, event.model, event.version)
    held = metadata_of(registry, event.model, event.version or "")
    told = next((one for one in held.told() if one.field == event.field), None) if held else None
    if held is None or told is None or not told.disputed:
        raise ConflictError(
            "Nothing is disputed about this field.",
            pointer="/event/field",
            remedy="Only a field of which sources say different things is decided.",
            code="not-disputed",
        )
    if {one.entry for one in told.said} != set(event.statements):
        raise ConflictError(
            "Other statements stand than the ones this decision looked at.",
            pointer="/event/statements",
            remedy="Look at what stands now, and decide on that.",
            code="other-statements",
        )
    of = "version" if event.version else "model"
    check_values(registry, of, {event.field: event.value}, "/event/value")
    decided = Settled(
        field=event.field,
        value=event.value,
        entry=place.sequence,
        at=place.at,
        by=place.actor,
        over=tuple(sorted({*event.statements})),
    )
    others = tuple(one for one in held.settled if one.field != event.field)
    return (held.but(settled=(*others, decided)), *_changed(version, place))


def own_value(version: VersionState, field: str) -> str | None:
    """What a version has in a field of its own, as its registration said."""
    if field.startswith(_PARAMETER):
        return version.parameters.get(field.removeprefix(_PARAMETER))
    code, used = version.code, version.environment_used
    own = {
        "licence": version.licence,
        "run": version.run,
        "trained_at": version.trained_at,
        "artifact.sha256": version.artifact.sha256,
        "artifact.uri": version.artifact.uri,
        "code.commit": code.commit if code else None,
        "code.repository": code.repository if code else None,
        "code.branch": code.branch if code else None,
        "environment.python": used.python if used else None,
    }
    return own.get(field)


def _key(model: str, version: str) -> str:
    return version_key(model, version) if version else model


def _described(registry: Registry, model: str, version: str | None) -> VersionState | None:
    if version is None:
        registry.model(model)
        return None
    found = registry.version(model, version)
    if found.state == "archived":
        raise ConflictError(
            "This version is archived; nothing is added to it.", pointer="/event/version"
        )
    return found


def _changed(version: VersionState | None, place: Place) -> Changes:
    return () if version is None else (version.but(facts_changed=place.sequence),)


def _with_own(held: MetadataState, version: VersionState, names: Iterable[str]) -> MetadataState:
    """With what the registration said of fields that a version has by itself."""
    there = {(one.field, one.source) for one in held.said}
    own = tuple(
        Said(
            field=name,
            source=REGISTRATION,
            value=value,
            entry=version.since,
            at=version.registered_at,
            by=version.registrant,
        )
        for name in names
        if (name, REGISTRATION) not in there and (value := own_value(version, name)) is not None
    )
    return held.but(said=(*held.said, *own)) if own else held


def _saying(
    held: MetadataState, source: str, values: Mapping[str, str], place: Place
) -> MetadataState:
    """With a source's words in place of its earlier ones; the same word again changes nothing."""
    before = {(one.field, one.source): one for one in held.said}
    for name, value in values.items():
        earlier = before.get((name, source))
        if earlier is not None and earlier.value == value:
            continue
        before.pop((name, source), None)
        before[name, source] = Said(
            field=name,
            source=source,
            value=value,
            entry=place.sequence,
            at=place.at,
            by=place.actor,
        )
    if len(before) > MOST_SAID:
        raise InputError(
            f"At most {MOST_SAID} statements are held of one version.", pointer="/event/values"
        )
    return held.but(said=tuple(before.values()))


def _fits(registry: Registry, rule: SchemaField, value: str) -> bool:
    if rule.type == "number":
        return _NUMBER.fullmatch(value) is not None
    if rule.type == "date":
        return _is_a_day(value)
    if rule.type == "choice":
        return value in rule.choices
    if rule.type == "link":
        return _LINK.fullmatch(value) is not None
    if rule.type == "person":
        return _PERSON.fullmatch(value) is not None and registry.find(ActorState, value) is not None
    return True


def _is_a_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
