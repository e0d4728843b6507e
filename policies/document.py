"""The policy document: named gates made of typed requirements.

Rules:
- A kind of event that is not opened is refused; every opened kind has at least one gate.
- Every gate of a kind whose ``when`` is not false must be met. Gates only add requirements; there
  is no rule that allows what another refuses.
- What is left out is filled in when the document is read, so that its canonical form says all
  there is to say and means the same under any later program; only lists that are empty and words
  that say no are spared, which no later program can read otherwise.
- The digest of a document is SHA-256 over its canonical form.

``policies.names_used`` resolves the names that a document uses.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import EncodingError
from ledger.events.names import Slug
from ledger.events.people import ActorType
from policies.agreeing import Approvals, ApprovalsDefault, Quorum, Seat
from policies.calendar import Freeze, Weekly
from policies.duration import Duration
from policies.errors import PolicyError, did_you_mean
from policies.names_used import check_names, place_of
from policies.part import Part
from policies.party import Party
from policies.period import Period
from policies.strict_yaml import Path, Places, read_yaml_with_places, write_yaml

MOST_IN_AN_ENTRY: Final = 44_000
"""What an envelope of 65,535 bytes can carry in base64, beside the rest of its entry."""
MOST_CANONICAL_BYTES: Final = 160_000
"""Of a whole document. What is too long for one entry is filed in parts (``policies.filed``)."""

# Text that a person reads: no control characters, and none that hide or reorder other characters.
_READABLE: Final = (
    r"^[^\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+$"
)
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=_READABLE)]
MetricName = Annotated[
    str,
    StringConstraints(
        max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
    ),
]


FieldPath = Annotated[str, StringConstraints(max_length=120, pattern=r"^[a-z_]+\.[A-Za-z0-9_.]+$")]


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]


_ALL_OFF: Final = "actor"
_OFF_BY_DEFAULT: Final = frozenset(
    {
        "across_policies",
        "afterwards",
        "any_of",
        "controls",
        "holders_of",
        "may_overlap",
        "parties",
        "seats",
        "while_running",
    }
)
"""What is left out of the canonical form where it is off. An empty ``not_by`` of a quorum is kept:
left out it would mean the document's own default."""


class Metric(Part):
    """A metric that conditions may name as ``evaluation.NAME``."""

    higher_is_better: bool
    about: Sentence
    unit: Sentence | None = None


class MetadataField(Part):
    """A field of the organisation's schema that conditions may name as ``metadata.NAME``.

    ``type`` is how conditions read it: a choice, a link and a person as text.
    """

    type: Literal["text", "number", "date"]
    about: Sentence


class DocumentNeeded(Part):
    """A document of this type must be attached to the version, and not be past its date."""

    type: Slug
    not_older_than: Duration | None = None


class ActorRule(Part):
    """Who may do it: holders of a role, the owner, the requester, the proposer, the service.

    With ``delegates``, also whoever stands in for a holder of a role; ``delegator`` is whoever gave
    the delegation that the event is about, ``refuser`` whoever refused what is no longer refused.
    """

    any_role: tuple[Slug, ...] = ()
    types: tuple[ActorType, ...] = ()
    owner: bool = False
    requester: bool = False
    proposer: bool = False
    delegator: bool = False
    refuser: bool = False
    delegates: bool = False
    service: bool = False
    not_by: tuple[Party, ...] = ()

    @property
    def parties(self) -> tuple[Party, ...]:
        """The parties that may do it."""
        let_in: tuple[tuple[bool, Party], ...] = (
            (self.owner, "owner"),
            (self.requester, "requester"),
            (self.delegator, "delegator"),
            (self.proposer, "proposer"),
            (self.refuser, "refuser"),
        )
        return tuple(party for may, party in let_in if may)

    @model_validator(mode="after")
    def _somebody_may(self) -> Self:
        if not (self.any_role or self.parties or self.service):
            msg = "nobody could ever do this"
            raise ValueError(msg)
        return self


class History(Part):
    """Something that must have happened before to the same version and artifact.

    In the same environment, unless ``environment`` names another; not longer ago than ``within``,
    and at least as long ago as ``at_least_before``.
    """

    event: Literal["release.granted", "deployment.recorded"]
    environment: Slug | None = None
    within: Duration | None = None
    at_least_before: Duration | None = None


