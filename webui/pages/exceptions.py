"""Emergencies: open exceptions, what was done under them, and the reviews that are owed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import render_template

from ledger.errors import InputError
from ledger.events.names import format_instant
from ledger.store.entries import Filter
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.changes import done_or_proposed
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

ON_A_PAGE = 50
MOST_OWED = 100
MOST_HOURS = 168
MOST_REVIEW_DAYS = 90
KINDS = ("exception.opened", "exception.used", "exception.closed", "review.completed")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/exceptions", "exceptions", _exceptions)
    blueprint.add_url_rule("/exceptions", "open_exception", _open, methods=["POST"])
    rule = "/exceptions/<int:number>/close"
    blueprint.add_url_rule(rule, "close_exception", _close, methods=["POST"])
    blueprint.add_url_rule("/reviews/<int:number>", "review", _review, methods=["POST"])


def _exceptions() -> ResponseReturnValue:
    reader, now = wired().reader, format_instant(wired().now())
    found = reader.exceptions(before=before(), limit=ON_A_PAGE)
    owed = reader.reviews(status="required", limit=MOST_OWED)
    return render_template(
        "exceptions.html",
        now=now,
        found=found,
        accounts={item.since: _account(item.closed) for item in found},
        reasons={item.since: reader.tell(item.since).private.get("reason") for item in found},
        owed=sorted(owed, key=lambda item: item.due),
        told=reader.told(reader.entries(Filter(kinds=KINDS), limit=20)),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _account(entry: int | None) -> str:
    found = None if entry is None else wired().reader.tell(entry).private.get("account")
    return found or ""


def _open() -> ResponseReturnValue:
    now = wired().now()
    until = now + timedelta(hours=_whole("hours", MOST_HOURS))
    review_by = until + timedelta(days=_whole("review_days", MOST_REVIEW_DAYS))
    fields = {
        "model": text("model"),
        "environment": text("environment"),
        "until": format_instant(until),
        "uses": _whole("uses", 100),
        "review_by": format_instant(review_by),
        "reason": text("reason"),
        **optional(incident=text("incident")),
    }
    return done_or_proposed("exception.opened", fields, "The exception is open.", "/exceptions")


def _whole(field: str, most: int) -> int:
    written = text(field)
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:4]) <= most):
        raise InputError(f"This is a whole number from 1 to {most}.", pointer=f"/{field}")
    return int(written[:4])


def _close(number: int) -> ResponseReturnValue:
    fields = {"exception": number, "account": text("account")}
    return done_or_proposed("exception.closed", fields, "The exception is closed.", "/exceptions")


def _review(number: int) -> ResponseReturnValue:
    fields = {"review": number, "finding": text("finding"), "comment": text("comment")}
    receipt = ask("review.completed", fields)
    return concluded(receipt, "The review is recorded.", "/exceptions")
