"""What is true of incidents and of people's statements: one frozen value per thing."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.events.incident import Nature, Severity
from ledger.state.aggregates import Aggregate, Search, number_key

IncidentStatus = Literal["open", "closed"]


class IncidentState(Aggregate):
    """An incident. Key: the entry that opened it."""

    table: ClassVar[str] = "incident"
    severity: Severity
    nature: Nature
    detected_at: str
    opened_at: str
    opened_by: str
    model: str = ""
    version: str = ""
    environment: str = ""
    personal_data: bool = False
    serious: bool = False
    status: IncidentStatus = "open"
    closed: int | None = None
    closed_at: str | None = None
    corrected_by: int | None = None
    authority_told_at: str | None = None
    persons_told_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, self.version, self.environment, self.status, self.opened_by)


class StatementState(Aggregate):
    """What people last said of a control: a statement, or that it is set aside. Key: the control.

    ``signed`` and ``set_aside`` are the entries, each with the last day on which it holds.
    """

    table: ClassVar[str] = "statement"
    framework: str
    control: str
    signed: int | None = None
    signed_by: str = ""
    signed_until: str = ""
    document: str | None = None
    set_aside: int | None = None
    set_aside_by: str = ""
    set_aside_until: str = ""

    @property
    def key(self) -> str:
        return self.control

    def search(self) -> Search:
        return Search(status="signed" if self.signed is not None else "set_aside")