FORMS: Final = (
    "approvals",
    "check",
    "fields",
    "documents",
    "actor",
    "history",
    "not_during",
    "not_vetoed_by",
    "wait",
)
"""The forms of a requirement."""


class Requirement(Part):
    """One thing that must hold; exactly one of its forms is given.

    With ``bypass: emergency`` an open exception lets it be unmet.
    """

    id: Slug
    approvals: Approvals | None = None
    check: Sentence | None = None
    say: Sentence | None = None
    fields: Annotated[tuple[FieldPath, ...], Field(min_length=1)] | None = None
    documents: Annotated[tuple[DocumentNeeded, ...], Field(min_length=1)] | None = None
    actor: ActorRule | None = None
    history: History | None = None
    not_during: Annotated[tuple[Slug, ...], Field(min_length=1)] | None = None
    not_vetoed_by: Annotated[tuple[Slug, ...], Field(min_length=1)] | None = None
    wait: Duration | None = None
    bypass: Literal["never", "emergency"] = "never"

    @property
    def form(self) -> str:
        """The name of the form that is given."""
        return next(name for name in FORMS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(getattr(self, name) is not None for name in FORMS) != 1:
            msg = f"give exactly one of {', '.join(FORMS)}"
            raise ValueError(msg)
        if (self.check is None) != (self.say is None):
            msg = "a check needs its sentence in say, and only a check has one"
            raise ValueError(msg)
        return self


class Notify(Part):
    """Who is told: the holders of roles, and parties of what happened."""

    holders_of: tuple[Slug, ...] = ()
    parties: tuple[Party, ...] = ()

    @model_validator(mode="after")
    def _somebody_is_told(self) -> Self:
        if not (self.holders_of or self.parties):
            msg = "nobody would be told: name holders_of, or parties"
            raise ValueError(msg)
        return self


class Afterwards(Part):
    """What is owed after the fact: a review, ``due`` so long after it; or that people are told.

    A review ``while_running`` is of a release: it comes again as long after each review, for as
    long as a version runs under the release.
    """

    id: Slug
    due: Duration | None = None
    while_running: bool = False
    notify: Notify | None = None

    @model_validator(mode="after")
    def _one_duty(self) -> Self:
        if (self.due is None) == (self.notify is None):
            msg = "give exactly one of due, notify"
            raise ValueError(msg)
        if self.while_running and self.due is None:
            msg = "while_running is about a review: say due too"
            raise ValueError(msg)
        return self


class Keep(Part):
    """What belongs to entries of these kinds is kept so long, from then on, on that basis.

    See ``policies.retention`` for what it is counted from. It forbids to erase the private texts
    of these entries while the time runs.
    """

    id: Slug
    events: Annotated[tuple[str, ...], Field(min_length=1)]
    keep: Period
    since: Literal["recorded", "last_in_use", "placed"] = "recorded"
    basis: Sentence


class Gate(Part):
    """What must be true before one kind of event, where ``when`` is not false.

    Until the end of the day ``warn_until`` (UTC) a gate that is not met only warns.
    """

    id: Slug
    event: str
    title: Sentence
    when: Sentence | None = None
    warn_until: Day | None = None
    require: tuple[Requirement, ...] = Field(min_length=1)
    afterwards: tuple[Afterwards, ...] = ()
    controls: tuple[Slug, ...] = ()


class Document(Part):
    """A policy document."""

    format: Literal["policy/1"]
    id: Slug
    title: Sentence
    summary: Sentence
    roles: dict[Slug, Sentence]
    metrics: dict[MetricName, Metric] = Field(default_factory=dict)
    metadata: dict[Slug, MetadataField] | None = None
    calendar: tuple[Freeze, ...] | None = None
    retention: tuple[Keep, ...] | None = None
    opens: tuple[str, ...] = Field(min_length=1)
    approvals_default: ApprovalsDefault = ApprovalsDefault()
    gates: tuple[Gate, ...]

    def canonical(self) -> dict[str, Any]:
        """The document as plain data: what is digested, and what its activation records."""
        spared: dict[str, Any] = _spared(self.model_dump(mode="json", exclude_none=True))
        return spared

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
        PolicyError: what is wrong, where, and, for a misspelt name, what was probably meant.
    """
    data, places = read_yaml_with_places(text, name)
    return _checked(data, places, name)


def document_text(document: Document) -> str:
    """The document as YAML, with everything filled in: for whoever changes it."""
    return write_yaml(document.canonical())


def document_digest(document: Document) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hex_digest(canonical(document.canonical()))


def document_schema() -> dict[str, Any]:
    """The JSON Schema of documents as people write them, for editors."""
    return without_defaults(Document.model_json_schema())


def without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which quorums may leave out what the default says."""
    for name in ApprovalsDefault.model_fields:
        schema["$defs"]["Approvals"]["required"].remove(name)
    return schema


def _spared(value: Any, within: str = "") -> Any:
    """The same without what says "nobody", "nothing" or "no": a third of a document, otherwise."""
    if isinstance(value, list):
        return [_spared(item) for item in value]
    if isinstance(value, dict):
        return {
            name: _spared(item, name)
            for name, item in value.items()
            if not (
                (item is False or item == []) and (within == _ALL_OFF or name in _OFF_BY_DEFAULT)
            )
        }
    return value


def plain(value: Any) -> Any:
    """JSON data with tuples in place of lists, as strict frozen models take it."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def _checked(data: Any, places: Places, name: str) -> Document:
    try:
        document = Document.model_validate(_filled_in(plain(data)))
    except ValidationError as error:
        raise policy_error(error, places, name) from None
    check_names(document, places, name)
    _check_size(document, name)
    return document


def _filled_in(data: Any) -> Any:
    """Put ``approvals_default`` into every quorum that leaves something out."""
    if not isinstance(data, dict):
        return data
    try:
        given = ApprovalsDefault.model_validate(data.get("approvals_default", {}))
    except ValidationError:
        return data  # the document's own validation says where
    return fill_in(data, given)


def fill_in(data: Any, default: ApprovalsDefault) -> Any:
    """Put what a default says into every quorum of plain data that leaves something out."""
    if not isinstance(data, dict):
        return data
    given = default.model_dump()
    for gate in _dictionaries(data.get("gates")):
        for requirement in _dictionaries(gate.get("require")):
            quorum = requirement.get("approvals")
            if isinstance(quorum, dict):
                requirement["approvals"] = given | quorum
    return data


def _dictionaries(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, tuple) else []


def _check_size(document: Document, name: str) -> None:
    try:
        fields = document.canonical()
        size = len(canonical(fields))
        pieces = [len(canonical(gate)) for gate in fields.pop("gates")]
        largest = max(len(canonical(fields)), *pieces) if pieces else size
    except EncodingError as error:
        raise PolicyError(error.sentence, name=name, code=error.code) from None
    if size > MOST_CANONICAL_BYTES:
        raise PolicyError(
            f"The document has {size} bytes in canonical form, at most {MOST_CANONICAL_BYTES}"
            " are read.",
            name=name,
            code="policy-too-large",
        )
    if largest > MOST_IN_AN_ENTRY - _AROUND_A_PART:
        raise PolicyError(
            f"One gate, or what stands beside the gates, has {largest} bytes in canonical form; an"
            f" entry carries at most {MOST_IN_AN_ENTRY}.",
            name=name,
            code="policy-too-large",
        )


_AROUND_A_PART: Final = 64


def policy_error(error: ValidationError, places: Places, name: str) -> PolicyError:
    """The first thing that is wrong with a document, where it stands."""
    found = error.errors(include_input=False, include_url=False)
    misspelt = [item for item in found if item["type"] == "extra_forbidden"]
    first = (misspelt or found)[0]
    path: Path = tuple(first["loc"])
    sentence = first["msg"].removeprefix("Value error, ")
    remedy = ""
    if first["type"] == "extra_forbidden":
        sentence = f"There is no setting {str(path[-1])[:_SHOWN]!r} here"
        remedy = did_you_mean(str(path[-1])[:_SHOWN], _SETTINGS)
        path_shown = path[:-1]
    else:
        path_shown = path
    where = ".".join(str(part)[:_SHOWN] for part in path_shown)
    at = place_of(places, path)
    return PolicyError(
        f"{where}: {sentence}." if where else f"{sentence}.",
        name=name,
        line=at.line,
        column=at.column,
        remedy=remedy,
    )


_SHOWN: Final = 64
_SETTINGS: Final = sorted(
    {
        field
        for part in (
            Document,
            ApprovalsDefault,
            Gate,
            Requirement,
            Approvals,
            Quorum,
            Seat,
            DocumentNeeded,
            ActorRule,
            History,
            Afterwards,
            Notify,
            Keep,
            Metric,
            Freeze,
            Weekly,
        )
        for field in part.model_fields
    }
)
