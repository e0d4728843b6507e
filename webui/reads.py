"""Who may read, and the one place where reading is recorded; the routes are in ``routes_read``.

Rules:

* Every route stands in ``ROUTES``; one that does not fails a test, and is read as ``members`` do.
* Who may read: ``open`` everybody, signed in or not; ``own`` whoever is signed in, about
  themselves; ``members`` whoever holds a role now; ``oversight`` whoever the policy lets issue
  reports or sign off the review of activity. A role that is over is none, from that moment on.
* The published log holds every entry, so it is for ``members`` too, unless the operator opens it.
* Every answer to somebody known is recorded: what was viewed, searched for or exported, and what
  was denied; so are attempts of nobody known that were denied, and sign-ins. What submits a command
  and is recorded in the ledger (``act``) is recorded here only where it was denied.
* A record names the route, what it concerned (numbers, models, actor ids) and by which filters was
  searched. It holds nothing that somebody typed freely. Where a request came from is kept for
  30 days as a keyed digest.
"""

from __future__ import annotations

import hmac
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flask import g, request

from ledger.core.access import Access
from ledger.errors import ConflictError, LedgerError
from ledger.events.access import ActivityReviewed
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from webui import here
from webui.here import wired
from webui.identity.current import signed_in
from webui.identity.errors import ReaderError
from webui.identity.secret import derived_key
from webui.readers import holds_role
from webui.routes_read import ROUTES, UNLISTED
from webui.verifying import may_verify

if TYPE_CHECKING:
    from flask import Flask, Response

    from webui.wiring import Wiring

_FILTERS: Final = frozenset(
    {"kind", "model", "version", "environment", "actor", "outcome", "status", "since", "until"}
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}")
_LONGEST: Final = 300
_DENIED: Final = frozenset({401, 403, 429})
_SIGN_IN: Final = frozenset(
    {"pages.sign_in", "pages.code", "pages.link", "pages.set_up", "pages.sso_return"}
)
_FAILED: Final = frozenset({401, 410, 429})
_WENT_ON: Final = 302


def install(app: Flask) -> None:
    """Record what the requests of ``app`` read."""
    key = derived_key(app.extensions[here.NAME], "access-origin")

    def record(response: Response) -> Response:
        endpoint = request.endpoint or ""
        if endpoint in _SIGN_IN or ROUTES.get(endpoint, UNLISTED).what != "nothing":
            # Where nobody can be told from the database, the page itself says so.
            with suppress(LedgerError):
                _record(endpoint, response.status_code, key)
        return response

    app.after_request(record)


def check_may_read(endpoint: str, actor_id: str) -> None:
    """Check that somebody who is known may use a route.

    Raises:
        ReaderError: they hold no role now, or none that oversees others.
    """
    reads = ROUTES.get(endpoint, UNLISTED)
    if reads.who in {"open", "own"}:
        return
    wiring = wired()
    if not holds_role(wiring, actor_id):
        raise ReaderError(
            "You hold no role now, so there is nothing for you to read here.",
            code="no-role",
            remedy="Ask an administrator; where a role of yours was for a time, it is over.",
        )
    if reads.who == "oversight" and not may_oversee(wiring, actor_id):
        raise ReaderError(
            "Only who oversees others may read this.",
            code="not-overseeing",
            remedy="Ask somebody from compliance, or an administrator.",
        )


def may_oversee(wiring: Wiring, actor_id: str) -> bool:
    """Whether the policy lets somebody issue reports, or sign off the review of activity."""
    return may_verify(wiring, _as_actor(wiring, actor_id)) or may_sign_off(wiring, actor_id)


def may_sign_off(wiring: Wiring, actor_id: str) -> bool:
    """Whether the policy lets somebody sign off the review of activity."""
    review = ActivityReviewed(
        first_day="2000-01-01",
        last_day="2000-01-01",
        digest=0,
        records=0,
        finding="nothing",
        conclusion="(asked beforehand)",
    )
    try:
        return wiring.submitter.preview(_as_actor(wiring, actor_id), review).allowed
    except ConflictError:
        # Allowed, but there is no digest yet that could be reviewed.
        return True


def _as_actor(wiring: Wiring, actor_id: str) -> Actor:
    return Actor(id=actor_id, type=wiring.reader.actor(actor_id).type, via="password")


def _record(endpoint: str, status: int, key: bytes) -> None:
    who = _who()
    kind = _kind(endpoint, status, known=who is not None)
    if kind:
        wiring = wired()
        record = Access(
            at=format_instant(wiring.now()),
            kind=kind,
            actor=who.id if who else "",
            via=who.via if who else "",
            route=endpoint[:64],
            concerns=_concerns(endpoint),
            status=status,
            many=1,
            recorder="",
        )
        wiring.accesses.note(record, _origin(key))


def _who() -> Actor | None:
    """Who asked, by token or by session."""
    asker: Actor | None = g.get("asker")
    if asker is not None:
        return asker
    sign = signed_in()
    return sign.actor if sign is not None else None


def _kind(endpoint: str, status: int, *, known: bool) -> str:
    """The kind of record that an answer leaves; empty for none."""
    if endpoint in _SIGN_IN and (request.method == "POST" or endpoint == "pages.sso_return"):
        went = "sign_in" if status == _WENT_ON else ""
        return "sign_in_failed" if status in _FAILED else went
    if endpoint == "pages.sign_out":
        return "sign_out"
    if status in _DENIED:
        return "denied"
    what = ROUTES.get(endpoint, UNLISTED).what if endpoint and known else "nothing"
    if what == "list":
        return "search" if _FILTERS.intersection(request.args) else "view"
    return "" if what in {"nothing", "act"} else what


def _concerns(endpoint: str) -> str:
    """What the request was about, as far as that can't be a person's name or an address."""
    if endpoint.startswith("tlog."):
        return ""
    parts = [*(request.view_args or {}).items()]
    parts += [(name, request.args[name]) for name in request.args if name in _FILTERS]
    said = [(name, str(value)) for name, value in parts]
    told = (f"{name}={text if _PLAIN.fullmatch(text) else '?'}" for name, text in said)
    return " ".join(told)[:_LONGEST]


def _origin(key: bytes) -> str:
    """A keyed digest of the address, by which requests from one place are told apart."""
    address = (request.remote_addr or "").encode("utf-8", "replace")
    return hmac.new(key, address, "sha256").hexdigest()[:32] if address else ""
