"""The filtered entries as a file: JSON Lines or CSV, streamed a page at a time, oldest first.

A line holds number, time, kind, outcome, actor's pseudonym, what it concerns, leaf hash and the
decoded statement. What people wrote is personal data: whoever reads the pages may read it there,
and it comes into a file only where that is asked for. The file ends at the head as it stood when
the export began. An entry whose bytes can't be read any more is named, not left out.

No cell of the CSV is taken for a formula (``webui.cells``).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, request

from ledger.core.envelope import parse_envelope
from ledger.errors import InputError, LedgerError
from ledger.events.catalogue import CATALOGUE
from webui.cells import csv_line
from webui.here import wired
from webui.pages.explorer import as_filter, asked_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.query import Reader
    from ledger.store.entries import Filter, StoredEntry

AT_ONCE: Final = 200
_TYPES: Final = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
_COLUMNS: Final = (
    "sequence", "recorded_at", "kind", "outcome", "actor", "model", "version", "environment",
    "leaf_hash",
)  # fmt: skip
_WORDS: Final = tuple(
    sorted(set(chain.from_iterable(one.private_fields() for one in CATALOGUE.values())))
)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/ledger/export", "export", _export)


def _export() -> ResponseReturnValue:
    form = request.args.get("format", "")
    if form not in _TYPES:
        raise InputError(
            "Entries are exported as jsonl or csv.", code="unknown-format", pointer="/format"
        )
    words = request.args.get("words", "") == "yes"
    wanted, reader = asked_for(), wired().reader
    size = reader.head().size
    lines = (_json_lines if form == "jsonl" else _csv_lines)(
        _rows(reader, as_filter(wanted), size, words=words), words=words
    )
    # Found before the answer begins, so that an unreadable database is told as such.
    first = next(lines, b"")
    part = "-filtered" if any(wanted.values()) else ""
    name = f"counterseal-{wired().log.name}-{size}-entries{part}.{form}"
    return Response(
        chain((first,), lines),
        content_type=_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows(reader: Reader, wanted: Filter, size: int, *, words: bool) -> Iterator[dict[str, Any]]:
    last = -1
    while page := reader.entries(wanted, after=last, limit=AT_ONCE):
        for row in page:
            if row.sequence >= size:
                return
            yield _line(reader, row, words=words)
        last = page[-1].sequence


def _line(reader: Reader, row: StoredEntry, *, words: bool) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    found["leaf_hash"] = row.leaf_hash.hex()
    try:
        found["statement"] = orjson.loads(parse_envelope(row.envelope).payload)
        if words:
            found["words"] = reader.told([row])[0].private
    except (LedgerError, ValueError):
        found["problem"] = "The stored bytes of this entry can't be read any more."
    return found


def _json_lines(rows: Iterator[dict[str, Any]], *, words: bool) -> Iterator[bytes]:
    del words
    for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _csv_lines(rows: Iterator[dict[str, Any]], *, words: bool) -> Iterator[bytes]:
    fields = _WORDS if words else ()
    yield csv_line([*_COLUMNS, *(f"words_{name}" for name in fields), "statement"])
    for row in rows:
        written = row.get("words", {})
        cells = [str(row[name]) for name in _COLUMNS]
        cells += [written.get(name) or "" for name in fields]
        statement = orjson.dumps(row["statement"]).decode() if "statement" in row else ""
        yield csv_line([*cells, statement or row["problem"]])
