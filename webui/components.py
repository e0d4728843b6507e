"""The component definition of this service for a framework, dated by the first entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.shipped import shipped_framework
from webui.reports.oscal import component_definition

if TYPE_CHECKING:
    from webui.wiring import Wiring


def definition(wiring: Wiring, framework: str) -> bytes:
    """The bytes of a component definition: the same for the same ledger and framework.

    Raises:
        InputError: no such framework ships.
    """
    found = shipped_framework(framework)
    begun = wiring.log.entry(0).recorded_at
    return component_definition(found, wiring.log.origin, f"{begun[:19]}Z")
