"""Which controls look at a kind of event. Every kind has one, or a written reason for none."""

from __future__ import annotations

from typing import Final

from policies.controls.shipped import FRAMEWORKS, shipped_framework

NO_CONTROL: Final[dict[str, str]] = {}
"""Kinds that no control names as evidence, each with the reason."""


def controls_for(kind: str) -> tuple[str, ...]:
    """Ids of the controls that name a kind as evidence, in the order of frameworks and rows."""
    return tuple(
        control.id
        for name in FRAMEWORKS
        for control in shipped_framework(name).controls
        if kind in control.evidence
    )
