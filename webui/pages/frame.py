"""What surrounds every page: who is signed in, where the ledger stands, and the way to the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for

from ledger.errors import LedgerError
from ledger.publication import publication_state
from webui.here import wired
from webui.identity.current import SIGN_IN_PATH, SignedIn, signed_in
from webui.identity.demand import second_factor_demanded
from webui.identity.errors import SignInError
from webui.pages import saying
from webui.reads import check_may_read
from webui.rooms import room_of_auditor
from webui.wiring import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

MENU: Final = (
    ("/", "Inbox"),
    ("/models", "Models"),
    ("/deployments", "Deployments"),
    ("/ledger", "Ledger"),
    ("/controls", "Controls"),
    ("/reports", "Reports"),
    ("/policy", "Policy"),
    ("/people", "People"),
    ("/log", "Log"),
)
ROOM_MENU: Final = (("/", "Inbox"), ("/rooms", "Auditor's room"))
_OPEN: Final = {
    "pages.healthz",
    "pages.sign_in",
    "pages.code",
    "pages.link",
    "pages.sso",
    "pages.sso_return",
    "pages.set_up",
    "pages.hand_in",
}


_WITHOUT_SECOND_FACTOR: Final = {
    "pages.second_factor",
    "pages.factor_begin",
    "pages.factor_confirm",
    "pages.confirm",
    "pages.sign_out",
    "static",
}


_BELOW: Final = {
    "/people": ("/activity", "/access-reviews", "/publishers", "/privacy"),
    "/account": ("/notices",),
    "/models": ("/lineage", "/deprecations", "/schema"),
    "/controls": ("/population",),
    "/reports": ("/rooms", "/frameworks", "/jobs", "/samples", "/statements", "/incidents"),
    "/deployments": ("/exceptions", "/reviews/", "/connections"),
    "/": ("/releases/", "/changes"),
}


@dataclass(frozen=True)
class Standing:
    """Where the ledger stands: shown at the foot of every page."""

    origin: str
    size: int | None
    root: str
    alarm: str
    demo: bool
    generator: str
    split: str = ""
    guard_away: str = ""
    successor: str = ""


def pages() -> Blueprint:
    """The blueprint of all pages, with the answer for those who watch whether it lives."""
    blueprint = Blueprint("pages", __name__)
    blueprint.add_url_rule("/healthz", "healthz", _healthz)
    return blueprint


def install(blueprint: Blueprint) -> None:
    """Let only those in who are signed in, and give every template what surrounds it."""
    blueprint.before_request(_sign_in_first)
    blueprint.app_context_processor(_surroundings)
    blueprint.record_once(lambda state: saying.install(state.app))


def me() -> SignedIn:
    """Who is signed in; pages are only shown to somebody who is."""
    found = signed_in()
    if found is None:
        raise SignInError("Sign in first.")
    return found


def next_page(items: list[Any], limit: int, cursor: Callable[[Any], int]) -> str:
    """The address of the page after this one, or nothing; keeps the filters of this one."""
    if len(items) < limit:
        return ""
    kept = {**request.args.to_dict(), "before": str(cursor(items[-1]))}
    return _here(kept)


def before() -> int | None:
    """Where a list continues, from the address; nonsense begins it anew."""
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else None  # noqa: PLR2004 (digits of 2**53)


def first_page() -> str:
    """The address of the newest items with these filters, where this page is not it."""
    if before() is None:
        return ""
    kept = {key: value for key, value in request.args.items() if key != "before"}
    return _here(kept)


def _here(query: dict[str, str]) -> str:
    """This page with another query."""
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _healthz() -> str:
    return "ok\n"


def _sign_in_first() -> Response | None:
    if request.endpoint in _OPEN:
        return None
    found = signed_in()
    if found is not None:
        check_may_read(request.endpoint or "", found.actor.id)
        return _second_factor_first(found)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("pages.sign_in", next=wanted) if wanted != "/" else SIGN_IN_PATH)


def _second_factor_first(found: SignedIn) -> Response | None:
    """Whoever must have a second factor, and signed in by password alone, sets one up first."""
    by_password = found.session.strength.via == "password"
    if not by_password or str(request.endpoint) in _WITHOUT_SECOND_FACTOR:
        return None
    return redirect("/account/second-factor") if second_factor_demanded(found.actor.id) else None


def _surroundings() -> dict[str, Any]:
    """What base.html needs."""
    sign = signed_in()
    return {
        "me": sign,
        "menu": _menu(sign),
        "here": _section(),
        "standing": _standing(shown=sign is not None),
    }


def _menu(sign: SignedIn | None) -> tuple[tuple[str, str], ...]:
    """The menu; to an outside auditor, whose room holds all there is to read, a short one."""
    if sign is None:
        return MENU
    try:
        inside = room_of_auditor(wired(), sign.actor.id) is not None
    except LedgerError:
        inside = False  # the page says itself what is wrong with the database
    return ROOM_MENU if inside else MENU


def _section() -> str:
    """The part of the menu that this page belongs to; releases and changes belong to the inbox."""
    for path in [*(path for path, _ in MENU if path != "/"), "/account"]:
        if request.path == path or request.path.startswith(path + "/"):
            return path
    for section, below in _BELOW.items():
        if request.path.startswith(below):
            return section
    return "/" if request.path == "/" else ""


def _standing(*, shown: bool) -> Standing:
    """A damaged or unreachable database must not keep the page that says so from being shown."""
    wiring = wired()
    size, root, successor = None, "", ""
    if shown:
        try:
            head = wiring.reader.head()
            size, root = head.size, head.root.hex()
            successor = wiring.log.learn_successor(size)
        except LedgerError:
            size = None
    alarm = wiring.log.alarm if shown else ""
    split = _split_view() if shown and wiring.log.trust.witnesses else ""
    away = wiring.log.guard_away if shown else ""
    return Standing(
        wiring.log.origin, size, root, alarm, wiring.is_demo, generator(), split, away, successor
    )


def _split_view() -> str:
    """The names of the witnesses that say that there are two histories of this log."""
    try:
        state = publication_state(wired().log)
    except LedgerError:
        return ""
    return ", ".join(one.shown_name for one in state.alarms)
