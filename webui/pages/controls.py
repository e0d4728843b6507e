"""Controls as they stand: a framework's dashboard, one control, its exceptions, the population."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from flask import Response, render_template, request
from markupsafe import Markup

from policies.controls.finding import VERDICTS
from policies.controls.shipped import FRAMEWORKS
from webui.cells import csv_line
from webui.frameworks import every_framework
from webui.here import wired
from webui.pages.frame import before, first_page, next_page
from webui.reports.appearance import HUMAN_PART_WORDS
from webui.reports.scene_svg import to_svg
from webui.reports.trend_scene import Stretch, stretches_scene, trend_scene
from webui.standing.board import board, control_named
from webui.standing.due import due_dates
from webui.standing.one import stood
from webui.standing.outside import shares
from webui.standing.population import (
    PRODUCTION,
    changes,
    deviations,
    every_change,
    every_deviation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from policies.controls.finding import Verdict
    from policies.controls.mapping import Framework
    from webui.standing.board import Board, Row
    from webui.standing.one import Stood

ON_A_PAGE: Final = 50
MOST_MODELS: Final = 500
_CSV: Final = "text/csv; charset=utf-8"


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = "/controls/<control>"
    blueprint.add_url_rule("/controls", "controls", _controls)
    blueprint.add_url_rule(one, "control", _control)
    blueprint.add_url_rule(f"{one}/exceptions", "control_exceptions", _exceptions)
    blueprint.add_url_rule(f"{one}/exceptions.csv", "control_exceptions_csv", _exceptions_csv)
    blueprint.add_url_rule("/population", "population", _population)
    blueprint.add_url_rule("/population.csv", "population_csv", _population_csv)


def _controls() -> ResponseReturnValue:
    wiring = wired()
    found = board(wiring, request.args.get("framework", FRAMEWORKS[0]))
    wanted = next((one for one in VERDICTS if one == request.args.get("verdict")), None)
    return render_template(
        "controls.html",
        frameworks=every_framework(wiring.reader),
        board=found,
        wanted=wanted,
        rows=_worst_first(found, wanted),
        due=due_dates(wiring, found.framework),
        shares=shares(wiring),
        verdicts=VERDICTS,
        human_words=HUMAN_PART_WORDS,
        drawing=_trend(found),
    )


def _worst_first(found: Board, wanted: Verdict | None) -> list[Row]:
    rows = [row for row in found.rows if wanted in {None, row.verdict}]
    return sorted(rows, key=lambda row: VERDICTS.index(row.verdict))


def _control(control: str) -> ResponseReturnValue:
    found = stood(wired(), control)
    return render_template(
        "control.html",
        stood=found,
        human_words=HUMAN_PART_WORDS,
        drawing=_stretches(found),
    )


def _exceptions(control: str) -> ResponseReturnValue:
    found = deviations(wired(), control, request.args.get("after", ""), ON_A_PAGE)
    following = ""
    if found.next:
        following = f"/controls/{control}/exceptions?{urlencode({'after': found.next})}"
    return render_template(
        "control_exceptions.html",
        control=control_named(wired().reader, control),
        found=found.found,
        first=f"/controls/{control}/exceptions" if request.args.get("after") else "",
        next=following,
    )


def _exceptions_csv(control: str) -> Response:
    wiring = wired()
    control_named(wired().reader, control)
    lines = (
        (one.test, "missing" if one.missing else "exception", *_numbers(one.entries), one.sentence)
        for one in every_deviation(wiring, control)
    )
    return _csv(f"{control}-exceptions.csv", ("test", "sort", "entries", "sentence"), lines)


def _population() -> ResponseReturnValue:
    wiring = wired()
    wanted = _wanted()
    found = changes(wiring, **wanted, before=before(), limit=ON_A_PAGE)
    name = wanted["control"]
    control = control_named(wiring.reader, name) if name else None
    return render_template(
        "population.html",
        found=found,
        wanted=wanted,
        control=control,
        query=urlencode({name: value for name, value in wanted.items() if value}),
        exceptions=deviations(wiring, name, limit=10) if name else None,
        models=wiring.reader.models(limit=MOST_MODELS),
        controls=[(each.short, _about_changes(each)) for each in every_framework(wiring.reader)],
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.entry),
    )


def _about_changes(framework: Framework) -> list[tuple[str, str]]:
    """The controls whose tests look at changes: id and reference."""
    return [
        (control.id, f"{control.ref} {control.title}")
        for control in framework.controls
        if any(use.test.id in {"T3", "T4", "T10"} for use in control.tests)
    ]


def _population_csv() -> Response:
    wiring = wired()
    wanted = _wanted()
    if wanted["control"]:
        control_named(wiring.reader, wanted["control"])
    lines = (
        (
            str(one.entry),
            one.at,
            "roll-back" if one.rollback else "deployment",
            one.model,
            one.version,
            one.environment,
            one.artifact,
            one.by,
            "" if one.release is None else str(one.release),
            one.status,
            " ".join(one.said),
        )
        for one in every_change(wiring, **wanted)
    )
    columns = (
        "entry",
        "at",
        "sort",
        "model",
        "version",
        "environment",
        "sha256",
        "by",
        "release",
        "status",
        "exceptions",
    )
    return _csv("production-changes.csv", columns, lines)


def _wanted() -> dict[str, str]:
    named = {name: request.args.get(name, "").strip() for name in ("model", "control")}
    return {**named, "environment": request.args.get("environment", PRODUCTION).strip()}


def _numbers(entries: Iterable[int]) -> tuple[str]:
    return (" ".join(map(str, entries)),)


def _csv(name: str, columns: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> Response:
    def body() -> Iterator[bytes]:
        yield csv_line(columns)
        for cells in lines:
            yield csv_line(cells)

    answer = Response(body(), mimetype="text/csv", content_type=_CSV)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def _trend(found: Board) -> Markup | None:
    if len(found.trend) <= 1:
        return None
    points = [(point.month, point.counts) for point in found.trend]
    scene = trend_scene(points, f"Verdicts of {found.short} at the end of each month")
    return Markup(to_svg(scene))  # noqa: S704 (the painter escapes)


def _stretches(found: Stood) -> Markup | None:
    """The stretches of a control's verdicts, as far as its newest turns go back."""
    if not found.turns or not found.as_of:
        return None
    last = date.fromisoformat(found.as_of[:10])
    ends, stretches = last, []
    for turn in found.turns:
        verdict = next((one for one in VERDICTS if one == turn.verdict), None)
        if verdict is None:
            continue
        begins = date.fromisoformat(turn.at[:10])
        stretches.append(Stretch(begins, ends, verdict))
        ends = begins
    if stretches[-1].begins == last:
        return None
    title = f"Verdicts of {found.row.ref} over time"
    return Markup(to_svg(stretches_scene(stretches[::-1], title)))  # noqa: S704 (escaped there)
