"""The policy document: named gates made of typed requirements.

Rules:
- A kind of event that is not opened is refused; every opened kind has at least one gate.
- Every gate of a kind whose ``when`` is not false must be met. Gates only add requirements; there
  is no rule that allows what another refuses.
- Names are resolved when the document is loaded: roles, kinds of event, metrics, fields. What is
  misspelt is refused with its line.
- The digest of a document is SHA-256 over its canonical form.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.events.catalogue import CATALOGUE
from ledger.events.names import Slug
from ledger.events.people import ActorType
from policies.duration import Duration
from policies.errors import PolicyError, did_you_mean
from policies.expression.check import Type, check_condition
from policies.expression.parse import parse
from policies.fields import FIELDS, METRIC_PREFIX
from policies.strict_yaml import Path, read_yaml_with_lines

Sentence = Annotated[
    str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f]+$")
]
Party = Literal["registrant", "requester", "owner", "receiver", "approver"]


class Part(BaseModel):
    """A frozen, strict part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Metric(Part):
    """A metric that conditions may name as ``evaluation.NAME``."""

    higher_is_better: bool
    about: Sentence


class Seat(Part):
    """So many people of a role."""

    role: Slug
    at_least: int = Field(ge=1, le=20)


class Approvals(Part):
    """A quorum: ``at_least`` distinct people, the ``seats`` among them, others from ``any_of``."""

    at_least: int = Field(ge=1, le=50)
    seats: tuple[Seat, ...] = ()
    any_of: tuple[Slug, ...] = ()
    not_by: tuple[Party, ...] = ("registrant", "requester")
    valid_for: Duration | None = None

    @model_validator(mode="after")
    def _every_place_has_a_role(self) -> Self:
        seated = sum(seat.at_least for seat in self.seats)
        if seated > self.at_least:
            msg = "the seats ask for more people than at_least"
            raise ValueError(msg)
        if seated < self.at_least and not self.any_of:
            msg = "any_of must say which roles may fill the places that no seat names"
            raise ValueError(msg)
        return self


class DocumentNeeded(Part):
    """A document of this type must be attached to the version, and not be past its date."""

    type: Slug
    not_older_than: Duration | None = None


class ActorRule(Part):
    """Who may do it: holders of a role, the model's owner, the requester, or the service itself."""

    any_role: tuple[Slug, ...] = ()
    types: tuple[ActorType, ...] = ()
    owner: bool = False
    requester: bool = False
    service: bool = False
    not_by: tuple[Party, ...] = ()

    @model_validator(mode="after")
    def _somebody_may(self) -> Self:
        if not (self.any_role or self.owner or self.requester or self.service):
            msg = "nobody could ever do this"
            raise ValueError(msg)
        return self


class History(Part):
    """Something that must have happened before to the same version, environment and artifact."""

    event: Literal["release.granted", "deployment.recorded"]
    within: Duration | None = None


class Requirement(Part):
    """One thing that must hold; exactly one of its forms is given."""

    id: Slug
    approvals: Approvals | None = None
    check: Sentence | None = None
    say: Sentence | None = None
    documents: tuple[DocumentNeeded, ...] | None = None
    actor: ActorRule | None = None
    history: History | None = None

    @property
    def form(self) -> str:
        """The name of the form that is given."""
        forms = ("approvals", "check", "documents", "actor", "history")
        return next(name for name in forms if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.approvals, self.check, self.documents, self.actor, self.history)
        if sum(form is not None for form in forms) != 1:
            msg = "give exactly one of approvals, check, documents, actor, history"
            raise ValueError(msg)
        if (self.check is None) != (self.say is None):
            msg = "a check needs its sentence in say, and only a check has one"
            raise ValueError(msg)
        return self


class Gate(Part):
    """What must be true before one kind of event, where ``when`` is not false."""

    id: Slug
    event: str
    title: Sentence
    when: Sentence | None = None
    require: tuple[Requirement, ...] = Field(min_length=1)
    controls: tuple[str, ...] = ()


class Document(Part):
    """A policy document."""

    format: Literal["policy/1"]
    id: Slug
    title: Sentence
    summary: Sentence
    roles: dict[Slug, Sentence]
    metrics: dict[Slug, Metric] = Field(default_factory=dict)
    opens: tuple[str, ...]
    gates: tuple[Gate, ...]

    def canonical(self) -> dict[str, Any]:
        """The document as plain data: what is digested, and what its activation records."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_canonical(cls, fields: dict[str, Any]) -> Document:
        """Read the plain data back.

        Raises:
            PolicyError: it is not a document.
        """
        return _checked(fields, {}, "")


def load_document(text: str, name: str = "") -> Document:
    """Read and check a document from YAML.

    Raises:
        PolicyError: what is wrong, with its line and, for a misspelt name, what was probably meant.
    """
    data, lines = read_yaml_with_lines(text, name)
    return _checked(data, lines, name)


def document_digest(document: Document) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hex_digest(canonical(document.canonical()))


def field_types(document: Document) -> dict[str, Type]:
    """The type of every field that the document's conditions may name."""
    types: dict[str, Type] = {path: field.type for path, field in FIELDS.items()}
    types.update({METRIC_PREFIX + name: "number" for name in document.metrics})
    return types


