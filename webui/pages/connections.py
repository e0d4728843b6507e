"""Connections: who is listened to, what came last, what was refused and what can't be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template, request

from ledger.store.connections import (
    QUARANTINED,
    REFUSED,
    STATES,
    Source,
    count_inbound,
    let_wait_again,
    newest_inbound,
)
from ledger.store.database import reading, writing
from webui.here import wired
from webui.identity.administrators import check_administrator
from webui.intake.clerk import is_silent
from webui.intake.door import take_in
from webui.intake.inventory import coverage
from webui.intake.managing import (
    get_connection,
    is_unproved,
    list_connections,
    mapping_of,
    path_of,
    remove_connection,
    secret_of,
)
from webui.intake.reading import read_delivery
from webui.intake.trying import trial
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

BACK: Final = "/connections"
MOST_SHOWN: Final = 50
WORDS: Final = {
    "mlflow": "MLflow",
    "wandb": "Weights & Biases",
    "comet": "Comet",
    "huggingface": "Hugging Face",
    "cloudevents": "CloudEvents",
    "generic": "by a document of its own",
}


@dataclass(frozen=True)
class Row:
    """A connection and how its deliveries stand."""

    source: Source
    path: str
    counts: dict[str, int]
    silent: bool
    unproved: bool


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(BACK, "connections", _connections)
    rule = f"{BACK}/<name>/remove"
    blueprint.add_url_rule(rule, "remove_connection", _remove, methods=["POST"])
    blueprint.add_url_rule(f"{BACK}/<name>/test", "try_connection", _try, methods=["POST"])
    blueprint.add_url_rule(f"{BACK}/<name>/reread", "reread", _reread, methods=["POST"])


def _connections() -> ResponseReturnValue:
    wiring = wired()
    now = wiring.now()
    with reading(wiring.engine) as connection:
        counts = count_inbound(connection, wiring.log.log_id)
        odd = newest_inbound(connection, wiring.log.log_id, [QUARANTINED, REFUSED], MOST_SHOWN)
        newest = newest_inbound(connection, wiring.log.log_id, STATES, MOST_SHOWN)
    rows = [
        Row(one, path_of(one), counts.get(one.name, {}), is_silent(one, now), is_unproved(one))
        for one in list_connections(wiring)
    ]
    return render_template(
        "connections.html",
        rows=rows,
        odd=odd,
        newest=newest,
        words=WORDS,
        coverage=coverage(wiring),
        address=wiring.settings.public_url or request.host_url.rstrip("/"),
    )


def _remove(name: str) -> ResponseReturnValue:
    check_administrator(wired(), me().actor.id)
    remove_connection(wired(), name)
    flash("The connection is removed; its address answers nobody any more.", "ok")
    return redirect(BACK)


def _try(name: str) -> ResponseReturnValue:
    """Take a trial in through the door, proved with the connection's own secret."""
    wiring = wired()
    check_administrator(wiring, me().actor.id)
    source = get_connection(wiring, name)
    document = mapping_of(source)
    at = wiring.now().timestamp()
    headers, body = trial(document, secret_of(wiring, source), at)
    take_in(wiring, source.type, source.name, headers, body)
    try:
        understood = read_delivery(document, source.name, body) == "test"
    except ValueError:
        understood = False
    if understood:
        flash(f"A test went in at {name} and was understood. It is counted, and no event.", "ok")
    else:
        flash(f"A test went in at {name}; its document has no rule for tests.", "warn")
    return redirect(BACK)


def _reread(name: str) -> ResponseReturnValue:
    """Let what was quarantined be read again, after its document or the ledger changed."""
    wiring = wired()
    check_administrator(wiring, me().actor.id)
    get_connection(wiring, name)
    with writing(wiring.engine) as connection:
        many = let_wait_again(connection, wiring.log.log_id, name)
    flash(f"{many} of what could not be read will be read again.", "ok")
    return redirect(BACK)
