"""The ledger itself: entries, their proofs, the checkpoint."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
from pydantic import Field, StringConstraints

from ledger.core.envelope import parse_envelope
from ledger.core.proof import format_proof
from ledger.errors import InputError
from ledger.events.names import (
    ActorId,
    Instant,
    ModelName,
    Sequence,
    Slug,
    VersionName,
    format_instant,
    parse_instant,
)
from ledger.store.entries import Filter
from webui.api.answer import json_answer, page_answer, text_answer
from webui.api.model import Paging
from webui.api.route import TEXT, Answer, Route
from webui.api.shapes import EntryAnswer, EntryRow
from webui.api.strict import number, read_query

if TYPE_CHECKING:
    from flask import Response

    from ledger.store.entries import StoredEntry
    from webui.api.route import Asker

KindName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]


class EntriesQuery(Paging):
    """Which entries. With ``after`` the list is oldest first and continues after that entry.

    ``since`` is included, ``until`` is not.
    """

    kind: tuple[KindName, ...] = Field(default=(), max_length=50)
    model: ModelName | None = None
    version: VersionName | None = None
    environment: Slug | None = None
    actor: ActorId | None = None
    outcome: Literal["allow", "deny"] | None = None
    since: Instant | None = None
    until: Instant | None = None
    after: Sequence | None = None


def _entries(asker: Asker) -> Response:
    query = read_query(EntriesQuery)
    if query.before is not None and query.after is not None:
        raise InputError("A page continues before an entry or after one.", pointer="/after")
    wanted = Filter(
        kinds=query.kind,
        model=query.model or "",
        version=query.version or "",
        environment=query.environment or "",
        actor=query.actor or "",
        outcome=query.outcome or "",
        since=_whole(query.since),
        until=_whole(query.until),
    )
    rows = asker.wiring.reader.entries(
        wanted, before=query.before, after=query.after, limit=query.limit
    )
    return page_answer([_row(row) for row in rows], query.limit, lambda item: item.sequence)


def _entry(asker: Asker, entry: str) -> Response:
    told = asker.wiring.reader.tell(number(entry, "entry"))
    envelope = told.row.envelope
    return json_answer(
        EntryAnswer(
            sequence=told.row.sequence,
            kind=told.row.kind,
            recorded_at=told.row.recorded_at,
            leaf_hash=told.row.leaf_hash.hex(),
            statement=orjson.loads(parse_envelope(envelope).payload),
            envelope=b64encode(envelope).decode("ascii"),
            private=told.private,
        )
    )


def _proof(asker: Asker, entry: str) -> Response:
    return text_answer(format_proof(asker.wiring.log.prove(number(entry, "entry"))))


def _checkpoint(asker: Asker) -> Response:
    return text_answer(asker.wiring.reader.head().checkpoint)


def _row(row: StoredEntry) -> EntryRow:
    fields = {**vars(row), "leaf_hash": row.leaf_hash.hex()}
    del fields["envelope"]
    return EntryRow(**fields)


def _whole(instant: str | None) -> str:
    """An instant with its microseconds, as entries have it, so that text order is time order."""
    return "" if instant is None else format_instant(parse_instant(instant))


_ENTRY = {"entry": "The entry's sequence number, from 0."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/entries",
        name="list_entries",
        says="Entries of the ledger, newest first, or after one oldest first.",
        view=_entries,
        query=EntriesQuery,
        answers=(Answer(200, "A page of entries.", EntryRow, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/entries/{entry}",
        name="get_entry",
        says="One entry: what it says and the bytes that were signed.",
        view=_entry,
        parameters=_ENTRY,
        answers=(Answer(200, "The entry.", EntryAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/entries/{entry}/proof",
        name="get_proof",
        says="The proof that an entry is in the ledger (C2SP tlog-proof), to check offline.",
        view=_proof,
        parameters=_ENTRY,
        answers=(Answer(200, "The proof, with the newest checkpoint.", media=TEXT),),
    ),
    Route(
        method="GET",
        path="/v1/checkpoint",
        name="get_checkpoint",
        says="The newest checkpoint (C2SP tlog-checkpoint).",
        view=_checkpoint,
        answers=(Answer(200, "The signed note.", media=TEXT),),
    ),
)
