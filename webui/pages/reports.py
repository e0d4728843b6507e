"""Reports: made, listed, taken home."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Response, flash, redirect, render_template, request

from ledger.bundle import make_bundle
from ledger.errors import InputError, RefusedError
from webui.frameworks import frameworks_of
from webui.here import wired
from webui.jobs.book import is_long
from webui.jobs.kinds import REPORT, report_wanted
from webui.pages.asking import refused
from webui.pages.frame import before, first_page, me, next_page
from webui.pages.jobs import have_done
from webui.reports.assemble.kinds import kinds_with, report_kind

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from webui.issuing import Wanted

ON_A_PAGE = 50
_LONGEST_NUMBER = 15


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/reports", "reports", _reports)
    blueprint.add_url_rule("/reports", "make_report", _make, methods=["POST"])
    blueprint.add_url_rule("/reports/missing", "prepare_report", _prepare, methods=["POST"])
    blueprint.add_url_rule("/reports/<int:number>.pdf", "report_file", _file)
    blueprint.add_url_rule("/reports/<int:number>.zip", "report_bundle", _bundle)


def _reports() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.reports(before=before(), limit=ON_A_PAGE)
    today = wiring.now().date()
    return render_template(
        "reports.html",
        reports=found,
        long=is_long(wiring),
        kinds=tuple(kinds_with(frameworks_of(wiring.reader)).values()),
        models=wiring.reader.models(limit=500),
        since=(today - timedelta(days=90)).isoformat(),
        until=today.isoformat(),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _make() -> ResponseReturnValue:
    # Drawing and sealing load heavy libraries.
    from webui.issuing import check_may_issue, issue_report, scope_wanted

    wiring, wanted = wired(), _wanted(request.form)
    try:
        if is_long(wiring):
            check_may_issue(wiring, me().actor, wanted, scope_wanted(wiring, wanted))
            return have_done(REPORT, report_wanted(wanted), request.form.get("once", ""))
        issued = issue_report(wiring, me().actor, wanted)
    except RefusedError as error:
        return refused(int(error.numbers["entry"]), "/reports")
    flash(
        f"The report {issued.report} is made: {issued.pages} pages, entry {issued.sequence}.", "ok"
    )
    return redirect("/reports")


def _prepare() -> ResponseReturnValue:
    """What the report will lack; only whoever may make one has the whole ledger read."""
    from webui.issuing import check_may_issue, scope_wanted
    from webui.preparing import prepare

    wiring, wanted = wired(), _wanted(request.form)
    try:
        check_may_issue(wiring, me().actor, wanted, scope_wanted(wiring, wanted))
    except RefusedError as error:
        return refused(int(error.numbers["entry"]), "/reports")
    return render_template(
        "prepared.html",
        found=prepare(wiring, wanted),
        kind=report_kind(wanted.kind, frameworks_of(wiring.reader)),
        wanted=wanted,
    )


def _wanted(said: MultiDict[str, str]) -> Wanted:
    """What a form or a question asks for."""
    from webui.issuing import PRODUCTION, Wanted

    sample = said.get("sample", "").strip()
    environments = tuple(said.get("environments", "").replace(",", " ").split())
    return Wanted(
        kind=said.get("framework", "").strip(),
        period_from=said.get("from", "").strip(),
        period_until=said.get("until", "").strip(),
        models=tuple(said.getlist("models")),
        environments=environments or PRODUCTION,
        sample=_number(sample) if sample else None,
    )


def _number(said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise InputError("A sample is named by its entry's number.", pointer="/sample")
    return int(said)


def _file(number: int) -> ResponseReturnValue:
    from webui.issuing import issued_file

    state, data = issued_file(wired(), number)
    disposition = f'attachment; filename="{state.report}.pdf"'
    return Response(
        data, content_type="application/pdf", headers={"Content-Disposition": disposition}
    )


def _bundle(number: int) -> ResponseReturnValue:
    """The report's PDF with the entry that records it and a verifier, in one zip file."""
    from webui.issuing import issued_file

    wiring = wired()
    state, data = issued_file(wiring, number)
    made = make_bundle(wiring.log, [number], {f"{state.report}.pdf": data})
    disposition = f'attachment; filename="{state.report}-evidence.zip"'
    return Response(
        made, content_type="application/zip", headers={"Content-Disposition": disposition}
    )
