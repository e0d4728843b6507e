"""Reports of every month: which are made, for whom, how the last went; begun and ended here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template, request

from ledger.errors import RefusedError
from webui.frameworks import frameworks_of
from webui.here import wired
from webui.monthly import Said, end, subscribe, subscriptions
from webui.monthly.book import may_end
from webui.pages.asking import refused, text
from webui.pages.frame import me
from webui.readers import holds_role
from webui.reads import may_oversee
from webui.reports.assemble.kinds import kinds_with

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

HERE: Final = "/reports/monthly"
_MOST: Final = 500


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(HERE, "monthly", _monthly)
    blueprint.add_url_rule(HERE, "subscribe_report", _subscribe, methods=["POST"])
    rule = f"{HERE}/<subscription>/end"
    blueprint.add_url_rule(rule, "end_report", _end, methods=["POST"])


def _monthly() -> ResponseReturnValue:
    wiring, mine = wired(), me().actor.id
    oversees = may_oversee(wiring, mine)
    found = subscriptions(wiring, mine, lambda _: oversees)
    kinds = kinds_with(frameworks_of(wiring.reader)).values()
    return render_template(
        "monthly.html",
        found=[(one, may_end(wiring, one.kept, mine)) for one in found],
        oversees=oversees,
        kinds=[kind for kind in kinds if kind.needs != "sample"],
        models=wiring.reader.models(limit=_MOST) if oversees else (),
        people=_readers() if oversees else (),
        month=f"{wiring.now():%Y-%m}",
    )


def _readers() -> list[tuple[str, str]]:
    """People who may read reports now, by their names."""
    wiring = wired()
    able = [
        actor.id
        for actor in wiring.reader.actors(limit=_MOST)
        if actor.type == "person" and holds_role(wiring, actor.id)
    ]
    return sorted((person.name or one, one) for one, person in wiring.reader.people(able).items())


def _subscribe() -> ResponseReturnValue:
    said = Said(
        framework=text("framework"),
        recipients=tuple(request.form.getlist("recipients")),
        models=tuple(request.form.getlist("models")),
        environments=tuple(text("environments").replace(",", " ").split()),
    )
    try:
        made = subscribe(wired(), me().actor, said)
    except RefusedError as error:
        return refused(int(error.numbers["entry"]), HERE)
    flash(f"It is made every month; the first is that of {made.kept.month}, when it is over.", "ok")
    return redirect(HERE)


def _end(subscription: str) -> ResponseReturnValue:
    end(wired(), subscription, me().actor.id, partial(may_oversee, wired()))
    flash("It is ended; reports that were made stay.", "ok")
    return redirect(HERE)
