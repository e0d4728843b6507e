"""All targets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fuzz import captured, entries, handed_in, kept, notes, passkeys, shown, taken_home

if TYPE_CHECKING:
    from tests.fuzz.target import Target

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        *notes.TARGETS,
        *entries.TARGETS,
        *taken_home.TARGETS,
        *kept.TARGETS,
        *handed_in.TARGETS,
        *passkeys.TARGETS,
        *shown.TARGETS,
        *captured.TARGETS,
    )
}
