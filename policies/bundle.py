"""Bundles: gates for a regulation or a habit, put on top of a base document.

A bundle can only tighten: it has gates, and the roles, metrics and calendar that they name, but
opens nothing, and no gate allows what another refuses. Base and bundles become one canonical
document with one digest: that is what people look at, agree to and put in force.

Its gates stand after those of the base, under ids that begin with the bundle's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, ValidationError

from ledger.events.names import Slug
from policies.calendar import Freeze
from policies.document import (
    Document,
    Gate,
    Keep,
    Metric,
    MetricName,
    Sentence,
    fill_in,
    plain,
    policy_error,
    without_defaults,
)
from policies.errors import PolicyError
from policies.part import Part
from policies.strict_yaml import Places, read_yaml_with_places

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHARED: Final = ("roles", "metrics")


class Bundle(Part):
    """Gates with what they name. ``source_version`` says which text of the rules they serve."""

    format: Literal["policy-bundle/1"]
    id: Slug
    title: Sentence
    summary: Sentence
    source_version: Sentence
    roles: dict[Slug, Sentence] = Field(default_factory=dict)
    metrics: dict[MetricName, Metric] = Field(default_factory=dict)
    calendar: tuple[Freeze, ...] = ()
    retention: tuple[Keep, ...] = ()
    gates: tuple[Gate, ...] = Field(min_length=1)


def load_bundle(text: str, base: Document, name: str = "") -> Bundle:
    """Read a bundle from YAML; what its quorums leave out comes from the base.

    Raises:
        PolicyError: what is wrong, where, and, for a misspelt name, what was probably meant.
    """
    data, places = read_yaml_with_places(text, name)
    filled = fill_in(plain(data), base.approvals_default)
    try:
        bundle = Bundle.model_validate(filled)
    except ValidationError as error:
        raise policy_error(error, places, name) from None
    _check_alone(bundle, base, places, name)
    return bundle


def is_bundle(text: str) -> bool:
    """Whether a text says of itself that it is a bundle."""
    return any(line.startswith("format: policy-bundle/") for line in text.splitlines())


def bundle_schema() -> dict[str, Any]:
    """The JSON Schema of bundles as people write them, for editors."""
    return without_defaults(Bundle.model_json_schema())


def compose(base: Document, bundles: Iterable[Bundle]) -> Document:
    """One document of a base and bundles, in their order.

    Raises:
        PolicyError: two of them say different things of one role, metric or window; or a gate
            names what nobody declares.
    """
    fields = base.canonical()
    for bundle in bundles:
        _join(fields, bundle)
    return Document.from_canonical(fields)


def _join(fields: dict[str, Any], bundle: Bundle) -> None:
    given = bundle.model_dump(mode="json", exclude_none=True)
    for shared in _SHARED:
        there = fields.setdefault(shared, {})
        for name, said in given[shared].items():
            if there.setdefault(name, said) != said:
                raise _twice(bundle, name)
    windows = {window["id"]: window for window in fields.get("calendar", [])}
    for window in given["calendar"]:
        if windows.setdefault(window["id"], window) != window:
            raise _twice(bundle, window["id"])
    if windows:
        fields["calendar"] = list(windows.values())
    begun = f"{bundle.id}-"
    kept = [{**rule, "id": begun + rule["id"]} for rule in given["retention"]]
    if kept:
        fields["retention"] = [*fields.get("retention", []), *kept]
    fields["gates"] = [*fields["gates"], *(_named(gate, begun) for gate in given["gates"])]
    if any(gate["id"].startswith(begun) for gate in fields["gates"][: -len(given["gates"])]):
        sentence = f"The bundle {bundle.id} is in the document already."
        raise PolicyError(sentence, code="bundle-twice")


def _named(gate: dict[str, Any], begun: str) -> dict[str, Any]:
    return {**gate, "id": begun + gate["id"]}


def _twice(bundle: Bundle, name: str) -> PolicyError:
    return PolicyError(
        f"The bundle {bundle.id} says something else of {name} than the document does.",
        code="bundle-differs",
    )


def _check_alone(bundle: Bundle, base: Document, places: Places, name: str) -> None:
    """Whether it fits on the base, with the place in its own file where it does not."""
    try:
        compose(base, [bundle])
    except PolicyError as error:
        gate = next((at for at, one in enumerate(bundle.gates) if one.id in error.bare), None)
        at = places.get(("gates", gate)) if gate is not None else None
        raise PolicyError(
            error.bare,
            name=name,
            line=at.line if at else 0,
            column=at.column if at else 0,
            code=error.code,
            remedy=error.remedy,
        ) from None
