"""What a person must write, signed off: a statement for a control, or why it is set aside.

The text stands in the vault; the entry says for which control of which framework it stands, until
which day, and by whom. A later one replaces an earlier one of the same control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ledger.events.event import Event, named
from ledger.events.names import Day, PrivateText, Sha256, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping


class StatementSigned(Event):
    """A person stands for what a control asks people to write, until a day.

    ``document`` is the SHA-256 of a paper that says it at length, where there is one.
    """

    kind: ClassVar[str] = "statement.signed"

    framework: Slug
    control: Slug
    valid_until: Day
    document: Sha256 | None = None
    text: PrivateText

    @property
    def place(self) -> str:
        """What its draft is kept under."""
        return self.control

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"control:{self.control}")


class ControlSetAside(Event):
    """A person answers for a control not being applicable here, until a day, and says why."""

    kind: ClassVar[str] = "control.set_aside"

    framework: Slug
    control: Slug
    valid_until: Day
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"control:{self.control}")