def document_schema() -> dict[str, Any]:
    """The JSON Schema of documents, for editors."""
    return Document.model_json_schema()


def _checked(data: Any, lines: dict[Path, int], name: str) -> Document:
    try:
        document = Document.model_validate(_tuples(data))
    except ValidationError as error:
        raise _policy_error(error, lines, name) from None
    _Names(document, lines, name).check()
    return document


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _policy_error(error: ValidationError, lines: dict[Path, int], name: str) -> PolicyError:
    found = error.errors(include_input=False, include_url=False)
    misspelt = [item for item in found if item["type"] == "extra_forbidden"]
    first = (misspelt or found)[0]
    path: Path = tuple(first["loc"])
    sentence = first["msg"].removeprefix("Value error, ")
    remedy = ""
    if first["type"] == "extra_forbidden":
        sentence = f"There is no setting {path[-1]!r} here"
        remedy = did_you_mean(str(path[-1]), _SETTINGS)
    where = ".".join(str(part) for part in path)
    return PolicyError(
        f"{where}: {sentence}." if where else f"{sentence}.",
        name=name,
        line=_line(lines, path),
        remedy=remedy,
    )


def _line(lines: dict[Path, int], path: Path) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


_SETTINGS = sorted(
    {
        field
        for part in (Document, Gate, Requirement, Approvals, Seat, ActorRule, History, Metric)
        for field in part.model_fields
    }
)


class _Names:
    """Second pass: every name that a document uses means something."""

    def __init__(self, document: Document, lines: dict[Path, int], name: str) -> None:
        self._document = document
        self._lines = lines
        self._name = name
        self._types = field_types(document)

    def check(self) -> None:
        document = self._document
        for at, kind in enumerate(document.opens):
            self._kind(kind, ("opens", at))
        gated = {gate.event for gate in document.gates}
        for at, kind in enumerate(document.opens):
            if kind not in gated:
                raise self._wrong(f"{kind} is opened but has no gate", ("opens", at))
        self._twice([gate.id for gate in document.gates], ("gates",))
        for at, gate in enumerate(document.gates):
            self._gate(gate, ("gates", at))

    def _gate(self, gate: Gate, path: Path) -> None:
        self._kind(gate.event, (*path, "event"))
        if gate.event not in self._document.opens:
            raise self._wrong(f"{gate.event} is not opened, so this gate never speaks", path)
        if gate.when is not None:
            self._condition(gate.when, (*path, "when"))
        self._twice([item.id for item in gate.require], (*path, "require"))
        for at, item in enumerate(gate.require):
            here = (*path, "require", at)
            if item.check is not None:
                self._condition(item.check, (*here, "check"))
            for role in _roles(item):
                if role not in self._document.roles:
                    raise self._wrong(
                        f"There is no role {role}", here, did_you_mean(role, self._document.roles)
                    )

    def _kind(self, kind: str, path: Path) -> None:
        if kind not in CATALOGUE:
            remedy = did_you_mean(kind, CATALOGUE)
            raise self._wrong(f"There is no kind of event {kind}", path, remedy)

    def _condition(self, text: str, path: Path) -> None:
        try:
            check_condition(parse(text), self._types)
        except PolicyError as error:
            raise PolicyError(
                error.bare,
                name=self._name,
                line=_line(self._lines, path),
                code=error.code,
                remedy=error.remedy,
            ) from None

    def _twice(self, names: list[str], path: Path) -> None:
        for name, number in Counter(names).items():
            if number > 1:
                raise self._wrong(f"The id {name} stands twice", path)

    def _wrong(self, sentence: str, path: Path, remedy: str = "") -> PolicyError:
        line = _line(self._lines, path)
        return PolicyError(f"{sentence}.", name=self._name, line=line, remedy=remedy)


def _roles(item: Requirement) -> tuple[str, ...]:
    if item.approvals is not None:
        return (*item.approvals.any_of, *(seat.role for seat in item.approvals.seats))
    return item.actor.any_role if item.actor is not None else ()
