"""What the API takes and tells of drafts of statements, and of what is due."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ledger.events.names import Day, PrivateText, Value
from webui.api.strict import Query


class DraftWanted(Value):
    """A draft: its text (blanks may be left), and the day by which it is to be signed."""

    text: PrivateText
    due: Day | None = None


class DraftAnswer(BaseModel):
    """A draft. ``version`` counts its changes; the header ``ETag`` names it."""

    model_config = ConfigDict(frozen=True)

    control: str
    version: int
    author: str
    changed_by: str
    created_at: str
    changed_at: str
    due: str | None
    text: str


class DueStatementRow(BaseModel):
    """What is to be done for a control. ``day`` is empty where no day is set."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    control: str
    ref: str
    title: str
    state: str
    day: str
    overdue: bool
    draft_due: str
    drafted: str
    drafted_by: str


class DueStatementsAnswer(BaseModel):
    """What lacks, is over, ends within 120 days, or is drafted; the nearest day first."""

    model_config = ConfigDict(frozen=True)

    statements: tuple[DueStatementRow, ...]


class DueStatementsQuery(Query):
    """Of which framework."""

    framework: str = "soc2"
