"""How the company's people get in: the set-up link, accounts, API tokens, sign-in links.

The administrator comes through the one-time link of every installation. The workload gets an API
token from the administrator, through the API. A token that speaks for a person is made by that
person; the demonstration, which plays all of them, makes them as the operator of the machine. All
tokens are revoked when the story ends, so that what stays are the people and their one-time
sign-in links.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from ledger.errors import OutsideError
from webui.demo.caller import Caller
from webui.demo.company import ADMINISTRATOR, EVERYBODY, INVITED
from webui.identity.accounts import create_account, find_account
from webui.identity.links import issue_setup_link, issue_sign_in_link, sign_in_url
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import httpx

    from webui.wiring import Wiring

_TOKEN_DAYS: Final = 1
_LABEL: Final = "demonstration"
_CSRF: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_SEE_OTHER: Final = {302, 303}


def find_administrator(wiring: Wiring) -> str | None:
    """Who administers this installation, or None while nobody does."""
    return next(iter(wiring.reader.holders("administrator")), None)


def set_up_administrator(wiring: Wiring, http: httpx.Client) -> str:
    """Open the set-up page by its one-time link, as a browser would, where nobody has yet.

    Returns the administrator's id.

    Raises:
        OutsideError: the page did not take it.
    """
    found = find_administrator(wiring)
    if found is not None:
        return found
    guard = _CSRF.search(http.get("/setup").text)
    password = secrets.token_urlsafe(24)
    form = {
        "csrf_token": guard[1] if guard else "",
        "token": issue_setup_link(wiring),
        "name": ADMINISTRATOR.name,
        "email": ADMINISTRATOR.email,
        "password": password,
        "again": password,
    }
    answer = http.post("/setup", data=form)
    http.cookies.clear()
    found = find_administrator(wiring)
    if answer.status_code not in _SEE_OTHER or found is None:
        raise OutsideError(
            f"The set-up page answered with status {answer.status_code}.", code="demo-stopped"
        )
    return found


def operator_caller(wiring: Wiring, http: httpx.Client, person: str) -> Caller:
    """A person at the API, with a token that the operator made."""
    _, secret = create_token(
        wiring,
        actor_id=person,
        label=_LABEL,
        scope=TokenScope(kinds="*"),
        days=_TOKEN_DAYS,
        created_by=wiring.service.id,
    )
    return Caller(http, secret)


def invited_callers(
    wiring: Wiring, http: httpx.Client, administrator: Caller, actors: Mapping[str, str]
) -> dict[str, Caller]:
    """Everybody else at the API: people, and workloads with tokens of the administrator."""
    found = {}
    for member in INVITED:
        if member.type == "person":
            found[member.key] = operator_caller(wiring, http, actors[member.key])
            continue
        wanted = {
            "label": _LABEL,
            "scope": {"kinds": "*"},
            "days": _TOKEN_DAYS,
            "actor_id": actors[member.key],
        }
        key = f"demo/token/{secrets.token_hex(8)}"
        found[member.key] = Caller(http, administrator.post("tokens", wanted, key)["secret"])
    return found


def retire_tokens(callers: Mapping[str, Caller]) -> None:
    """Let every token revoke itself."""
    for caller in callers.values():
        caller.revoke_itself()


def open_accounts(wiring: Wiring, actors: Mapping[str, str]) -> None:
    """Give the invited people accounts, which open by one-time links."""
    for member in INVITED:
        actor_id = actors[member.key]
        if member.type == "person" and find_account(wiring, actor_id) is None:
            create_account(wiring, actor_id)


def sign_in_links(
    wiring: Wiring, url: str, actors: Mapping[str, str], *, minutes: int
) -> list[tuple[str, str, str]]:
    """A new one-time sign-in link for each person, as (name, duty, URL)."""
    administrator = find_administrator(wiring)
    ids = dict(actors) | ({ADMINISTRATOR.key: administrator} if administrator else {})
    people: Iterable[tuple[str, str, str]] = (
        (one.name, one.duty, ids[one.key]) for one in EVERYBODY if one.type == "person"
    )
    return [
        (name, duty, sign_in_url(url, issue_sign_in_link(wiring, actor, minutes=minutes)))
        for name, duty, actor in people
    ]
