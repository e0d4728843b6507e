"""Reports: made, listed, fetched as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.assurance import ReportIssued
from ledger.state.aggregates import ReportState
from ledger.state.assurance import StatementState
from webui.api.answer import json_answer, page_answer, text_answer
from webui.api.job import JobAnswer, accepted
from webui.api.model import Paging
from webui.api.route import PDF, Answer, Route
from webui.api.shapes import LackAnswer, PreparedAnswer, ReportAnswer, ReportWanted
from webui.api.strict import body_fields, number, optional_key, prefers_to_wait, read_query
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind, check_whole
from webui.jobs.book import is_long
from webui.jobs.kinds import REPORT, report_wanted

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker
    from webui.issuing import Wanted
    from webui.preparing import Lack


def _reports(asker: Asker) -> Response:
    query = read_query(Paging)
    found = asker.wiring.reader.reports(before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _report(asker: Asker, report: str) -> Response:
    return json_answer(asker.wiring.reader.report(number(report, "report")))


def _pdf(asker: Asker, report: str) -> Response:
    # Drawing and sealing load heavy libraries, and issuing comes with them.
    from webui.issuing import issued_file

    return text_answer(issued_file(asker.wiring, number(report, "report"))[1], PDF)


def _issue(asker: Asker) -> Response:
    wanted = body_fields(ReportWanted)
    check_kind(asker.scope, ReportIssued.kind)
    check_whole(asker.scope, wanted.models)
    if asker.proof is not None:
        raise ScopeError("A CI job's token issues no report.", remedy="Use an API token.")
    # Drawing and sealing load heavy libraries.
    from webui.issuing import Manner, check_may_issue, issue_report, issued_before, scope_wanted

    asked, key, waits = _wanted(wanted), optional_key(), prefers_to_wait()
    mine = f"report/{key}" if key else ""
    if waits or is_long(asker.wiring):
        scope = scope_wanted(asker.wiring, asked)
        if issued_before(asker.wiring, asker.actor, mine, asked) is None:
            check_may_issue(asker.wiring, asker.actor, asked, scope)
            return accepted(asker, REPORT, report_wanted(asked), key)
    issued = issue_report(asker.wiring, asker.actor, asked, Manner(mine))
    state = asker.wiring.reader.report(issued.sequence)
    answer = ReportAnswer(
        sequence=state.since,
        report=state.report,
        sealed=state.sealed,
        pages=state.pages,
        verdicts=state.verdicts,
        pdf=f"/api/v1/reports/{state.since}/pdf",
    )
    return json_answer(answer, 201)


def _wanted(said: ReportWanted) -> Wanted:
    from webui.issuing import Wanted

    return Wanted(
        said.framework,
        said.period_from or "",
        said.period_until or "",
        said.models,
        said.environments,
        said.sample,
    )


def _prepare(asker: Asker) -> Response:
    wanted = body_fields(ReportWanted)
    check_kind(asker.scope, ReportIssued.kind)
    from webui.issuing import check_may_issue, scope_wanted
    from webui.preparing import prepare

    asked = _wanted(wanted)
    check_may_issue(asker.wiring, asker.actor, asked, scope_wanted(asker.wiring, asked))
    found = prepare(asker.wiring, asked)
    return json_answer(
        PreparedAnswer(
            kind=found.kind,
            position=found.position,
            missing=_lacks(found.missing),
            expired=_lacks(found.expired),
            uncomputed=_lacks(found.uncomputed),
            failing=_lacks(found.failing),
        )
    )


def _lacks(found: tuple[Lack, ...]) -> tuple[LackAnswer, ...]:
    return tuple(
        LackAnswer(
            control=one.control,
            ref=one.ref,
            title=one.title,
            texts=one.texts,
            sentence=one.sentence,
        )
        for one in found
    )


def _statements(asker: Asker) -> Response:
    query = read_query(Paging)
    found = asker.wiring.reader.all_of(StatementState, before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


_REPORT = {"report": "The sequence number of the entry that issued it."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/reports",
        name="list_reports",
        says="Issued reports, newest first.",
        view=_reports,
        query=Paging,
        answers=(Answer(200, "A page of reports.", ReportState, page=True),),
    ),
    Route(
        method="POST",
        path="/v1/reports",
        name="issue_report",
        says="Make, seal and record a report. The token's scope must hold report.issued. Where the "
        "ledger is long, or it is preferred, a worker makes it.",
        view=_issue,
        needs="token",
        body="ReportWanted",
        long=True,
        answers=(
            Answer(201, "The report was issued.", ReportAnswer),
            Answer(202, "A worker makes it; Location says where to look how far it is.", JobAnswer),
        ),
    ),
    Route(
        method="POST",
        path="/v1/reports:missing",
        name="prepare_report",
        says="What a report will lack: texts that nobody wrote or that are over, tests that can't "
        "be computed. Nothing is recorded.",
        view=_prepare,
        needs="token",
        body="ReportWanted",
        answers=(Answer(200, "What lacks.", PreparedAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/statements",
        name="list_statements",
        says="What people signed for controls, and what they set aside; the texts are in entries.",
        view=_statements,
        query=Paging,
        answers=(Answer(200, "A page of statements.", StatementState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/reports/{report}",
        name="get_report",
        says="What is recorded of one report.",
        view=_report,
        parameters=_REPORT,
        answers=(Answer(200, "The report.", ReportState),),
    ),
    Route(
        method="GET",
        path="/v1/reports/{report}/pdf",
        name="get_report_pdf",
        says="The sealed PDF, if it is still the one that was issued.",
        view=_pdf,
        parameters=_REPORT,
        answers=(Answer(200, "The PDF.", media=PDF),),
    ),
)
