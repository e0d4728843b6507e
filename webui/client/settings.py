"""What the other end of the API may be told by the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from webui.client.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

URL: Final = "COUNTERSEAL_URL"
TOKEN: Final = "COUNTERSEAL_TOKEN"  # noqa: S105 (the name of a variable)
TOKEN_FILE: Final = "COUNTERSEAL_TOKEN_FILE"  # noqa: S105
ID_TOKEN: Final = "COUNTERSEAL_ID_TOKEN"  # noqa: S105
AUDIENCE: Final = "COUNTERSEAL_AUDIENCE"
VKEY: Final = "COUNTERSEAL_VKEY"
SPOOL: Final = "COUNTERSEAL_SPOOL"

CLIENT_SETTINGS: Final = {
    URL: "Client: where the server is, such as https://ledger.example.org. http is taken for this "
    "machine alone.",
    TOKEN: "Client: the API token. Without it, COUNTERSEAL_TOKEN_FILE, then an identity token of "
    "the pipeline.",
    TOKEN_FILE: "Client: a file that holds the API token; readable by its owner only.",
    ID_TOKEN: "Client: an identity token of the pipeline (GitLab `id_tokens`), exchanged for a "
    "short-lived API token. On GitHub it is asked for by itself, where the job has `id-token: "
    "write`.",
    AUDIENCE: "Client: the audience that an identity token is asked for. Default: COUNTERSEAL_URL.",
    VKEY: "Client: the log's verifier key. With it every receipt is checked, and what does not "
    "verify is an error.",
    SPOOL: "Client: the folder of commands that wait for the server. Default: "
    "~/.local/state/counterseal/spool.",
    "COUNTERSEAL_MLFLOW_REGISTRY": "MLflow plugin: the name under which its registry is followed. "
    "Default: mlflow.",
    "COUNTERSEAL_MLFLOW_ENVIRONMENTS": "MLflow plugin: which aliases and stages are environments, "
    "as NAME=ENVIRONMENT with spaces between. Default: champion=production Production=production "
    "Staging=staging.",
    "COUNTERSEAL_MLFLOW_DEFAULTS": "MLflow plugin: task, risk_tier and purposes of models whose "
    "tags do not say them. Default: task=other risk_tier=high purposes=unspecified.",
    "COUNTERSEAL_MLFLOW_TELL": "MLflow plugin: at-once, or later: what is not protected is kept on "
    "disk and told a moment after MLflow answered, many in one request. Default: at-once.",
}
_LOOPBACK: Final = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the server is, and what is known of it."""

    url: str
    audience: str
    vkey: str


def read_client_settings(environment: Mapping[str, str]) -> ClientSettings:
    """The settings of the environment.

    Raises:
        SettingError: there is no address, or it is none that a token may be sent to.
    """
    url = checked_url(environment.get(URL, ""))
    return ClientSettings(url, environment.get(AUDIENCE) or url, environment.get(VKEY, ""))


def checked_url(url: str) -> str:
    """An address that a token may be sent to, without a slash at its end.

    Raises:
        SettingError: it is none.
    """
    if not url:
        raise SettingError(
            "It is not said where the server is.",
            code="url-missing",
            remedy=f"Set {URL}, for example to https://ledger.example.org.",
        )
    try:
        parts = urlsplit(url)
        host, fits = parts.hostname or "", parts.port != 0
    except ValueError:
        host, fits = "", False
        parts = urlsplit("")
    plain = fits and host and url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingError(f"{URL} is not an address of a server.", remedy="Write https://HOST.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _LOOPBACK.fullmatch(host)):
        raise SettingError(
            "The address is not https, so the token could be read on the way.",
            code="url-not-https",
            remedy="Use https; http is for this machine alone.",
        )
    return url.rstrip("/")


def spool_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of commands that wait."""
    given = environment.get(SPOOL)
    if given:
        return Path(given)
    state = environment.get("XDG_STATE_HOME")
    base = Path(state) if state else Path.home() / ".local" / "state"
    return base / "counterseal" / "spool"
