"""What a report says, without how it looks: sections of blocks, all frozen, all text.

Rules:
- A report stands at one position of one ledger. ``generated_at`` is the time of the last entry
  that it includes, not of the printing, so that the same facts give the same bytes.
- Verdicts are those of ``policies.controls.finding``. No field and no word of ours calls anything
  lawful or conforming; a person decides that.
- Text is plain text. No renderer interprets markup in it.

Drawn by ``webui.reports.pdf``, written as JSON by ``webui.reports.evidence_json``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.controls import finding
    from webui.reports.scene import Scene

Align = Literal["left", "right", "centre"]
CalloutKind = Literal["note", "limit", "warning"]
ChartShape = Literal["bars", "columns"]


@dataclass(frozen=True)
class Paragraph:
    """Running text. A line feed begins a new line."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A heading below the section's title; it stands in the table of contents."""

    text: str


@dataclass(frozen=True)
class KeyValue:
    """A name and what it is; ``mono`` sets the value in the fixed-width face (digests, keys)."""

    key: str
    value: str
    mono: bool = False


@dataclass(frozen=True)
class KeyValues:
    """A list of names and values, in the order given."""

    rows: tuple[KeyValue, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table. ``weight`` is its share of the width among all weights."""

    title: str
    weight: int = 1
    align: Align = "left"
    mono: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of plain cells below a repeated head.

    Raises:
        ValueError: no columns, or a row with another number of cells than there are columns.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.columns:
            msg = "a table needs a column"
            raise ValueError(msg)
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                msg = f"row {number} has {len(row)} cells for {len(self.columns)} columns"
                raise ValueError(msg)


@dataclass(frozen=True)
class Verdict:
    """A control and what its tests found.

    ``population`` is how many items there are, ``tested`` how many could be tested. ``exceptions``
    break the rule; ``missing`` are items whose proof is not in the ledger. ``entries`` are the
    sequence numbers that prove the verdict, ``tests`` name the tests and their versions.
    """

    control_ref: str
    question: str
    verdict: finding.Verdict
    sentence: str
    population: int
    tested: int
    exceptions: tuple[finding.Deviation, ...] = ()
    missing: tuple[finding.Deviation, ...] = ()
    entries: tuple[int, ...] = ()
    tests: tuple[str, ...] = ()
    human_part: finding.HumanPart = "none"


@dataclass(frozen=True)
class Figure:
    """A drawing. ``alternative_text`` says in words what it shows, for those who can't see it."""

    scene: Scene
    caption: str
    alternative_text: str


@dataclass(frozen=True)
class Bar:
    """One bar: its name and its height. ``verdict`` gives it that verdict's colour and sign."""

    label: str
    count: int
    verdict: finding.Verdict | None = None


@dataclass(frozen=True)
class Chart:
    """Counts as lying ``bars`` (few names) or standing ``columns`` (a series of months)."""

    bars: tuple[Bar, ...]
    caption: str
    shape: ChartShape = "bars"


@dataclass(frozen=True)
class Code:
    """Commands, a line each, to be typed as they stand."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Callout:
    """A text set apart: a note, a limit of what the report can say, or a warning."""

    kind: CalloutKind
    text: str


Block = (
    Paragraph | Heading | KeyValues | Table | Verdict | Figure | Chart | Code | Callout
)  # every renderer has a branch for each


@dataclass(frozen=True)
class Section:
    """A titled part of a report."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report over the first ``position`` entries of the ledger ``origin``.

    ``head`` is the root hash at that position as lower-case hex, ``summary`` counts verdicts (empty
    where the report has none), ``watermark`` is printed across every page of a demonstration.

    Raises:
        ValueError: ``generated_at`` is not in UTC, or the period ends before it begins.
    """

    title: str
    subtitle: str
    framework: str
    scope: str
    report_id: str
    origin: str
    position: int
    head: str
    period_from: date
    period_to: date
    generated_at: datetime
    generator: str
    sections: tuple[Section, ...]
    summary: Mapping[finding.Verdict, int] = field(default_factory=dict)
    classification: str = "Confidential"
    watermark: str | None = None

    def __post_init__(self) -> None:
        if self.generated_at.utcoffset() != timedelta(0):
            msg = "the time of a report is given in UTC"
            raise ValueError(msg)
        if self.period_to < self.period_from:
            msg = "the period ends before it begins"
            raise ValueError(msg)
