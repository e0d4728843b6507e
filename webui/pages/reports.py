"""Reports: made, listed, taken home."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Response, flash, redirect, render_template, request

from ledger.errors import RefusedError
from policies.controls.shipped import FRAMEWORKS
from webui.here import wired
from webui.pages.asking import refused, text
from webui.pages.frame import before, first_page, me, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

ON_A_PAGE = 50


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/reports", "reports", _reports)
    blueprint.add_url_rule("/reports", "make_report", _make, methods=["POST"])
    blueprint.add_url_rule("/reports/<int:number>.pdf", "report_file", _file)


def _reports() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.reports(before=before(), limit=ON_A_PAGE)
    today = wiring.now().date()
    return render_template(
        "reports.html",
        reports=found,
        frameworks=FRAMEWORKS,
        models=wiring.reader.models(limit=500),
        since=(today - timedelta(days=90)).isoformat(),
        until=today.isoformat(),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _make() -> ResponseReturnValue:
    # Drawing and sealing load heavy libraries.
    from webui.issuing import issue_report

    models = tuple(request.form.getlist("models"))
    try:
        issued = issue_report(
            wired(), me().actor, text("framework"), text("from"), text("until"), models
        )
    except RefusedError as error:
        return refused(int(error.numbers["entry"]), "/reports")
    flash(
        f"The report {issued.report} is made: {issued.pages} pages, entry {issued.sequence}.", "ok"
    )
    return redirect("/reports")


def _file(number: int) -> ResponseReturnValue:
    from webui.issuing import issued_file

    state, data = issued_file(wired(), number)
    disposition = f'attachment; filename="{state.report}.pdf"'
    return Response(
        data, content_type="application/pdf", headers={"Content-Disposition": disposition}
    )
