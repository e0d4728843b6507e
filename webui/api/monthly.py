"""Reports of every month over the API: listed, begun, ended. Who may: ``webui.monthly.book``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.assurance import ReportIssued
from ledger.events.names import ActorId, ModelName, Slug, Value
from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.strict import Query, body_fields, read_query
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind, check_whole
from webui.monthly.book import Said, end, subscribe, subscriptions
from webui.reads import may_oversee

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker
    from webui.monthly.book import Monthly


class MonthlyWanted(Value):
    """A report to be made every month, and the people who are told. No models means all."""

    framework: Slug
    recipients: tuple[ActorId, ...] = Field(min_length=1, max_length=50)
    models: tuple[ModelName, ...] = Field(default=(), max_length=200)
    environments: tuple[Slug, ...] = Field(default=("production",), min_length=1, max_length=20)


class MonthlyAnswer(Value):
    """A report of every month.

    ``next_month`` is made when it is over in UTC. Of ``last_month``, ``report`` is what was made,
    or ``failure`` says why nothing was. Recipients ``without_access`` are not told.
    """

    subscription: str
    framework: Slug
    models: tuple[ModelName, ...]
    environments: tuple[Slug, ...]
    recipients: tuple[ActorId, ...]
    without_access: tuple[ActorId, ...]
    owner: ActorId
    created_at: str
    next_month: str
    job: str
    last_month: str
    report: str
    failure: str


class MonthlyList(Value):
    """Every report of every month that the asker may see."""

    items: tuple[MonthlyAnswer, ...]


def _list(asker: Asker) -> Response:
    read_query(Query)
    found = subscriptions(asker.wiring, asker.actor.id, partial(may_oversee, asker.wiring))
    return json_answer(MonthlyList(items=tuple(_answer(one) for one in found)))


def _subscribe(asker: Asker) -> Response:
    wanted = body_fields(MonthlyWanted)
    check_kind(asker.scope, ReportIssued.kind)
    check_whole(asker.scope, wanted.models)
    if asker.proof is not None:
        raise ScopeError("A CI job's token issues no report.", remedy="Use an API token.")
    said = Said(wanted.framework, wanted.recipients, wanted.models, wanted.environments)
    return json_answer(_answer(subscribe(asker.wiring, asker.actor, said)), 201)


def _end(asker: Asker, subscription: str) -> Response:
    end(asker.wiring, subscription, asker.actor.id, partial(may_oversee, asker.wiring))
    return json_answer(MonthlyList(items=()))


def _answer(one: Monthly) -> MonthlyAnswer:
    kept = one.kept
    return MonthlyAnswer(
        subscription=kept.subscription_id,
        framework=kept.framework,
        models=kept.models,
        environments=kept.environments,
        recipients=kept.recipients,
        without_access=one.without_access,
        owner=kept.owner,
        created_at=kept.created_at,
        next_month=kept.month,
        job=f"/api/v1/jobs/{kept.job}" if kept.job else "",
        last_month=kept.last_month,
        report=f"/api/v1/reports/{kept.result}" if kept.result >= 0 else "",
        failure=kept.failure,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/report-subscriptions",
        name="list_report_subscriptions",
        says="Reports of every month, oldest first: one's own and those one is told of; of "
        "everybody for who oversees others.",
        view=_list,
        query=Query,
        answers=(Answer(200, "The subscriptions.", MonthlyList),),
    ),
    Route(
        method="POST",
        path="/v1/report-subscriptions",
        name="subscribe_report",
        says="Have a report made every month, over the calendar month before (UTC). The token's "
        "scope must hold report.issued; whoever asks must still be allowed to each month.",
        view=_subscribe,
        needs="token",
        body="MonthlyWanted",
        answers=(Answer(201, "It is made from now on.", MonthlyAnswer),),
    ),
    Route(
        method="DELETE",
        path="/v1/report-subscriptions/{subscription}",
        name="end_report_subscription",
        says="End a report of every month: one's own, or anybody's for an administrator.",
        view=_end,
        needs="token",
        parameters={"subscription": "The id of the subscription."},
        answers=(Answer(200, "It is ended; none is left of this id.", MonthlyList),),
    ),
)
