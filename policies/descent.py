"""Facts about what a version was made from: whether any of it is recalled, which links are weak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.recalls import recalls_of
from ledger.state.weak_links import of_version

if TYPE_CHECKING:
    from ledger.events.model import VersionRegistered
    from ledger.state.aggregates import VersionState
    from ledger.state.registry import Registry


def recalled(registry: Registry, made: VersionState | VersionRegistered | None) -> bool | None:
    """Whether a recall reaches it; None where that can't be known."""
    recalls = recalls_of(registry, made) if made else None
    return None if recalls is None else bool(recalls)


def weak(
    registry: Registry, made: VersionState | VersionRegistered | None
) -> tuple[str, ...] | None:
    """The weaknesses of its own links."""
    return of_version(registry, made, made.code, made.artifact) if made else None
