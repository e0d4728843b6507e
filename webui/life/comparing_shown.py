"""A comparison as charts, and as sections of a PDF: the same lines as page and JSON have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.reports.model import Callout, Column, Figure, Section, Table
from webui.reports.points import Point, Points, points_scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.life.comparing import ApprovalLine, Comparison, Line, MetricLine, Reading
    from webui.reports.model import Block
    from webui.reports.scene import Scene
    from webui.wiring import Wiring

_MOST_CHARTS: Final = 12
_DASH: Final = "\N{EN DASH}"
SIGNIFICANCE_WORDS: Final = {
    "significant": "significant",
    "not_significant": "not significant",
    "not_tested": "not tested",
    "": "",
}
HOW: Final = (
    "Differences are to the first version. A difference is called significant where the 95 % "
    "interval of the difference of two shares leaves out 0 (Newcombe's score interval, samples "
    "taken as independent). It is not tested where a sample size is missing or the metric is no "
    "share of its sample."
)


def metric_scene(comparison: Comparison) -> Scene | None:
    """The metrics that at least two versions share, drawn; None where there are none."""
    groups = [
        Points(_title(line), _points(comparison, line))
        for line in comparison.metrics
        if sum(reading is not None for reading in line.readings) > 1
    ]
    if not groups:
        return None
    return points_scene(groups[:_MOST_CHARTS], f"Metrics of {comparison.model}")


def _title(line: MetricLine) -> str:
    better = "higher" if line.higher_is_better else "lower"
    return f"{line.name} on {line.data_set} ({better} is better)"


def _points(comparison: Comparison, line: MetricLine) -> tuple[Point, ...]:
    return tuple(
        Point(
            side.version,
            float(reading.value),
            reading.value,
            float(reading.low) if reading.low else None,
            float(reading.high) if reading.high else None,
        )
        for side, reading in zip(comparison.versions, line.readings, strict=True)
        if reading is not None
    )


def comparison_pdf(wiring: Wiring, comparison: Comparison, name_of: Callable[[str], str]) -> bytes:
    """The comparison as an annex."""
    # Drawing loads heavy libraries.
    from webui.life.annex import annex_pdf

    names = ", ".join(side.version for side in comparison.versions)
    return annex_pdf(
        wiring,
        f"Versions of {comparison.model} compared",
        f"{names}, side by side",
        f"{comparison.model} {names}",
        sections(comparison, name_of),
    )


def sections(comparison: Comparison, name_of: Callable[[str], str]) -> tuple[Section, ...]:
    """The comparison for print."""
    head = tuple(Column(side.version, 4) for side in comparison.versions)
    parts = (
        ("Facts", comparison.facts),
        ("Code", comparison.code),
        ("Data sets", comparison.data_sets),
        ("Parameters", comparison.parameters),
        ("Packages", comparison.packages),
        ("Documents (SHA-256)", comparison.documents),
    )
    made = [_measured(comparison, head)]
    made += [Section(title, (_table(title, lines, head),)) for title, lines in parts if lines]
    if comparison.approvals:
        made.append(_approvals(comparison.approvals, head, name_of))
    return tuple(made)


def _measured(comparison: Comparison, head: tuple[Column, ...]) -> Section:
    if not comparison.metrics:
        return Section("Metrics", (Callout("note", "No metric is recorded for these versions."),))
    rows = tuple(
        (line.name, line.data_set, *(_cell(reading) for reading in line.readings))
        for line in comparison.metrics
    )
    columns = (Column("Metric", 3), Column("Measured on", 3), *head)
    blocks: list[Block] = [Table(columns, rows)]
    scene = metric_scene(comparison)
    if scene is not None:
        caption = "Whiskers are 95 % intervals of shares"
        blocks.append(Figure(scene, caption, scene.description))
    return Section("Metrics", (*blocks, Callout("limit", HOW)))


def _cell(reading: Reading | None) -> str:
    if reading is None:
        return _DASH
    said = reading.value
    if reading.sample_size:
        said += f" (n = {reading.sample_size:,})"
    if reading.difference:
        said += f"; {reading.difference} {reading.verdict}"
    if reading.difference_low:
        said += f" ({reading.difference_low} to {reading.difference_high})"
    if reading.significance:
        said += f", {SIGNIFICANCE_WORDS[reading.significance]}"
    return said


def _table(title: str, lines: tuple[Line, ...], head: tuple[Column, ...]) -> Table:
    rows = tuple(
        (line.name, *(value or _DASH for value in line.values), "" if line.same else "differs")
        for line in lines
    )
    different = sum(not line.same for line in lines)
    return Table(
        (Column("Name", 4), *head, Column("", 2)),
        rows,
        f"{title}: {different} of {len(lines)} differ",
    )


def _approvals(
    lines: tuple[ApprovalLine, ...], head: tuple[Column, ...], name_of: Callable[[str], str]
) -> Section:
    rows = tuple(
        (
            line.environment,
            *(
                _DASH
                if one is None
                else f"{one.status}, release {one.release}"
                f"{''.join(f', {name_of(actor)}' for actor in one.approvers)}"
                for one in line.releases
            ),
        )
        for line in lines
    )
    return Section("Releases and approvals", (Table((Column("Environment", 3), *head), rows),))
