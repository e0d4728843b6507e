"""Schemas of metadata as people write them, in YAML: read strictly, with the line of a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import ValidationError

from ledger.events.metadata import SchemaActivated, SchemaField, SchemaSection
from policies.document import plain, policy_error
from policies.part import Part
from policies.strict_yaml import read_yaml_with_places, write_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT: Final = "metadata/1"


class _Written(Part):
    format: Literal["metadata/1"]
    fields: tuple[SchemaField, ...]
    sections: tuple[SchemaSection, ...] | None = None


def read_schema(text: str, name: str = "schema", previous: str | None = None) -> SchemaActivated:
    """The event that puts a schema in force in place of ``previous``.

    Raises:
        PolicyError: it can't be read; it says where in the file, and what would be right.
    """
    data, places = read_yaml_with_places(text, name)
    try:
        written = _Written.model_validate(plain(data))
        return SchemaActivated(fields=written.fields, sections=written.sections, previous=previous)
    except ValidationError as error:
        raise policy_error(error, places, name) from None


def write_schema(
    fields: Iterable[SchemaField], sections: Iterable[SchemaSection] | None = None
) -> str:
    """A schema as somebody could have written it."""
    rows: list[dict[str, Any]] = []
    for one in fields:
        row = one.model_dump(mode="json", exclude_none=True)
        if not one.choices:
            del row["choices"]
        rows.append(row)
    written: dict[str, Any] = {"format": FORMAT, "fields": rows}
    if sections is not None:
        written["sections"] = [one.model_dump(mode="json", exclude_none=True) for one in sections]
    return write_yaml(written)
