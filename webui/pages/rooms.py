"""Auditors' rooms: opened and closed, read by whom they are for, asked and answered in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import Response, render_template, request

from ledger.core.encoding import canonical
from ledger.errors import InputError
from webui.cells import csv_line
from webui.frameworks import every_framework
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me
from webui.reports.assemble.kinds import kinds_with
from webui.rooms import (
    PRODUCTION,
    Inside,
    check_report,
    enter,
    entry_in,
    is_member,
    population,
    reports_in,
    rooms,
    sample_in,
    samples_in,
    told,
)
from webui.sampling import draw_sample

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_HERE: Final = "/rooms"
_LONGEST_NUMBER: Final = 15
_MOST_SHOWN: Final = 500
_DAYS: Final = 30
_COLUMNS: Final = (
    "entry", "at", "model", "version", "environment", "artifact", "rollback",
    "release", "grant", "approvals",
)  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<int:number>"
    add = blueprint.add_url_rule
    add(_HERE, "rooms", _rooms)
    add(_HERE, "open_room", _open, methods=["POST"])
    add(one, "room", _room)
    add(f"{one}/close", "close_room", _close, methods=["POST"])
    add(f"{one}/questions", "ask_in_room", _ask, methods=["POST"])
    add(f"{one}/questions/<int:asked>", "answer_in_room", _answer, methods=["POST"])
    add(f"{one}/population", "room_population", _population)
    add(f"{one}/population.csv", "room_population_csv", _population_csv)
    add(f"{one}/reports/<int:report>.pdf", "room_report", _report)
    add(f"{one}/entries/<int:entry>", "room_entry", _entry)
    add(f"{one}/samples", "room_samples", _sample_opened, methods=["POST"])
    add(f"{one}/samples/<int:sample>", "room_sample", _sample)
    add(f"{one}/samples/<int:sample>/draw", "draw_in_room", _draw, methods=["POST"])


def _enter(number: int) -> Inside:
    return enter(wired(), me().actor, number)


def _rooms() -> ResponseReturnValue:
    wiring = wired()
    found = rooms(wiring, me().actor)
    today = wiring.now().date()
    member = is_member(wiring, me().actor.id)
    return render_template(
        "rooms.html",
        rooms=[(one, one.open_at(_now())) for one in found],
        member=member,
        people=_invitable() if member else (),
        kinds=_kinds(),
        models=wiring.reader.models(limit=500) if member else (),
        since=(today - timedelta(days=365)).isoformat(),
        until=today.isoformat(),
        ends=(today + timedelta(days=_DAYS)).isoformat(),
    )


def _kinds() -> list[tuple[str, str]]:
    """What reports a room may hold: every kind that is about no one thing."""
    own = tuple(one for one in every_framework(wired().reader) if one.entry is not None)
    return [(kind.name, kind.title) for kind in kinds_with(own).values()]


def _invitable() -> list[tuple[str, str]]:
    """Enrolled people who hold no role now, by their names."""
    reader, now = wired().reader, _now()
    free = [
        actor.id
        for actor in reader.actors(limit=500)
        if actor.type == "person" and not any(held.in_time(now) for held in actor.roles)
    ]
    return sorted((person.name or one, one) for one, person in reader.people(free).items())


def _now() -> str:
    from ledger.events.names import format_instant

    return format_instant(wired().now())


def _open() -> ResponseReturnValue:
    fields = {
        "auditor": text("auditor"),
        "frameworks": tuple(request.form.getlist("frameworks")),
        "period_from": text("from"),
        "period_until": text("until"),
        "models": tuple(request.form.getlist("models")),
        "until": f"{text('ends')}T00:00:00Z",
        **optional(reason=text("reason")),
    }
    receipt = ask("room.opened", fields)
    back = f"{_HERE}/{receipt.sequence}" if receipt.outcome == "allow" else _HERE
    return concluded(receipt, "The room is open.", back, stay=_HERE)


def _room(number: int) -> ResponseReturnValue:
    wiring, inside = wired(), _enter(number)
    return render_template(
        "room.html",
        inside=inside,
        room=inside.room,
        titles=dict(_kinds()),
        reports=reports_in(wiring, inside),
        asked=told(wiring, inside),
        samples=samples_in(wiring, inside),
    )


def _close(number: int) -> ResponseReturnValue:
    _enter(number)
    fields = {"room": number, **optional(reason=text("reason"))}
    return concluded(ask("room.closed", fields), "The room is closed.", f"{_HERE}/{number}")


def _ask(number: int) -> ResponseReturnValue:
    _enter(number)
    fields = {"room": number, "question": text("question"), **optional(due=text("due"))}
    return concluded(ask("room.asked", fields), "It is asked.", f"{_HERE}/{number}")


def _answer(number: int, asked: int) -> ResponseReturnValue:
    _enter(number)
    fields = {
        "asked": asked,
        "status": text("status"),
        "reports": _numbers("reports"),
        "entries": _numbers("entries"),
        "answer": text("answer"),
    }
    return concluded(ask("room.answered", fields), "It is answered.", f"{_HERE}/{number}")


def _population(number: int) -> ResponseReturnValue:
    inside = _enter(number)
    changes = population(wired(), inside)
    return render_template(
        "room_population.html",
        room=inside.room,
        changes=changes[-_MOST_SHOWN:][::-1],
        many=len(changes),
    )


def _population_csv(number: int) -> ResponseReturnValue:
    changes = population(wired(), _enter(number))
    lines = [csv_line(_COLUMNS)]
    lines += [
        csv_line(
            (
                str(one.entry), one.at, one.model, one.version, one.environment, one.artifact,
                "yes" if one.rollback else "no",
                "" if one.release is None else str(one.release),
                "" if one.grant is None else str(one.grant),
                " ".join(str(each.entry) for each in one.approvals),
            )
        )
        for one in changes
    ]  # fmt: skip
    disposition = f'attachment; filename="population-of-room-{number}.csv"'
    return Response(
        b"".join(lines), content_type="text/csv", headers={"Content-Disposition": disposition}
    )


def _report(number: int, report: int) -> ResponseReturnValue:
    from webui.issuing import issued_file

    wiring, inside = wired(), _enter(number)
    check_report(wiring, inside, report)
    state, data = issued_file(wiring, report)
    disposition = f'attachment; filename="{state.report}.pdf"'
    return Response(
        data, content_type="application/pdf", headers={"Content-Disposition": disposition}
    )


def _entry(number: int, entry: int) -> ResponseReturnValue:
    inside = _enter(number)
    found = entry_in(wired(), inside, entry)
    facts = canonical(found.entry.event.facts()).decode("utf-8")
    return render_template("room_entry.html", room=inside.room, told=found, facts=facts)


def _sample_opened(number: int) -> ResponseReturnValue:
    """Bind the auditor to a nonce, over the room's own period and models."""
    room = _enter(number).room
    size = text("size")
    fields = {
        "population": "changes",
        "period_from": room.period_from,
        "period_until": room.period_until,
        "models": room.models,
        "environments": PRODUCTION,
        "commitment": text("commitment").lower(),
        **({"size": _number(size, "/size")} if size else {}),
    }
    receipt = ask("sample.opened", fields)
    back = f"{_HERE}/{number}"
    done = f"{back}/samples/{receipt.sequence}" if receipt.outcome == "allow" else back
    return concluded(receipt, "The population is frozen.", done, stay=back)


def _sample(number: int, sample: int) -> ResponseReturnValue:
    wiring, inside = wired(), _enter(number)
    found = sample_in(wiring, inside, sample)
    rows = {row: wiring.reader.deployment(row) for row in found.chosen}
    return render_template("room_sample.html", inside=inside, sample=found, rows=rows)


def _draw(number: int, sample: int) -> ResponseReturnValue:
    wiring, inside = wired(), _enter(number)
    sample_in(wiring, inside, sample)
    once = request.form.get("once", "")
    key = f"page/{once}/draw" if once else ""
    receipt = draw_sample(wiring, me().actor, sample, text("nonce"), key)
    return concluded(receipt, "The sample is drawn.", f"{_HERE}/{number}/samples/{sample}")


def _numbers(field: str) -> tuple[int, ...]:
    words = text(field).replace(",", " ").split()
    return tuple(_number(one, f"/{field}") for one in words)


def _number(said: str, pointer: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise InputError("This is no number.", pointer=pointer)
    return int(said)
