"""Single sign-on: the browser is sent to a provider and comes back as somebody.

Rules:
- What is waited for stands in the database and is used once; it belongs to the browser that began
  (a secret in its cookie), so that nobody is signed in as somebody else by a link (login CSRF).
  Nonce and code verifier are derived from both secrets and stored nowhere.
- Where the browser goes on to is a path of ours, kept with what is waited for.
- Who it is, is said by (issuer, subject) alone (``webui.identity.subjects``).
- A sign-in is as strong as the provider says and the settings believe.
"""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import flask
import httpx
from flask import current_app, request

from ledger.errors import InputError, UnknownSubjectError
from ledger.outside.http import SECONDS, new_client
from webui.here import wired
from webui.identity import current, waiting
from webui.identity.accounts import find_by_address
from webui.identity.errors import SignInError
from webui.identity.groups import follow_groups
from webui.identity.oidc import Issuer, Secrets, refused, signed_in_since
from webui.identity.providers import read_sign_in
from webui.identity.secret import keyed_digest, new_secret
from webui.identity.sessions import note_confirmed
from webui.identity.strength import Strength, context_class, methods
from webui.identity.subjects import find_subject, link_subject, linked_subjects, note_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from webui.identity.providers import Provider, SignIn
    from webui.identity.waiting import Waiting
    from webui.wiring import Wiring

_NAME: Final = "counterseal-sign-in"
_BROWSER: Final = "sso"
CONFIRMED_SECONDS: Final = 120
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doors:
    """How people may sign in, and the providers to ask."""

    sign_in: SignIn
    issuers: Mapping[str, Issuer]

    def issuer(self, name: str) -> Issuer:
        """A provider by its name.

        Raises:
            UnknownSubjectError: there is none.
        """
        found = self.issuers.get(name)
        if found is None:
            raise UnknownSubjectError("There is no such provider.", code="provider-unknown")
        return found


def install(app: Flask, wiring: Wiring) -> None:
    """Read who may vouch for people; nobody is asked before somebody signs in.

    Raises:
        InputError, OutsideError: the settings can't be read, or are wrong.
    """
    found = read_sign_in(wiring.settings)
    issuers = {}
    for provider in found.providers:
        found.secret_of(provider)
        issuers[provider.name] = Issuer(provider, _connect(found, provider), wiring.now)
    app.extensions[_NAME] = Doors(found, issuers)


def doors() -> Doors:
    """How people may sign in here."""
    return cast("Doors", current_app.extensions[_NAME])


def depart(name: str, purpose: waiting.Purpose, wanted: str) -> str:
    """Where the browser goes to at a provider, to come back for ``purpose``.

    Raises:
        UnknownSubjectError: no such provider.
        OutsideError: it does not answer.
    """
    issuer = doors().issuer(name)
    browser = flask.session.setdefault(_BROWSER, new_secret())
    who = current.signed_in()
    what = waiting.Waiting(purpose, name, who.actor.id if who else "", current.local_path(wanted))
    issuer.known()
    secrets = _secrets(waiting.begin(wired(), what, browser), browser)
    return issuer.begin(secrets, return_url(name), confirm=purpose == "confirm")


def arrive(name: str, said: Mapping[str, str]) -> str:
    """Take what a browser came back with; the path where it goes on.

    Raises:
        SignInError: it proves nothing, or nobody here is who it proves.
        ConflictError: it was to be linked and is linked otherwise.
        OutsideError: the provider does not answer.
    """
    issuer = doors().issuer(name)
    browser, state = str(flask.session.get(_BROWSER, "")), said.get("state", "")
    found = waiting.take(wired(), state, browser) if browser else None
    if found is None or found.provider != name:
        raise SignInError(
            "This sign-in was not begun in this browser, took too long or was used.",
            code="sign-in-expired",
            remedy="Begin again.",
        )
    try:
        if "iss" in said and said["iss"] != issuer.provider.issuer:
            raise refused("mix-up")
        if "code" not in said:
            raise refused("denied")
        secret = doors().sign_in.secret_of(issuer.provider)
        secrets = _secrets(state, browser)
        claims = issuer.finish(said["code"], secrets, return_url(name), secret)
    except SignInError as error:
        _log.warning("single sign-on by %s failed: %s", name, error.numbers.get("why", "-"))
        raise
    return _go_on(issuer.provider, found, claims)


