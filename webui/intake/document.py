"""The document of a connection: how a delivery is proved, named and read.

Strict JSON. Pointers are JSON Pointers (RFC 6901) into the delivery's body. The first rule whose
``when`` holds in full makes the event; ``ignore`` says that it is none of ours. A delivery that no
rule takes is quarantined, for a person to look at.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import InputError
from ledger.events.names import Slug
from ledger.events.registries import OF_A_NAME, OF_A_VERSION, OF_NO_MODEL, RegistryChange

_Pointer = Annotated[str, Field(pattern=r"^(/([^~/]|~[01])*){1,12}$", max_length=300)]
_Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
_MOST_RULES: Final = 60


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NoProof(_Part):
    """Nothing proves it: for networks that nobody else reaches. What it says is a claim."""

    kind: Literal["none"]


class Bearer(_Part):
    """``Authorization: Bearer SECRET`` (RFC 6750)."""

    kind: Literal["bearer"]


class StaticHeader(_Part):
    """The secret itself in a header."""

    kind: Literal["header"]
    header: _Header


class Hmac(_Part):
    """HMAC-SHA256 of the body under the secret, in hexadecimal or base64."""

    kind: Literal["hmac"]
    header: _Header
    prefix: Annotated[str, Field(max_length=20)] = ""


class Timed(_Part):
    """HMAC-SHA256 of ``ID.TIME.BODY`` in base64 behind ``v1,``, as MLflow and Standard Webhooks."""

    kind: Literal["timed"]
    header: _Header
    id_header: _Header
    time_header: _Header


Proof = Annotated[NoProof | Bearer | StaticHeader | Hmac | Timed, Field(discriminator="kind")]


class Named(_Part):
    """Where a delivery's own id stands; without it the body's digest names it, for an hour."""

    header: _Header | None = None
    pointer: _Pointer | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Named:
        if (self.header is None) == (self.pointer is None):
            msg = "name a header or a pointer"
            raise ValueError(msg)
        return self


class Rule(_Part):
    """One change: ``when`` holds where each pointer leads to this text; the rest are pointers."""

    when: dict[_Pointer, str] = Field(default_factory=dict, max_length=12)
    change: RegistryChange | Literal["ignore", "test"]
    model: _Pointer | None = None
    version: _Pointer | None = None
    name: _Pointer | None = None
    value: _Pointer | None = None
    by: _Pointer | None = None
    at: _Pointer | None = None

    @model_validator(mode="after")
    def _says_enough(self) -> Rule:
        if self.change in {"ignore", "test"}:
            return self
        lacking = [
            field
            for field, there, owed in (
                ("model", self.model, self.change not in OF_NO_MODEL),
                ("version", self.version, self.change in OF_A_VERSION),
                ("name", self.name, self.change in OF_A_NAME),
            )
            if owed and there is None
        ]
        if lacking:
            msg = f"a rule for {self.change} says where {lacking[0]} stands"
            raise ValueError(msg)
        return self


class Mapping(_Part):
    """A whole document. ``environments`` says which aliases and stages are environments.

    With ``envelope`` deliveries are CloudEvents, and places are those of their structured form.
    """

    format: Literal["counterseal-connection/1"]
    proof: Proof
    envelope: Literal["none", "cloudevents"] = "none"
    delivery: Named | None = None
    environments: dict[Annotated[str, Field(max_length=255)], Slug] = Field(
        default_factory=dict, max_length=50
    )
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=_MOST_RULES)


def read_mapping(plain: Any) -> Mapping:
    """A document from its plain JSON.

    Raises:
        InputError: ``connection-invalid``: it is none; the pointer says where.
    """
    try:
        return Mapping.model_validate(_tuples(plain))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise InputError(
            f"The connection's document can't be used: "
            f"{first['msg'].removeprefix('Value error, ')}.",
            code="connection-invalid",
            pointer="".join(f"/{part}" for part in first["loc"]),
            remedy="docs/connections.md shows one.",
        ) from None


def _tuples(plain: Any) -> Any:
    """JSON has lists, strict frozen models have tuples."""
    if isinstance(plain, dict) and isinstance(plain.get("rules"), list):
        return {**plain, "rules": tuple(plain["rules"])}
    return plain
