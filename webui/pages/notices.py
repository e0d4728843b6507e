"""Notices: what I am told of, and for administrators the channels and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from flask import current_app, flash, redirect, render_template, request

from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.notices import Tally, dead_deliveries, revive_deliveries, tally_channels
from webui.here import wired
from webui.identity.administrators import check_administrator
from webui.notices.channels import EMAIL, Channels, read_channels
from webui.notices.subscribing import (
    own_subscriptions,
    shared_subscriptions,
    subscribe,
    unsubscribe,
)
from webui.notices.topics import TOPIC_WORDS, topics_for
from webui.pages.asking import text
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_CHANNELS: Final = "counterseal.channels"
MINE: Final = "/account/notices"
ALL: Final = "/notices"
MOST_DEAD: Final = 100
MOST_MODELS: Final = 500


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(MINE, "my_notices", _mine)
    blueprint.add_url_rule(MINE, "subscribe", _subscribe, methods=["POST"])
    rule = f"{MINE}/<subscription>/remove"
    blueprint.add_url_rule(rule, "unsubscribe", _unsubscribe, methods=["POST"])
    blueprint.add_url_rule(ALL, "notices", _all)
    blueprint.add_url_rule(ALL, "share", _share, methods=["POST"])
    rule = f"{ALL}/<subscription>/remove"
    blueprint.add_url_rule(rule, "unshare", _unshare, methods=["POST"])
    blueprint.add_url_rule(f"{ALL}/resend", "resend", _resend, methods=["POST"])
    blueprint.record_once(_keep_channels)


def _channels() -> Channels:
    return cast("Channels", current_app.extensions[_CHANNELS])


def _keep_channels(state: Any) -> None:
    settings = state.app.extensions["counterseal"].settings
    state.app.extensions[_CHANNELS] = read_channels(settings)


def _mine() -> ResponseReturnValue:
    wiring, actor = wired(), me().actor
    return render_template(
        "my_notices.html",
        there=EMAIL in _channels().names,
        person=wiring.reader.person(actor.id),
        subscriptions=own_subscriptions(wiring, actor.id),
        topics=topics_for(shared=False, administrator=me().is_administrator),
        words=TOPIC_WORDS,
        models=wiring.reader.models(limit=MOST_MODELS),
        reminder_hours=wiring.settings.reminder_hours,
    )


def _subscribe() -> ResponseReturnValue:
    _add(EMAIL)
    flash("You will be told by e-mail, from the next entry on.", "ok")
    return redirect(MINE)


def _add(channel: str) -> None:
    subscribe(
        wired(),
        _channels(),
        subscriber=me().actor.id,
        channel=channel,
        topics=request.form.getlist("topic"),
        model=text("model"),
        environment=text("environment"),
    )


def _unsubscribe(subscription: str) -> ResponseReturnValue:
    unsubscribe(wired(), subscription, asker=me().actor.id)
    flash("You will not be told of this any more.", "ok")
    return redirect(MINE)


def _all() -> ResponseReturnValue:
    wiring = wired()
    check_administrator(wiring, me().actor.id)
    with reading(wiring.engine) as connection:
        tallies = tally_channels(connection, wiring.log.log_id)
        dead = dead_deliveries(connection, wiring.log.log_id, MOST_DEAD)
    channels = _channels()
    names = [*channels.names, *sorted(set(tallies) - set(channels.names))]
    rows = [(name, channels.find(name), tallies.get(name, Tally())) for name in names]
    return render_template(
        "notices.html",
        rows=rows,
        dead=dead,
        shared=[hook.name for hook in channels.hooks],
        subscriptions=shared_subscriptions(wiring),
        topics=topics_for(shared=True, administrator=True),
        words=TOPIC_WORDS,
        models=wiring.reader.models(limit=MOST_MODELS),
        settings=wiring.settings,
    )


def _share() -> ResponseReturnValue:
    _add(text("channel"))
    flash("The channel is told from the next entry on.", "ok")
    return redirect(ALL)


def _unshare(subscription: str) -> ResponseReturnValue:
    check_administrator(wired(), me().actor.id)
    unsubscribe(wired(), subscription, asker=me().actor.id)
    flash("The channel is not told of this any more.", "ok")
    return redirect(ALL)


def _resend() -> ResponseReturnValue:
    """Let one delivery that was given up, or all of them, be tried again."""
    wiring = wired()
    check_administrator(wiring, me().actor.id)
    now = format_instant(wiring.now())
    with writing(wiring.engine) as connection:
        count = revive_deliveries(
            connection,
            wiring.log.log_id,
            now,
            occasion=text("occasion"),
            subscription_id=text("subscription"),
        )
    flash(f"{count} of what was given up will be sent again.", "ok")
    return redirect(ALL)
