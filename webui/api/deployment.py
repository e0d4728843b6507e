"""Deployments, and what runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import ModelName, Slug, VersionName  # noqa: TC001 (pydantic reads annotations)
from ledger.state.aggregates import DeploymentState, DeploymentStatus
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.shapes import Running
from webui.api.strict import Query, number, read_query

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class DeploymentsQuery(Paging):
    """Which deployments."""

    model: ModelName | None = None
    version: VersionName | None = None
    environment: Slug | None = None
    status: DeploymentStatus | None = None


class RunningQuery(Query):
    """Of which model."""

    model: ModelName | None = None


def _deployments(asker: Asker) -> Response:
    query = read_query(DeploymentsQuery)
    found = asker.wiring.reader.deployments(
        model=query.model or "",
        version=query.version or "",
        environment=query.environment or "",
        status=query.status or "",
        before=query.before,
        limit=query.limit,
    )
    return page_answer(found, query.limit, lambda item: item.since)


def _deployment(asker: Asker, deployment: str) -> Response:
    return json_answer(asker.wiring.reader.deployment(number(deployment, "deployment")))


def _running(asker: Asker) -> Response:
    query = read_query(RunningQuery)
    return json_answer(Running(items=tuple(asker.wiring.reader.running(query.model or ""))))


ROUTES = (
    Route(
        method="GET",
        path="/v1/deployments",
        name="list_deployments",
        says="Deployments, newest first.",
        view=_deployments,
        query=DeploymentsQuery,
        answers=(Answer(200, "A page of deployments.", DeploymentState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/deployments/{deployment}",
        name="get_deployment",
        says="One deployment, by the entry that recorded it.",
        view=_deployment,
        parameters={"deployment": "The sequence number of the entry that recorded it."},
        answers=(Answer(200, "The deployment.", DeploymentState),),
    ),
    Route(
        method="GET",
        path="/v1/running",
        name="list_running",
        says="What runs now, by model and environment.",
        view=_running,
        query=RunningQuery,
        answers=(Answer(200, "The running deployments.", Running),),
    ),
)
