"""``POST /hooks/<type>/<connection>``: a delivery is proved, kept and answered; it is read later.

Whoever fails to prove themselves, names no connection, or comes too late gets the same answer. What
came before is answered as if it had been new, and kept once.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, request

from ledger.errors import InputError
from ledger.events.names import format_instant, parse_instant
from ledger.store.connections import WAITING, Inbound, keep_inbound, note_source, read_source
from ledger.store.database import reading, writing
from webui.here import wired
from webui.identity.errors import TokenError
from webui.intake.authentic import delivery_id, is_authentic
from webui.intake.cloud_events import Unpacked, covers, unpack
from webui.intake.managing import mapping_of, secret_of
from webui.intake.reading import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from ledger.store.connections import Source
    from webui.wiring import Wiring

NAME: Final = "hooks"
_NOTED_EVERY: Final = timedelta(minutes=1)


def register(app: Flask) -> Blueprint:
    """Put the door into ``app``; returns its blueprint."""
    blueprint = Blueprint(NAME, __name__, url_prefix="/hooks")
    blueprint.add_url_rule(
        "/<type>/<connection>",
        "deliver",
        _deliver,
        methods=["POST"],
        provide_automatic_options=False,
    )
    app.register_blueprint(blueprint)
    return blueprint


def _deliver(type: str, connection: str) -> Response:  # noqa: A002 (the name in the address)
    wiring = wired()
    if (request.content_length or 0) > MOST_BYTES:
        raise InputError("The delivery is too long.", code="too-long", pointer="/")
    body = request.get_data(cache=False)
    take_in(wiring, type, connection, cast("Mapping[str, str]", request.headers), body)
    return Response("kept\n", status=202, mimetype="text/plain")


def take_in(
    wiring: Wiring,
    type_: str,
    connection: str,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Prove a delivery and keep it; one that came before is kept once.

    Raises:
        TokenError: ``delivery-refused``, whatever is wrong with it.
    """
    now = wiring.now()
    with reading(wiring.engine) as opened:
        source = read_source(opened, wiring.log.log_id, connection)
    if source is None or source.type != type_:
        raise _refused()
    document = mapping_of(source)
    cloud = document.envelope == "cloudevents"
    if cloud and not covers(document.proof, headers):
        raise _refused()
    if not is_authentic(document.proof, secret_of(wiring, source), headers, body, now):
        _note_refusal(wiring, source)
        raise _refused()
    at = format_instant(now)
    parts = [Unpacked(delivery_id(document, headers, body, now), body)]
    if cloud:
        # What is no CloudEvent is kept as it came, for a person to look at.
        with suppress(ValueError):
            parts = unpack(headers, body)
    with writing(wiring.engine) as opened:
        for part in parts:
            came = Inbound(source.name, part.name, at, WAITING, part.body)
            keep_inbound(opened, wiring.log.log_id, came)
        note_source(opened, wiring.log.log_id, source.name, heard_at=at)


def _note_refusal(wiring: Wiring, source: Source) -> None:
    """At most once a minute: whoever can't prove themselves must not make us write."""
    now = wiring.now()
    if source.refused_at and now - parse_instant(source.refused_at) < _NOTED_EVERY:
        return
    with writing(wiring.engine) as opened:
        note_source(opened, wiring.log.log_id, source.name, refused_at=format_instant(now))


def _refused() -> TokenError:
    return TokenError(
        "This delivery is not taken.",
        code="delivery-refused",
        remedy="Compare address and secret with the connection's; a delivery is taken for ten "
        "minutes after it was signed.",
    )
