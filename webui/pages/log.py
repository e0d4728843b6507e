"""The log: its head, its newest signed checkpoint, and how anybody can check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template, request

from ledger.publication import publication_state
from webui.here import wired

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/log", "log", _log)
    blueprint.add_url_rule("/log/checkpoint", "checkpoint", _checkpoint)


def _log() -> ResponseReturnValue:
    wiring = wired()
    head = wiring.reader.head()
    return render_template(
        "log.html",
        log=wiring.log,
        head=head,
        note=head.checkpoint.decode("utf-8"),
        entries_key=wiring.log.keyring.entries.public.hex(),
        seal=wiring.seal_fingerprint(),
        prefix=f"{request.url_root}log/{wiring.log.name}",
        state=publication_state(wiring.log),
        public=wiring.settings.public_log,
    )


def _checkpoint() -> ResponseReturnValue:
    return Response(wired().reader.head().checkpoint, content_type="text/plain; charset=utf-8")
