"""Proposed changes, and what is missing before each can be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.change import texts_of
from ledger.events.names import format_instant
from ledger.state.aggregates import ChangeState, ChangeStatus
from ledger.store.database import reading
from policies import carrying_out, sentence, without_asker
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.shapes import ChangeAnswer
from webui.api.strict import number, read_query
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from ledger.events.event import Event
    from webui.api.route import Asker


class ChangesQuery(Paging):
    """Which proposed changes."""

    status: ChangeStatus | None = None


def _changes(asker: Asker) -> Response:
    query = read_query(ChangesQuery)
    found = asker.wiring.reader.changes(
        status=query.status or "", before=query.before, limit=query.limit
    )
    return page_answer(found, query.limit, lambda item: item.since)


def _change(asker: Asker, change: str) -> Response:
    reader = asker.wiring.reader
    found = reader.change(number(change, "change"))
    proposed = reader.proposed(found.since)
    private = reader.tell(found.since).private
    told = ChangeAnswer(
        change=found,
        event=proposed.facts(),
        texts=None if private.get("texts", "") is None else texts_of(private.get("texts")),
        pending=_pending(asker, found, proposed),
    )
    return json_answer(told)


def _pending(asker: Asker, change: ChangeState, proposed: Event) -> tuple[str, ...]:
    """What an open proposal still lacks, in sentences, whoever carries it out."""
    if change.status != "open":
        return ()
    wiring = asker.wiring
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        now = format_instant(wiring.now())
        decision = carrying_out(wiring.decide, registry, proposed, wiring.service, now)
    name_of = namer(wiring.reader)
    return tuple(sentence(result, name_of) for result in without_asker(decision.unmet))


ROUTES = (
    Route(
        method="GET",
        path="/v1/changes",
        name="list_changes",
        says="Proposed changes, newest first.",
        view=_changes,
        query=ChangesQuery,
        answers=(Answer(200, "A page of proposed changes.", ChangeState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/changes/{change}",
        name="get_change",
        says="One proposed change, by the entry that proposed it, and what it still lacks.",
        view=_change,
        parameters={"change": "The sequence number of the entry that proposed it."},
        answers=(Answer(200, "The change and what is pending.", ChangeAnswer),),
    ),
)
