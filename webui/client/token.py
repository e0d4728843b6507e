"""Where a token comes from: the environment, a file, or an identity token of the pipeline.

A pipeline that has an identity of its own needs no secret: it asks its platform for a signed
identity token (OpenID Connect) for our audience and exchanges it for an API token that lives for
minutes (``POST /api/v1/token-exchange``).

Sources: GitHub Actions, "Configuring OpenID Connect in cloud providers"; GitLab, "OpenID Connect
(OIDC) authentication using ID tokens"; RFC 8693 for the words of the exchange.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from webui.client.errors import AnswerError, NotAllowedError, SettingError
from webui.client.plain import read_object, text
from webui.client.settings import ID_TOKEN, TOKEN, TOKEN_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.client.settings import ClientSettings
    from webui.client.wire import Wire

GITHUB_URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 (the name of a variable)
EXCHANGE: Final = "/api/v1/token-exchange"
_SECONDS: Final = 20.0
_OK: Final = frozenset({200, 201})


def find_token(environment: Mapping[str, str], settings: ClientSettings, wire: Wire) -> str:
    """The API token of this environment.

    Raises:
        SettingError: there is none, or its file can be read by others.
        UnreachableError, AnswerError, NotAllowedError: the exchange failed.
    """
    if environment.get(TOKEN):
        return _sendable(environment[TOKEN].strip(), TOKEN)
    if environment.get(TOKEN_FILE):
        return _sendable(_from_file(Path(environment[TOKEN_FILE])), TOKEN_FILE)
    identity = environment.get(ID_TOKEN, "").strip()
    if not identity and environment.get(GITHUB_URL) and environment.get(GITHUB_TOKEN):
        identity = _from_github(environment, settings.audience, wire)
    if identity:
        return _exchanged(_sendable(identity, ID_TOKEN), settings, wire)
    raise SettingError(
        "There is no token.",
        code="token-missing",
        remedy=f"Set {TOKEN} or {TOKEN_FILE}, or give the job an identity: `id-token: write` on "
        f"GitHub, {ID_TOKEN} under `id_tokens` on GitLab.",
    )


def _from_file(file: Path) -> str:
    try:
        mode, found = file.stat().st_mode, file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise SettingError(f"The file that {TOKEN_FILE} names can't be read.") from None
    if mode & 0o077:
        raise SettingError(
            f"The file that {TOKEN_FILE} names can be read by others.",
            remedy="Run chmod 600 on it.",
        )
    return found


def _sendable(token: str, where: str) -> str:
    """A text that can stand in a header."""
    if not token or not token.isascii() or any(one <= " " or one == "\x7f" for one in token):
        raise SettingError(f"What {where} holds is not a token.", code="token-malformed")
    return token


def _from_github(environment: Mapping[str, str], audience: str, wire: Wire) -> str:
    url = environment[GITHUB_URL]
    if urlsplit(url).scheme != "https":
        raise SettingError(f"{GITHUB_URL} is not an https address.")
    url += f"{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
    headers = {"Authorization": f"Bearer {_sendable(environment[GITHUB_TOKEN], GITHUB_TOKEN)}"}
    reply = wire.exchange("GET", url, {**headers, "Accept": "application/json"}, None, _SECONDS)
    if reply.status not in _OK:
        raise NotAllowedError(
            "The pipeline's platform gave no identity token.",
            code="identity-refused",
            status=reply.status,
            remedy="The job needs the permission `id-token: write`.",
        )
    return text(read_object(reply.body), "value")


def _exchanged(identity: str, settings: ClientSettings, wire: Wire) -> str:
    body = json.dumps({"subject_token": identity}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    reply = wire.exchange("POST", settings.url + EXCHANGE, headers, body, _SECONDS)
    if reply.status not in _OK:
        plain = read_object(reply.body) if "json" in reply.headers.get("content-type", "") else {}
        raise NotAllowedError(
            "The server does not take the identity of this pipeline.",
            code=str(plain.get("code", "identity-refused")),
            status=reply.status,
            remedy="An administrator names the pipelines that may sign in.",
        )
    try:
        return _sendable(text(read_object(reply.body), "access_token"), "the exchange's answer")
    except SettingError as error:
        raise AnswerError(error.sentence) from None
