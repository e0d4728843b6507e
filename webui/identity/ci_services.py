"""The CI services whose jobs have identity tokens: how each names itself as an issuer.

Sources: GitHub, "OpenID Connect" (github.com; Enterprise Server; Enterprise Cloud with data
residency; an enterprise may add its name); GitLab, "OpenID Connect (OIDC) authentication using ID
tokens".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.events.publisher import Provider


class Service(NamedTuple):
    """A CI service: ``form`` is its issuer, with ``{}`` for what the operator's own is called."""

    provider: Provider
    words: str
    form: str
    example: str = ""


SERVICES: Final = {
    "github": Service("github", "GitHub.com", "https://token.actions.githubusercontent.com"),
    "github-enterprise": Service(
        "github",
        "GitHub.com, an enterprise with an issuer of its own",
        "https://token.actions.githubusercontent.com/{}",
        "acme",
    ),
    "github-server": Service(
        "github", "GitHub Enterprise Server", "https://{}/_services/token", "github.example.org"
    ),
    "github-residency": Service(
        "github", "GitHub with data residency", "https://token.actions.{}.ghe.com", "acme"
    ),
    "gitlab": Service("gitlab", "GitLab.com", "https://gitlab.com"),
    "gitlab-server": Service("gitlab", "GitLab, self-managed", "https://{}", "gitlab.example.org"),
}
_OWN: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")


def issuer_of(service: str, own: str) -> tuple[Provider, str]:
    """Who issues the tokens of a service; ``own`` is the name of an operator's own one.

    Raises:
        InputError: no such service, or its own name is missing or is none.
    """
    found = SERVICES.get(service)
    if found is None:
        raise InputError("This is no CI service.", pointer="/service")
    if not found.example:
        return found.provider, found.form
    if not _OWN.fullmatch(own):
        raise InputError(
            "The name of your own service is missing, or is none.",
            pointer="/own",
            remedy=f"Write it as in {found.example}, without https://.",
        )
    return found.provider, found.form.format(own)
