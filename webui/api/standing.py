"""Controls as they stand: a framework, one control, its exceptions, the changes made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.strict import read_query
from webui.standing.board import Board, board
from webui.standing.due import Due, due_dates
from webui.standing.one import Stood, stood
from webui.standing.outside import Share, shares
from webui.standing.population import PRODUCTION, Changed, Deviations, changes, deviations

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class FrameworkStanding(BaseModel):
    """A framework as it stands, what falls due, how much of other lists is explained."""

    model_config = ConfigDict(frozen=True)

    board: Board
    due: tuple[Due, ...]
    outside: tuple[Share, ...]


class After(BaseModel):
    """Lists continue after the place that the one before named as ``next``."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str, Field(max_length=400)] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class ChangesWanted(Paging):
    """Which changes: of a model, in an environment; held against the tests of a control."""

    model: str = ""
    environment: str = PRODUCTION
    control: str = ""


def _framework(asker: Asker, framework: str) -> Response:
    wiring = asker.wiring
    return json_answer(
        FrameworkStanding(
            board=board(wiring, framework),
            due=tuple(due_dates(wiring, framework)),
            outside=tuple(shares(wiring)),
        )
    )


def _control(asker: Asker, control: str) -> Response:
    return json_answer(stood(asker.wiring, control))


def _exceptions(asker: Asker, control: str) -> Response:
    query = read_query(After)
    return json_answer(deviations(asker.wiring, control, query.after, query.limit))


def _changes(asker: Asker) -> Response:
    query = read_query(ChangesWanted)
    found = changes(
        asker.wiring,
        model=query.model,
        environment=query.environment,
        control=query.control,
        before=query.before,
        limit=query.limit,
    )
    return page_answer(found, query.limit, lambda item: item.entry)


ROUTES = (
    Route(
        method="GET",
        path="/v1/frameworks/{framework}/standing",
        name="get_framework_standing",
        says="How the controls of a framework stand: verdicts, trend, what turned since the last "
        "report, what falls due, what is missing. Kept up, not computed for the answer.",
        view=_framework,
        parameters={"framework": "Its name, such as soc2."},
        answers=(Answer(200, "How it stands.", FrameworkStanding),),
    ),
    Route(
        method="GET",
        path="/v1/controls/{control}",
        name="get_control",
        says="One control: its question, what each test found, and when its verdict turned.",
        view=_control,
        parameters={"control": "Its id, such as soc2-cc8-1-authorised."},
        answers=(Answer(200, "How it stands.", Stood),),
    ),
    Route(
        method="GET",
        path="/v1/controls/{control}/exceptions",
        name="list_control_exceptions",
        says="Item by item, exceptions first, then what lacks proof.",
        view=_exceptions,
        parameters={"control": "Its id."},
        query=After,
        answers=(Answer(200, "Some of them, and where they go on.", Deviations),),
    ),
    Route(
        method="GET",
        path="/v1/population/changes",
        name="list_changes_made",
        says="Deployments and roll-backs, newest first, with what a control's tests say of each.",
        view=_changes,
        query=ChangesWanted,
        answers=(Answer(200, "A page of them.", Changed, page=True),),
    ),
)
