"""The JSON of frameworks: their rows, and rows that somebody hands in."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from ledger.events.names import Count, Sequence, Sha256, Slug, Value

_Text = Annotated[str, StringConstraints(min_length=1, max_length=262_144)]


class FrameworkText(Value):
    """Rows of a framework in YAML, as ``docs/framework.schema.json`` describes them."""

    yaml: _Text


class FrameworkRow(Value):
    """A control: what it asks, by which tests it is answered, what people must write."""

    control: Slug
    ref: str
    title: str
    question: str
    tests: tuple[str, ...]
    human: tuple[str, ...]


class FrameworkAnswer(Value):
    """A framework. ``entry`` put its rows in force; those that ship with the program have none."""

    framework: Slug
    short: str
    title: str
    source_version: str
    digest: Sha256
    entry: Sequence | None
    controls: tuple[FrameworkRow, ...]


class FrameworksAnswer(Value):
    """Every framework that reports are made under."""

    frameworks: tuple[FrameworkAnswer, ...]


class FrameworkChecked(Value):
    """Rows that could be put in force; ``previous`` are those that they would replace."""

    framework: Slug
    digest: Sha256
    controls: Count
    previous: Sha256 | None
    in_force: bool
