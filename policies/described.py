"""Facts about metadata: what the schema in force asks for and lacks, and what fields hold.

``metadata.required`` is known only where nothing lacks, so that a requirement ``fields:
[metadata.required]`` is met then and names what lacks otherwise. ``metadata.NAME`` is the field
NAME, as the document's ``metadata`` declares it; a disputed field is not known.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from ledger.events.metadata import MetadataStated
from ledger.events.model import ModelRegistered, VersionRegistered
from ledger.state import documentation, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policies.expression.evaluate import Value
    from policies.facts import Case

REQUIRED: Final = "metadata.required"
DOCUMENTED: Final = "documentation.required"


def missing(case: Case) -> tuple[str, ...]:
    """The fields that the model or version that is concerned must have and does not.

    None of a model that is not registered: folding says that it is not.
    """
    event, model = case.event, case.model
    schema = metadata.schema_in_force(case.registry)
    if isinstance(event, ModelRegistered):
        return metadata.missing(schema, "model", event.risk_tier, event.metadata or {})
    if model is None:
        return ()
    found = metadata.missing(schema, "model", model.risk_tier, _values(case, ""))
    version = _of_version(case)
    if version is None:
        return found
    return (*found, *metadata.missing(schema, "version", model.risk_tier, version))


def disputed(case: Case) -> tuple[str, ...] | None:
    """The fields of the model or version of which sources say different things."""
    if case.model is None:
        return None
    about = case.about
    names = [""] if not about.version else ["", about.version]
    held = (metadata.metadata_of(case.registry, about.model, name) for name in names)
    return tuple(name for one in held if one is not None for name in one.disputed())


def unwritten(case: Case) -> tuple[str, ...]:
    """The sections of the documentation that the version must have and has not."""
    model, version = case.model, case.version
    if model is None or version is None:
        return ()
    schema = metadata.schema_in_force(case.registry)
    held = documentation.documentation_of(case.registry, version.model, version.version)
    return documentation.unwritten(schema, model.risk_tier, held)


def _documented(case: Case) -> Value:
    return None if unwritten(case) else True


def _required(case: Case) -> Value:
    return None if missing(case) else True


def _source(case: Case) -> Value:
    return case.event.source if isinstance(case.event, MetadataStated) else None


def _of_version(case: Case) -> Mapping[str, str] | None:
    """What the fields of the version hold; None where no version is concerned."""
    event = case.event
    if isinstance(event, VersionRegistered):
        return event.metadata or {}
    return _values(case, case.about.version) if case.version is not None else None


def _values(case: Case, version: str) -> Mapping[str, str]:
    held = metadata.metadata_of(case.registry, case.about.model, version)
    return held.values() if held is not None else {}


def field_value(case: Case, name: str) -> Value:
    """What a field of the version, else of the model, holds, in the type that was declared."""
    declared = (case.document.metadata or {}).get(name)
    if declared is None:
        return None
    event = case.event
    if isinstance(event, ModelRegistered):
        own: Mapping[str, str] = event.metadata or {}
    else:
        own = {**_values(case, ""), **(_of_version(case) or {})}
    text = own.get(name)
    return None if text is None else _READ[declared.type](text)


def _number(text: str) -> Value:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _day(text: str) -> Value:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _text(text: str) -> Value:
    return text


_READ: Final[dict[str, Callable[[str], Value]]] = {
    "text": _text,
    "number": _number,
    "date": _day,
}
METADATA_FACTS: Final[dict[str, Callable[[Case], Value]]] = {
    "metadata.missing": missing,
    "metadata.disputed": disputed,
    REQUIRED: _required,
    "metadata.source": _source,
    "documentation.missing": unwritten,
    DOCUMENTED: _documented,
}
