"""Frameworks of an organisation's own: rows of controls, in force from an entry on.

The rows stand in the entry, so that a report over an earlier position is computed with the rows
that were in force there. What a row means is for ``policies.controls`` to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ledger.events.event import Event, named
from ledger.events.names import PrivateText, Sha256, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping


class FrameworkActivated(Event):
    """A framework of the organisation's own is in force from the next entry on.

    ``document`` is its rows, ``digest`` the SHA-256 of their canonical form; ``previous`` that of
    the rows that it replaces.
    """

    kind: ClassVar[str] = "framework.activated"

    framework: Slug
    digest: Sha256
    previous: Sha256 | None = None
    document: dict[str, Any]

    def subject_digests(self) -> Mapping[str, str]:
        return {f"framework:{self.framework}": self.digest}


class FrameworkWithdrawn(Event):
    """A framework of the organisation's own is no longer in force, for a reason."""

    kind: ClassVar[str] = "framework.withdrawn"

    framework: Slug
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"framework:{self.framework}")
