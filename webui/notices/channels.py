"""The channels that an operator has set up: a TOML file, readable by its owner only.

It holds what must not be seen (addresses that let anybody post, secrets), so it is read as a key
is, and nothing of it stands in the database, on a page or in an error. ``docs/notices.md`` tells
what it may say.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from ledger.errors import InputError
from ledger.keys.signer import read_secret
from webui.notices.outward import check_address

if TYPE_CHECKING:
    from webui.settings import Settings

EMAIL: Final = "email"
_MOST_BYTES: Final = 100_000
_LEAST_SECRET: Final = 24
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
_SLUG = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$"
Kind = TypeVar("Kind", bound="_Part")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Mail(_Part):
    """The mail server. Speech with it is encrypted (STARTTLS), but on this machine."""

    type: Literal["email"] = "email"
    name: Literal["email"] = EMAIL
    server: Annotated[str, Field(pattern=_SLUG)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    user: str = ""
    password_file: str = ""
    certificates: str = ""

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        check_mailbox(value)
        return value


class Hook(_Part):
    """An address on the web to which messages are posted."""

    name: _Name
    type: Literal["slack", "teams", "webhook"]
    url: SecretStr
    secrets: tuple[SecretStr, ...] = ()
    private: bool = False

    @field_validator("url")
    @classmethod
    def _may_be_posted_to(cls, value: SecretStr) -> SecretStr:
        check_address(value.get_secret_value())
        return value


@dataclass(frozen=True)
class Channels:
    """What there is: the mail server, and hooks by name; ``folder`` is where the file lies."""

    folder: Path
    mail: Mail | None = None
    hooks: tuple[Hook, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all channels, e-mail first."""
        mail = (EMAIL,) if self.mail is not None else ()
        return (*mail, *(hook.name for hook in self.hooks))

    def find(self, name: str) -> Mail | Hook | None:
        """The channel of a name."""
        if name == EMAIL:
            return self.mail
        return next((hook for hook in self.hooks if hook.name == name), None)

    def file(self, name: str) -> Path:
        """A file that the settings name, beside them unless its path says otherwise."""
        return self.folder / Path(name).expanduser()


def check_mailbox(text: str) -> Address:
    """An e-mail address without a name, as one that can stand in a header.

    Raises:
        ValueError: it is none.
    """
    if not text.isprintable():
        msg = "an e-mail address has no control characters"
        raise ValueError(msg)
    try:
        found = Address(addr_spec=text)
    except (MessageError, IndexError) as error:
        msg = "this is no e-mail address"
        raise ValueError(msg) from error
    if not found.username or not found.domain:
        msg = "an e-mail address has a part before and after the @"
        raise ValueError(msg)
    return found


def read_channels(settings: Settings) -> Channels:
    """The channels of the settings; none where no file is set.

    Raises:
        OutsideError: the file can't be read, or others can read it.
        InputError: ``notices-invalid``: it says something that it may not; the pointer says where.
    """
    file = settings.notices_file
    if file is None:
        return Channels(settings.home)
    data = read_secret(file)
    if len(data) > _MOST_BYTES:
        raise _invalid("It is too long.", "")
    try:
        said = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise _invalid("It is not TOML in UTF-8.", "") from None
    return _channels(said, file.parent)


def _channels(said: dict[str, Any], folder: Path) -> Channels:
    stray = sorted(set(said) - {"email", "channel"})
    if stray:
        raise _invalid("It may hold [email] and [[channel]], nothing else.", f"/{stray[0]}")
    mail = _part(Mail, said["email"], "/email") if "email" in said else None
    listed = said.get("channel", [])
    if not isinstance(listed, list):
        raise _invalid("Write [[channel]], with two brackets.", "/channel")
    hooks = tuple(_part(Hook, one, f"/channel/{n}") for n, one in enumerate(listed))
    for place, hook in enumerate(hooks):
        _check_secrets(hook, f"/channel/{place}/secrets")
    names = [hook.name for hook in hooks]
    if len({*names, EMAIL}) <= len(names):
        raise _invalid("Two channels have the same name, or one is named email.", "/channel")
    return Channels(folder, mail, hooks)


def _check_secrets(hook: Hook, pointer: str) -> None:
    if hook.type != "webhook" and hook.secrets:
        raise _invalid("Only a channel of the type webhook signs with secrets.", pointer)
    short = any(len(one.get_secret_value()) < _LEAST_SECRET for one in hook.secrets)
    if hook.type == "webhook" and (not hook.secrets or short):
        raise _invalid(
            f"A webhook needs secrets = [...], each of {_LEAST_SECRET} characters or more.", pointer
        )


def _part(kind: type[Kind], said: object, pointer: str) -> Kind:
    try:
        return kind.model_validate(_tuples(said))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = "".join(f"/{part}" for part in first["loc"])
        raise _invalid(f"{first['msg'].removeprefix('Value error, ')}.", pointer + place) from None


def _tuples(said: object) -> object:
    """TOML has arrays, strict frozen models have tuples."""
    if isinstance(said, dict):
        return {key: tuple(it) if isinstance(it, list) else it for key, it in said.items()}
    return said


def _invalid(sentence: str, pointer: str) -> InputError:
    return InputError(
        f"The file of COUNTERSEAL_NOTICES_FILE can't be used. {sentence}",
        code="notices-invalid",
        pointer=pointer,
        remedy="docs/notices.md shows one.",
    )
