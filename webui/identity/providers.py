"""Who may vouch for people: the providers of single sign-on that an operator has set up.

A TOML file (``docs/sign-in.md`` tells what it may say). The client's secret stands in a file of its
own, readable by its owner only. What is said wrongly is refused when the service starts.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ledger.errors import InputError, OutsideError
from ledger.events.names import Slug
from ledger.keys.signer import read_secret

if TYPE_CHECKING:
    from webui.settings import Settings

_MOST_BYTES: Final = 100_000
_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_HERE: Final = {"localhost", "127.0.0.1", "::1"}
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
Unknown = Literal["refuse", "request"]
Demand = Literal["enrolled", "deciders", "everybody"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Provider(_Part):
    """A provider of single sign-on (OpenID Connect), found by its issuer.

    ``unknown`` says what becomes of somebody whom it knows and we don't: refused, or a request
    that an administrator looks at. ``verified_email`` lets the first sign-in of somebody who has an
    account here find it by an address that the provider says it has verified. ``strong_acr`` and
    ``strong_amr`` are the words by which it says that a second factor was used. ``roles`` maps its
    groups to roles of the policy.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    title: Annotated[str, Field(min_length=1, max_length=60)]
    issuer: str
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret_file: str = ""
    certificates: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    acr_values: tuple[str, ...] = ()
    strong_acr: tuple[str, ...] = ()
    strong_amr: tuple[str, ...] = ("mfa",)
    unknown: Unknown = "refuse"
    verified_email: bool = False
    groups_claim: str = "groups"
    roles: dict[str, tuple[Slug, ...]] = Field(default_factory=dict)

    @field_validator("issuer")
    @classmethod
    def _is_https(cls, value: str) -> str:
        check_endpoint(value, value)
        if "?" in value or "#" in value:
            msg = "an issuer has no query and no fragment"
            raise ValueError(msg)
        return value

    @field_validator("scopes")
    @classmethod
    def _asks_for_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value or any(" " in one for one in value):
            msg = "scopes are words, and openid is one of them"
            raise ValueError(msg)
        return value

    @property
    def mapped(self) -> frozenset[str]:
        """Every role that its groups can give."""
        return frozenset(role for roles in self.roles.values() for role in roles)


class Scim(_Part):
    """What an identity provider that provisions people (SCIM) may bring about.

    ``roles`` maps its groups to roles of the policy. With ``provider`` the attribute ``subject`` of
    whom it brings is their subject at that provider of single sign-on.
    """

    roles: dict[str, tuple[Slug, ...]] = Field(default_factory=dict)
    provider: str = ""
    subject: Literal["externalId", "userName"] = "externalId"

    @property
    def mapped(self) -> frozenset[str]:
        """Every role that a group can give."""
        return frozenset(role for roles in self.roles.values() for role in roles)


class SignIn(_Part):
    """How people may sign in. ``second_factor`` says of whom one is demanded."""

    providers: tuple[Provider, ...] = ()
    passwords: bool = True
    second_factor: Demand = "enrolled"
    scim: Scim = Scim()
    folder: Path = Path()

    def provider(self, name: str) -> Provider | None:
        """The provider of a name."""
        return next((one for one in self.providers if one.name == name), None)

    def secret_of(self, provider: Provider) -> str:
        """The client's secret at a provider; empty where it has none.

        Raises:
            OutsideError: its file can't be read, or others can read it.
        """
        if not provider.client_secret_file:
            return ""
        file = self.folder / Path(provider.client_secret_file).expanduser()
        return read_secret(file).decode("utf-8").strip()


def check_endpoint(url: str, issuer: str) -> None:
    """Check that an address may be asked: https, or http on this machine where the issuer is here.

    Raises:
        ValueError: no.
    """
    parts = urlsplit(url)
    here = parts.hostname in _HERE and urlsplit(issuer).hostname in _HERE
    allowed = parts.scheme == "https" or (parts.scheme == "http" and here)
    if not allowed or not parts.hostname or parts.username or parts.password or parts.fragment:
        msg = "an address of a provider begins with https:// and holds no user"
        raise ValueError(msg)


def read_sign_in(settings: Settings) -> SignIn:
    """How people may sign in, from the settings; passwords alone where no file is set.

    Raises:
        OutsideError: the file can't be read.
        InputError: ``sign-in-invalid``: it says something that it may not; the pointer says where.
    """
    file = settings.sign_in_file
    if file is None:
        return SignIn()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The file of sign-ins can't be read: {error.strerror}.",
            code="sign-in-file",
            remedy="Look at COUNTERSEAL_SIGN_IN_FILE.",
        ) from error
    if len(data) > _MOST_BYTES:
        raise _invalid("It is too long.", "")
    try:
        said = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise _invalid("It is not TOML in UTF-8.", "") from None
    return _read(said, file.parent)


def _read(said: dict[str, Any], folder: Path) -> SignIn:
    fields = {**said, "folder": folder}
    if "provider" in fields:
        fields["providers"] = fields.pop("provider")
    try:
        found = SignIn.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        pointer = "".join(f"/{part}" for part in first["loc"])
        raise _invalid(f"{first['msg']}.", pointer) from None
    names = [one.name for one in found.providers]
    if len(set(names)) < len(names) or len({one.issuer for one in found.providers}) < len(names):
        raise _invalid("Each provider has a name and an issuer of its own.", "/provider")
    if found.scim.provider and found.provider(found.scim.provider) is None:
        raise _invalid("SCIM names a provider that is not there.", "/scim/provider")
    if not found.passwords and not found.providers:
        raise _invalid("Without passwords there must be a provider.", "/passwords")
    return found


def _invalid(sentence: str, pointer: str) -> InputError:
    return InputError(
        f"The file of sign-ins is not right. {sentence}",
        code="sign-in-invalid",
        pointer=pointer,
        remedy="docs/sign-in.md shows what it may say.",
    )
