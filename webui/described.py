"""Metadata as pages, API and commands see it: the schema in force, and what is said of each thing.

A field shows what every source says of it, newest word each; what it holds, unless that is
disputed; and what a person decided. Nothing is merged by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.metadata import FieldType, SchemaField, SchemaSection
from ledger.events.model import RiskTier
from ledger.events.names import Value
from ledger.state.aggregates import version_key
from ledger.state.metadata import MetadataState, Said, SchemaState, Settled, missing
from policies.metadata_schema import read_schema

if TYPE_CHECKING:
    from ledger.events.metadata import SchemaActivated
    from ledger.query import Reader

_IN_FORCE = "in-force"


class SchemaAnswer(Value):
    """The schema of metadata in force; ``entry`` is None where there never was one."""

    entry: int | None
    number: int
    digest: str | None
    fields: tuple[SchemaField, ...]
    sections: tuple[SchemaSection, ...] | None
    earlier: tuple[int, ...]


class FieldAnswer(Value):
    """A field: what it holds, and what each source says. ``type`` is None outside the schema."""

    field: str
    title: str
    type: FieldType | None
    help: str | None
    choices: tuple[str, ...]
    required_from: RiskTier | None
    missing: bool
    disputed: bool
    value: str | None
    said: tuple[Said, ...]
    settled: Settled | None


class DescribedAnswer(Value):
    """Every field of a model or version: those of the schema first, then others, by name."""

    model: str
    version: str | None
    missing: tuple[str, ...]
    disputed: tuple[str, ...]
    fields: tuple[FieldAnswer, ...]


def schema_of(reader: Reader) -> SchemaAnswer:
    """The schema in force."""
    held = reader.state_of(SchemaState, _IN_FORCE)
    if held is None:
        return SchemaAnswer(entry=None, number=0, digest=None, fields=(), sections=None, earlier=())
    return SchemaAnswer(
        entry=held.since,
        number=held.number,
        digest=held.digest,
        fields=held.fields,
        sections=held.sections,
        earlier=held.earlier,
    )


def described(reader: Reader, model: str, version: str = "") -> DescribedAnswer:
    """What is known of a model, or of one version.

    Raises:
        UnknownSubjectError: no such model or version.
    """
    found = reader.model(model)
    if version:
        reader.version(model, version)
    of = "version" if version else "model"
    schema = reader.state_of(SchemaState, _IN_FORCE)
    held = reader.state_of(MetadataState, version_key(model, version) if version else model)
    told = {one.field: one for one in held.told()} if held else {}
    rules = {one.name: one for one in (schema.fields if schema else ()) if one.of == of}
    lacking = missing(schema, of, found.risk_tier, held.values() if held else {})
    fields = []
    for name in dict.fromkeys([*rules, *told]):
        rule, one = rules.get(name), told.get(name)
        fields.append(
            FieldAnswer(
                field=name,
                title=rule.title if rule else name,
                type=rule.type if rule else None,
                help=rule.help if rule else None,
                choices=rule.choices if rule else (),
                required_from=rule.required_from if rule else None,
                missing=name in lacking,
                disputed=one.disputed if one else False,
                value=one.value if one else None,
                said=one.said if one else (),
                settled=one.settled if one else None,
            )
        )
    return DescribedAnswer(
        model=model,
        version=version or None,
        missing=lacking,
        disputed=held.disputed() if held else (),
        fields=tuple(fields),
    )


def drafted(reader: Reader, text: str, name: str = "schema.yaml") -> SchemaActivated:
    """The event that would put what somebody wrote in force.

    Raises:
        PolicyError: it can't be; it names the line.
    """
    held = reader.state_of(SchemaState, _IN_FORCE)
    return read_schema(text, name, held.digest if held else None)
