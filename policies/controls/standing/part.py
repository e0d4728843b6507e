"""Material about one unit: what the tests look at is narrowed to it, they themselves are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ledger.state.registry import Kind, Registry
from policies.controls.material import Material
from policies.controls.people import People
from policies.controls.scope import Period, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.state.aggregates import Aggregate

DAYS: Final = 365
PRODUCTION: Final = ("production",)


def standing_scope(as_of: str) -> Scope:
    """The scope of what is kept up: 365 days to that of the last entry, whatever the model."""
    until = date.fromisoformat(as_of[:10])
    return Scope(Period(until - timedelta(days=DAYS - 1), until), (), PRODUCTION)


class Narrow(Registry):
    """A registry that finds everything, but lists only what it was given."""

    def __init__(
        self, behind: Registry, listed: Mapping[type[Aggregate], tuple[Aggregate, ...]]
    ) -> None:
        super().__init__()
        self._behind = behind
        self._listed = listed

    def find(self, kind: type[Kind], key: str) -> Kind | None:
        """The aggregate, or None."""
        return self._behind.find(kind, key)

    def all(self, kind: type[Any]) -> tuple[Any, ...]:
        """What was given of a kind."""
        return self._listed.get(kind, ())


@dataclass(frozen=True)
class Facts:
    """What is the same for every unit at a position."""

    people: People
    policies: tuple[tuple[int, str], ...]
    began: str
    as_of: str


NOTHING: Final = Facts(People({}, ()), (), "", "")


@dataclass(frozen=True)
class Part(Material):
    """The entries about one unit. ``facts`` are those of the whole that a test may ask for."""

    facts: Facts = NOTHING

    @cached_property
    def people(self) -> People:
        """Who held which role when, of everybody."""
        return self.facts.people

    @cached_property
    def began(self) -> str:
        """When the first entry of the ledger was recorded."""
        return self.facts.began

    @cached_property
    def as_of(self) -> str:
        """When the last entry of the ledger was recorded."""
        return self.facts.as_of

    @cached_property
    def policies(self) -> tuple[tuple[int, str], ...]:
        """Every policy ever activated."""
        return self.facts.policies