def return_url(name: str) -> str:
    """Where the provider sends the browser back to; the same for both requests."""
    base = wired().settings.public_url or request.host_url.rstrip("/")
    return f"{base}/login/sso/{name}/return"


def strength_of(provider: Provider, claims: Mapping[str, Any]) -> Strength:
    """How strong a sign-in is, as the provider says and the settings believe."""
    acr, amr = context_class(claims.get("acr")), methods(claims.get("amr"))
    strong = acr in provider.strong_acr or not set(provider.strong_amr).isdisjoint(amr)
    silent = not amr and not (acr and provider.strong_acr)
    return Strength("sso", None if silent and not strong else strong, acr, amr, provider.name)


def _go_on(provider: Provider, found: Waiting, claims: Mapping[str, Any]) -> str:
    if found.purpose == "sign-in":
        actor_id = _who(provider, claims)
        current.enter(actor_id, strength_of(provider, claims))
        follow_groups(wired(), provider, actor_id, claims)
        return found.wanted
    who = current.signed_in()
    if who is None or who.actor.id != found.actor_id:
        raise SignInError("Somebody else is signed in here now.", remedy="Begin again.")
    if found.purpose == "link":
        link_subject(wired(), provider, str(claims["sub"]), who.actor.id)
        return found.wanted
    recent = signed_in_since(claims, wired().now()) <= CONFIRMED_SECONDS
    if find_subject(wired(), provider, str(claims["sub"])) != who.actor.id or not recent:
        raise SignInError(
            "The provider did not ask you again, or knows you as somebody else.",
            code="not-confirmed",
            remedy="Sign out and sign in again.",
        )
    note_confirmed(wired(), who.session.session_id)
    return found.wanted


def _who(provider: Provider, claims: Mapping[str, Any]) -> str:
    """Who a subject is here.

    Raises:
        SignInError: nobody, or somebody who may not sign in; told alike.
    """
    wiring, sub = wired(), str(claims["sub"])
    found = find_subject(wiring, provider, sub)
    if found is None and provider.verified_email and claims.get("email_verified") is True:
        found = _by_address(provider, sub, claims.get("email"))
    if found is not None:
        return found
    asked = provider.unknown == "request" and note_request(wiring, provider, claims)
    raise SignInError(
        "You are signed in there, and not known here yet.",
        code="subject-unknown",
        remedy="Your wish to be let in waits for an administrator; try again when you hear of it."
        if asked
        else "An administrator can invite you; then link this sign-in under My account.",
    )


def _by_address(provider: Provider, sub: str, email: object) -> str | None:
    """Who has an account under an address that the provider has verified; linked from now on."""
    try:
        actor_id = find_by_address(wired(), str(email))
    except InputError:
        return None
    if actor_id is None or any(
        one.provider == provider.name for one in linked_subjects(wired(), actor_id)
    ):
        return None
    link_subject(wired(), provider, sub, actor_id)
    return find_subject(wired(), provider, sub)


def _secrets(state: str, browser: str) -> Secrets:
    """Nonce and verifier of a sign-in: what only both secrets together give."""
    both = f"{state}\n{browser}"
    return Secrets(
        state,
        keyed_digest(wired(), "single-sign-on", f"nonce\n{both}"),
        keyed_digest(wired(), "single-sign-on", f"verifier\n{both}"),
    )


def _connect(found: SignIn, provider: Provider) -> Callable[[], httpx.Client]:
    """What asks a provider: with our limits, and certificates of its own where settings say so."""
    if not provider.certificates:
        return new_client
    file = found.folder / Path(provider.certificates).expanduser()
    try:
        context = ssl.create_default_context(cafile=str(file))
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "The certificates of a provider of single sign-on can't be read.",
            code="sign-in-invalid",
            pointer="/certificates",
        ) from error
    return lambda: httpx.Client(
        timeout=httpx.Timeout(SECONDS), follow_redirects=False, trust_env=False, verify=context
    )
