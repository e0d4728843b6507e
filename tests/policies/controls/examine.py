"""Runs one test over a told story."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from policies.controls.material import Material
from policies.controls.outside import Anchor, Integrity
from policies.controls.primitives import TESTS
from policies.controls.scope import Period, Scope

if TYPE_CHECKING:
    from ledger.state.history import History
    from policies.controls.finding import Finding
    from tests.policies.controls.story import Story

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def verified(history: History) -> Integrity:
    """Everything verified, and a guard that holds the last root."""
    return Integrity(history.position, (), (Anchor("the guard", history.position),))


def examine(
    story: Story,
    test: str,
    *,
    period: Period = YEAR,
    models: tuple[str, ...] = (),
    **arguments: Any,
) -> Finding:
    """The finding of one test over the story's history."""
    history = story.history()
    material = Material(history, Scope(period, models), verified(history))
    found = TESTS[test]
    return found.run(material, found.arguments(**arguments))


def told(finding: Finding) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Exceptions as plain values."""
    return tuple((item.entries, item.sentence) for item in finding.exceptions)
