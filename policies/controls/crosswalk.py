"""Which outcomes of two voluntary schemes the tested controls speak to: a crosswalk, not a test.

Rules:
- A row joins a duty of the EU AI Act, points of each scheme, and the shipped controls whose tests
  give evidence. It gives no verdict of its own: the controls' verdicts stand beside it.
- What a row names exists: points in their scheme, controls among the shipped ones.
- Words are our own. Every point of a scheme that asks for a statement of applicability is listed,
  also where no row leads to it, so that a person says whether it is included, and why.

Sources: NIST AI 100-1 (AI RMF 1.0); ISO/IEC 42001:2023, Annex A.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ledger.errors import InputError
from ledger.events.names import Slug
from policies.controls.mapping import Control, Framework, validated
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from policies.strict_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES: Final = ("nist-ai-rmf", "iso-42001")
_FILE: Final = "crosswalk.yaml"
_FROM: Final = "2023-01-01"

_Text = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Point(_Part):
    """A point of a scheme, in our words."""

    ref: _Text
    about: _Text


class Scheme(_Part):
    """A voluntary scheme. ``applicability``: of each point is stated whether it is included."""

    id: Slug
    short: _Text
    title: _Text
    source_version: _Text
    notice: _Text
    applicability: bool = False
    points: tuple[Point, ...] = Field(min_length=1)

    def control_id(self, point: Point) -> str:
        """The name under which a person states whether a point is included."""
        return f"{self.id}-{point.ref.lower().replace('.', '-').replace(' ', '-')}"


class _Row(_Part):
    id: Slug
    title: _Text
    law: _Text
    controls: tuple[Slug, ...] = Field(min_length=1)
    nist_ai_rmf: tuple[_Text, ...] = Field(alias="nist-ai-rmf")
    iso_42001: tuple[_Text, ...] = Field(alias="iso-42001")


class _Document(_Part):
    format: Literal["crosswalk/1"]
    schemes: tuple[Scheme, ...] = Field(min_length=1)
    rows: tuple[_Row, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Row:
    """A duty, the controls that give evidence of it, and the points of each scheme, by its id."""

    id: str
    title: str
    law: str
    controls: tuple[str, ...]
    points: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Crosswalk:
    """The schemes, and the rows that lead from controls to their points."""

    schemes: tuple[Scheme, ...]
    rows: tuple[Row, ...]

    def of_control(self, control: str) -> tuple[tuple[Scheme, tuple[str, ...]], ...]:
        """The points of each scheme that a control speaks to."""
        return tuple(
            (scheme, tuple(dict.fromkeys(found)))
            for scheme in self.schemes
            if (
                found := [
                    ref
                    for row in self.rows
                    if control in row.controls
                    for ref in row.points[scheme.id]
                ]
            )
        )

    def controls_of(self, scheme: str, ref: str) -> tuple[str, ...]:
        """The controls that speak to a point."""
        found = [name for row in self.rows if ref in row.points[scheme] for name in row.controls]
        return tuple(dict.fromkeys(found))

    @property
    def controls(self) -> tuple[str, ...]:
        """Every control that a row names, once."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.controls))


@cache
def shipped_crosswalk() -> Crosswalk:
    """The crosswalk that ships with the program."""
    return load_crosswalk(files("policies.controls").joinpath(_FILE).read_text(encoding="utf-8"))


def load_crosswalk(text: str) -> Crosswalk:
    """Read a crosswalk from strict YAML.

    Raises:
        PolicyError: it is not YAML, or not strict.
        InputError: an unknown field, point or control.
    """
    document = validated(_Document, read_yaml(text, _FILE), "")
    known = {one.id for name in FRAMEWORKS for one in shipped_framework(name).controls}
    refs = {scheme.id: {point.ref for point in scheme.points} for scheme in document.schemes}
    rows = tuple(_row(row) for row in document.rows)
    for index, row in enumerate(rows):
        named = [("controls", row.controls, known)]
        named += [(scheme, row.points[scheme], refs.get(scheme, set())) for scheme in SCHEMES]
        for field, names, there in named:
            strange = [name for name in names if name not in there]
            if strange:
                raise InputError(
                    f"The row {row.id} leads to {strange[0]}, which does not exist.",
                    pointer=f"/rows/{index}/{field}",
                    code="unknown-point",
                )
    return Crosswalk(document.schemes, rows)


def _row(row: _Row) -> Row:
    points = {"nist-ai-rmf": row.nist_ai_rmf, "iso-42001": row.iso_42001}
    return Row(row.id, row.title, row.law, row.controls, points)


@cache
def applicability(scheme: Scheme) -> Framework:
    """The points of a scheme as rows without tests: a person states of each whether it is included.

    Such rows are never assessed; they are what statements are written for.
    """
    return Framework(
        id=scheme.id,
        short=scheme.short,
        title=scheme.title,
        source_version=scheme.source_version,
        notice=scheme.notice,
        controls=tuple(_stated(scheme, point) for point in scheme.points),
    )


def _stated(scheme: Scheme, point: Point) -> Control:
    return Control(
        id=scheme.control_id(point),
        framework=scheme.id,
        ref=point.ref,
        title=point.about,
        source_version=scheme.source_version,
        applies_from=date.fromisoformat(_FROM),
        question="Is it included, and why or why not?",
        data=(),
        tests=(),
        evidence=("statement.signed",),
        human=("Whether it is included and in place, and why; or why it is left out",),
        exceptions_allowed=False,
    )
