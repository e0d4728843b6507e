"""Facts about what a registry elsewhere did: not known where the event is of another kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.registries import RegistryChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.expression.evaluate import Value
    from policies.facts import Case


def _told(field: str) -> Callable[[Case], Value]:
    def work_out(case: Case) -> Value:
        if not isinstance(case.event, RegistryChanged):
            return None
        found: str | None = getattr(case.event, field)
        return found

    return work_out


REGISTRY_FACTS: Final[dict[str, Callable[[Case], Value]]] = {
    "registry.change": _told("change"),
    "registry.name": _told("name"),
    "registry.signature": _told("signature"),
    "registry.source": _told("registry"),
    "registry.told_by": _told("told_by"),
}
