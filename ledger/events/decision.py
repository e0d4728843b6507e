"""A decision is a recorded fact: allowed or refused, under which policy, and why.

The ledger knows the type because decisions stand in entries; what decides lives elsewhere and is
handed in as a function.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Final, Literal

from pydantic import Field

from ledger.core.encoding import canonical
from ledger.events.names import Count, Sequence, Sha256, Slug, Value

Outcome = Literal["allow", "deny"]
ResultState = Literal["met", "unmet", "not_known", "warned", "bypassed", "owed"]
_MISSING: Final = frozenset({"unmet", "not_known"})


class Result(Value):
    """What one requirement said.

    ``warned`` is what is not met while its gate only warns, ``bypassed`` what is not met and is let
    through by an exception, whose entry is all that ``by`` holds, ``owed`` a review that an allowed
    event brings with it: these stop nothing. ``code`` and ``params`` become a sentence through one
    table (policies.reasons); otherwise ``by`` are the entries that met the requirement.
    """

    worked_out: ClassVar = ("_hashed",)

    gate: Slug
    requirement: Slug
    state: ResultState
    code: str
    params: dict[Slug, str | Count | list[str]] = Field(default_factory=dict)
    by: tuple[Sequence, ...] = ()

    def __hash__(self) -> int:
        """So that equal results are found again."""
        return self._hashed

    @cached_property
    def _hashed(self) -> int:
        plain = frozenset([value for value in self.params.values() if value.__class__ is not list])
        return hash((self.gate, self.requirement, self.code, self.by, plain))


class Decision(Value):
    """Allowed or refused, under the policy of this digest and this version of the engine."""

    worked_out: ClassVar = ("canonical",)

    outcome: Outcome
    policy: Sha256
    engine: Count
    results: tuple[Result, ...] = ()

    @cached_property
    def canonical(self) -> bytes:
        """The decision in canonical JSON, as entries hold it."""
        return canonical(self.model_dump(mode="json", exclude_defaults=True))

    @property
    def allowed(self) -> bool:
        """Whether the command may become an event."""
        return self.outcome == "allow"

    @property
    def unmet(self) -> tuple[Result, ...]:
        """What is missing, in the order in which the gates spoke."""
        return tuple(result for result in self.results if result.state in _MISSING)

    @property
    def warned(self) -> tuple[Result, ...]:
        """What would be missing if the gates that warn were enforced."""
        return tuple(result for result in self.results if result.state == "warned")

    @property
    def bypassed(self) -> tuple[Result, ...]:
        """What is missing and was let through by an exception."""
        return tuple(result for result in self.results if result.state == "bypassed")

    @property
    def owed(self) -> tuple[Result, ...]:
        """The reviews that this brings with it."""
        return tuple(result for result in self.results if result.state == "owed")
