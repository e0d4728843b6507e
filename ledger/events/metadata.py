"""What an organisation wants known of its models and versions, and what is said of them.

A schema names the fields, typed, and from which risk tier each must be there. What a field holds is
said by sources: the registration, a registry elsewhere, a person. Two sources may say different
things; both stand, until a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.events.event import Event, named
from ledger.events.model import RiskTier
from ledger.events.names import (
    ModelName,
    ParameterName,
    PrivateText,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    Value,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FieldType = Literal["text", "number", "date", "choice", "link", "person"]
Values = Annotated[dict[ParameterName, PublicText], Field(min_length=1, max_length=100)]


class SchemaField(Value):
    """A field of every model or version; ``required_from`` is the lowest tier that must have it.

    A number is a decimal, a date a day, a link an address on the web, a person an actor's id.
    """

    name: Slug
    of: Literal["model", "version"]
    type: FieldType
    title: PublicText
    help: PublicText | None = None
    choices: tuple[PublicText, ...] = Field(default=(), max_length=100)
    required_from: RiskTier | None = None

    @model_validator(mode="after")
    def _a_choice_has_choices(self) -> SchemaField:
        if (self.type == "choice") != bool(self.choices):
            msg = "a choice names its choices, and only a choice does"
            raise ValueError(msg)
        return self


class SchemaSection(Value):
    """A section of the documentation of every version; ``required_from`` as of a field."""

    name: Slug
    title: PublicText
    help: PublicText | None = None
    required_from: RiskTier | None = None


class SchemaActivated(Event):
    """A schema of metadata is in force from the next entry on; one without fields asks nothing.

    ``sections`` are those of the documentation, in their order; without them there are those of a
    model card. ``previous`` is the digest of the schema that it replaces.
    """

    kind: ClassVar[str] = "schema.activated"

    fields: tuple[SchemaField, ...] = Field(max_length=100)
    sections: tuple[SchemaSection, ...] | None = Field(default=None, max_length=30)
    previous: Sha256 | None = None

    @model_validator(mode="after")
    def _each_name_once(self) -> SchemaActivated:
        for rows in (self.fields, self.sections or ()):
            if len({one.name for one in rows}) != len(rows):
                msg = "each field and each section has a name of its own"
                raise ValueError(msg)
        return self

    def digest(self) -> str:
        """SHA-256 of the canonical form of what is asked for."""
        asked = self.model_dump(mode="json", include={"fields", "sections"}, exclude_none=True)
        return hex_digest(canonical(asked))

    def subject_digests(self) -> Mapping[str, str]:
        return {"schema:metadata": self.digest()}


class MetadataStated(Event):
    """A source says what fields of a model, or of one version, hold.

    It replaces what the same source said before of these fields, and nothing that another said.
    """

    kind: ClassVar[str] = "metadata.stated"

    model: ModelName
    version: VersionName | None = None
    source: Slug
    values: Values

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"model:{self.model}{f'@{self.version}' if self.version else ''}")


class MetadataSettled(Event):
    """A person decides what a field holds of which sources said different things.

    ``statements`` are the entries of what stood against each other.
    """

    kind: ClassVar[str] = "metadata.settled"

    model: ModelName
    version: VersionName | None = None
    field: ParameterName
    value: PublicText
    statements: tuple[Sequence, ...] = Field(min_length=2, max_length=100)
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"model:{self.model}{f'@{self.version}' if self.version else ''}")


class DocumentationSigned(Event):
    """A person stands for what a section of a version's documentation says.

    It replaces what was said there before, which ``previous`` names.
    """

    kind: ClassVar[str] = "documentation.signed"

    model: ModelName
    version: VersionName
    section: Slug
    previous: Sequence | None = None
    text: PrivateText

    @property
    def place(self) -> str:
        """What its draft is kept under: short whatever the names are."""
        return place_of_section(self.model, self.version, self.section)

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"model:{self.model}@{self.version}/{self.section}")


def place_of_section(model: str, version: str, section: str) -> str:
    """The name under which the draft of a section is kept, beside those of controls."""
    return f"section:{hex_digest(f'{model}@{version}/{section}'.encode())}"
