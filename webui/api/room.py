"""Auditors' rooms: listed, and read with what was asked and answered in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import Value
from ledger.state.aggregates import ReportState
from ledger.state.rooms import RequestState, RoomState
from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.strict import number
from webui.rooms import enter, reports_in, rooms, told

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class RoomsAnswer(Value):
    """The rooms that the asker may see."""

    rooms: tuple[RoomState, ...]


class QuestionAnswer(Value):
    """A question with its texts; empty where they are not there or not yet."""

    request: RequestState
    question: str
    answer: str


class RoomAnswer(Value):
    """A room: its scope, the reports in it, and what was asked."""

    room: RoomState
    open: bool
    reports: tuple[ReportState, ...]
    questions: tuple[QuestionAnswer, ...]


def _rooms(asker: Asker) -> Response:
    return json_answer(RoomsAnswer(rooms=tuple(rooms(asker.wiring, asker.actor))))


def _room(asker: Asker, room: str) -> Response:
    inside = enter(asker.wiring, asker.actor, number(room, "room"))
    return json_answer(
        RoomAnswer(
            room=inside.room,
            open=inside.open,
            reports=tuple(reports_in(asker.wiring, inside)),
            questions=tuple(
                QuestionAnswer(request=one.request, question=one.question, answer=one.answer)
                for one in told(asker.wiring, inside)
            ),
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/rooms",
        name="list_rooms",
        says="Auditors' rooms: all to those who hold a role, to an outside auditor their own. "
        "Opened, closed, asked and answered in by events (room.opened, ...).",
        view=_rooms,
        answers=(Answer(200, "The rooms.", RoomsAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/rooms/{room}",
        name="get_room",
        says="A room: its scope, reports in it, questions and answers.",
        view=_room,
        parameters={"room": "The sequence number of the entry that opened it."},
        answers=(Answer(200, "The room.", RoomAnswer),),
    ),
)
