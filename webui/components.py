"""The component definition of this service for a framework, dated by the first entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.frameworks import framework_named
from webui.reports.oscal import component_definition

if TYPE_CHECKING:
    from webui.wiring import Wiring


def definition(wiring: Wiring, framework: str) -> bytes:
    """The bytes of a component definition: the same for the same ledger and framework.

    Raises:
        UnknownSubjectError: there is no such framework.
    """
    found = framework_named(wiring.reader, framework)
    begun = wiring.log.entry(0).recorded_at
    return component_definition(found, wiring.log.origin, f"{begun[:19]}Z")
