"""Incidents: told of, listed with their clocks, and closed with an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from flask import render_template, request

from ledger.events.incident import Nature, Severity
from ledger.events.names import format_instant
from ledger.state.assurance import IncidentState
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

ON_A_PAGE: Final = 50
_HERE: Final = "/incidents"


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(_HERE, "incidents", _incidents)
    blueprint.add_url_rule(_HERE, "open_incident", _open, methods=["POST"])
    rule = f"{_HERE}/<int:number>/close"
    blueprint.add_url_rule(rule, "close_incident", _close, methods=["POST"])


def _incidents() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.all_of(IncidentState, before=before(), limit=ON_A_PAGE)
    told = {one.since: wiring.reader.tell(one.since).private for one in found}
    ended = {
        one.since: wiring.reader.tell(one.closed).private for one in found if one.closed is not None
    }
    return render_template(
        "incidents.html",
        found=found,
        told=told,
        ended=ended,
        severities=get_args(Severity),
        natures=get_args(Nature),
        now=format_instant(wiring.now())[:16],
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _open() -> ResponseReturnValue:
    fields = {
        "severity": text("severity"),
        "nature": text("nature"),
        "detected_at": _instant("detected_at"),
        "personal_data": bool(request.form.get("personal_data")),
        "serious": bool(request.form.get("serious")),
        "summary": text("summary"),
        **optional(
            model=text("model"), version=text("version"), environment=text("environment")
        ),
    }  # fmt: skip
    return concluded(ask("incident.opened", fields), "The incident is open.", _HERE)


def _close(number: int) -> ResponseReturnValue:
    fields = {
        "incident": number,
        "cause": text("cause"),
        "measures": text("measures"),
        **optional(
            authority_told_at=_instant("authority_told_at"),
            persons_told_at=_instant("persons_told_at"),
        ),
    }
    corrected = text("corrected_by")
    if corrected.isascii() and corrected.isdecimal():
        fields["corrected_by"] = int(corrected[:15])
    return concluded(ask("incident.closed", fields), "The incident is closed.", _HERE)


def _instant(field: str) -> str:
    """A moment as the browser gives it (UTC, to the minute) in RFC 3339."""
    said = text(field)
    if not said:
        return ""
    seconds = "" if said.count(":") > 1 else ":00"
    return said if said.endswith("Z") else f"{said}{seconds}Z"
