"""Activity: what the access log says of some days, its review, and the records themselves."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import orjson
from flask import Response, render_template, request

from ledger.core.access import KINDS
from ledger.errors import ConflictError, InputError
from ledger.store.accesses import AccessFilter, find_accesses, origins_of
from ledger.store.database import reading
from webui.activity import WORKING_HOURS, read_activity
from webui.here import wired
from webui.pages.asking import ask, concluded, text
from webui.pages.frame import before, first_page, me, next_page
from webui.reads import may_sign_off

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.store.accesses import StoredAccess

ON_A_PAGE: Final = 100
MOST_DAYS: Final = 366
_AT_ONCE: Final = 500
_DAYS: Final = 30
_ACTOR: Final = re.compile(r"[0-9a-f]{32}")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/activity", "activity", _activity)
    blueprint.add_url_rule("/activity", "review_activity", _review, methods=["POST"])
    blueprint.add_url_rule("/activity/records", "access_log", _records)
    blueprint.add_url_rule("/activity/records.jsonl", "access_export", _export)


def _activity() -> ResponseReturnValue:
    wiring = wired()
    digest = wiring.reader.access_digest()
    yesterday = wiring.now().date() - timedelta(days=1)
    first, last = _period(yesterday)
    return render_template(
        "activity.html",
        activity=read_activity(wiring, first, last),
        digest=digest,
        hours=WORKING_HOURS,
        may_sign_off=may_sign_off(wiring, me().actor.id),
        reviews=wiring.reader.activity_reviews(limit=20),
    )


def _period(yesterday: date) -> tuple[str, str]:
    """The days that the address asks for: the last thirty that are over, without."""
    first = _day("since", yesterday - timedelta(days=_DAYS - 1))
    last = _day("until", yesterday)
    if first > last or (last - first).days >= MOST_DAYS:
        raise InputError(
            f"This is no period of 1 to {MOST_DAYS} days.",
            code="invalid-period",
            pointer="/since",
            remedy="Name the first and the last day, both included.",
        )
    return first.isoformat(), last.isoformat()


def _day(name: str, otherwise: date) -> date:
    given = request.args.get(name, "")
    try:
        return date.fromisoformat(given) if given else otherwise
    except ValueError:
        raise InputError(
            "This is not a day.",
            pointer=f"/{name}",
            remedy="Write it as YYYY-MM-DD.",
            code="invalid-period",
        ) from None


def _review() -> ResponseReturnValue:
    """Sign off the review of some days, with what was concluded."""
    wiring = wired()
    digest = wiring.reader.access_digest()
    if digest is None:
        raise ConflictError("No day of the access log is digested yet.", code="not-digested")
    first, last = text("first_day"), text("last_day")
    fields = {
        "first_day": first,
        "last_day": last,
        "digest": digest.entry,
        "records": read_activity(wiring, first, last).requests if _is_period(first, last) else 0,
        "finding": text("finding"),
        "conclusion": text("conclusion"),
    }
    receipt = ask("activity.reviewed", fields)
    return concluded(receipt, "The review is signed off.", "/activity")


def _is_period(first: str, last: str) -> bool:
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last)
    except ValueError:
        return False


def _wanted() -> AccessFilter:
    """The filters in the address; what is no day, kind or actor finds nothing rather than all."""
    args = request.args
    days = [args.get(name, "") for name in ("since", "until")]
    for day in days:
        if day and not _is_period(day, day):
            raise InputError("This is not a day.", pointer="/since", code="invalid-period")
    kind, actor = args.get("kind", ""), args.get("actor", "")
    if kind and kind not in KINDS:
        raise InputError("There is no such kind of record.", pointer="/kind", code="unknown-kind")
    if actor and not _ACTOR.fullmatch(actor):
        raise InputError("This is no actor's id.", pointer="/actor", code="unknown-actor")
    return AccessFilter(days[0], days[1], kind, actor)


def _records() -> ResponseReturnValue:
    wiring = wired()
    wanted = _wanted()
    wiring.accesses.flush(1.0)
    with reading(wiring.engine) as connection:
        rows = find_accesses(
            connection, wiring.log.log_id, wanted, before=before(), limit=ON_A_PAGE
        )
        origins = origins_of(connection, wiring.log.log_id, [row.number for row in rows])
    return render_template(
        "access_log.html",
        rows=rows,
        origins=origins,
        wanted=wanted,
        kinds=KINDS,
        actors=wiring.reader.actors(limit=_AT_ONCE),
        query=request.query_string.decode("ascii", "ignore"),
        first=first_page(),
        next=next_page(rows, ON_A_PAGE, lambda row: row.number),
    )


def _export() -> ResponseReturnValue:
    wanted = _wanted()
    name = f"counterseal-{wired().log.name}-access.jsonl"
    return Response(
        _lines(wanted),
        content_type="application/jsonl; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(wanted: AccessFilter) -> Iterator[bytes]:
    """The records that match as JSON Lines, newest first; read before the answer begins."""
    wiring, lines, last = wired(), [], None
    while True:
        with reading(wiring.engine) as connection:
            page = find_accesses(connection, wiring.log.log_id, wanted, before=last, limit=_AT_ONCE)
        lines += [_line(row) for row in page]
        if len(page) < _AT_ONCE:
            return iter(lines)
        last = page[-1].number


def _line(row: StoredAccess) -> bytes:
    fields = {name: getattr(row.access, name) for name in row.access.__slots__}
    told = {"number": row.number, **fields, "chain": row.chain.hex()}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
