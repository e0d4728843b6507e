"""The rows of a framework: which question, answered by which tests, from which kinds of event.

A row is::

    id, ref, title, question, tests: [{use: T3, args: {...}}], evidence: [kinds], human: [texts],
    exceptions_allowed, applies_if?: {data: [classes]}, source_version?, applies_from?

Rules:
- Names are checked: tests, their arguments, kinds of event; an unknown one is refused with its row.
- Ids are unique and begin with the framework's name.
- Texts are our own paraphrases; the criteria and standards themselves are not reproduced.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ledger.core.digest import hex_digest
from ledger.errors import InputError, did_you_mean
from ledger.events.catalogue import CATALOGUE
from ledger.events.model import Classification
from ledger.events.names import Day, Slug
from policies.controls.primitives import TESTS, Test
from policies.strict_yaml import read_yaml

if TYPE_CHECKING:
    from policies.controls.primitives.arguments import Arguments


@dataclass(frozen=True)
class Use:
    """A test with the arguments of one control."""

    test: Test
    arguments: Arguments


@dataclass(frozen=True)
class Control:
    """One row. ``data``: it asks about such data only; ``human`` is what a person must write."""

    id: str
    framework: str
    ref: str
    title: str
    source_version: str
    applies_from: date
    question: str
    data: tuple[Classification, ...]
    tests: tuple[Use, ...]
    evidence: tuple[str, ...]
    human: tuple[str, ...]
    exceptions_allowed: bool


@dataclass(frozen=True)
class Framework:
    """The rows of one framework, in the order in which they are read; ``short`` is its name.

    ``digest`` is the SHA-256 of the rows as they were read, and ``entry`` the one that put them in
    force; rows that ship with the program have none.
    """

    id: str
    short: str
    title: str
    source_version: str
    notice: str
    controls: tuple[Control, ...]
    digest: str = ""
    entry: int | None = None


_Shape = TypeVar("_Shape", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_Text = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


class _Use(_Part):
    use: str
    args: dict[str, Any] = Field(default_factory=dict)


class _Condition(_Part):
    data: tuple[Classification, ...] = Field(min_length=1)


class _Row(_Part):
    id: Slug
    ref: _Text
    title: _Text
    question: _Text
    tests: tuple[_Use, ...] = Field(min_length=1)
    evidence: tuple[str, ...] = Field(min_length=1)
    human: tuple[_Text, ...]
    exceptions_allowed: bool
    applies_if: _Condition | None = None
    source_version: _Text | None = None
    applies_from: Day | None = None


class _Document(_Part):
    format: Literal["controls/1"]
    framework: Slug
    short: _Text
    title: _Text
    source_version: _Text
    applies_from: Day
    notice: _Text
    controls: tuple[_Row, ...] = Field(min_length=1)


def load_framework(text: str, name: str = "") -> Framework:
    """Read the rows of a framework from strict YAML; ``name`` stands before a mistake in it.

    Raises:
        PolicyError: it is not YAML, or not strict.
        InputError: an unknown field, test, argument or kind of event.
    """
    return framework_of(read_yaml(text, name), hex_digest(text.encode("utf-8")))


def framework_of(document: object, digest: str, entry: int | None = None) -> Framework:
    """The rows of a framework from plain data.

    Raises:
        InputError: an unknown field, test, argument or kind of event.
    """
    return _framework(validated(_Document, document, ""), digest, entry)


def plain_document(document: object) -> dict[str, Any]:
    """A document as it is kept: strictly read, and what was left out is left out.

    Raises:
        InputError: an unknown or missing field.
    """
    found = validated(_Document, document, "")
    kept: dict[str, Any] = found.model_dump(mode="json", exclude_unset=True)
    return kept


def framework_schema() -> dict[str, Any]:
    """The JSON Schema of the files in which people write rows, for editors."""
    schema = _Document.model_json_schema()
    row = schema["$defs"]["_Row"]["properties"]
    row["evidence"]["items"] = {"enum": sorted(CATALOGUE)}
    schema["$defs"]["_Use"] = {"oneOf": [_use_schema(test) for test in TESTS.values()]}
    return schema


def _use_schema(test: Test) -> dict[str, Any]:
    arguments = test.arguments.model_json_schema()
    needed = ["use", "args"] if arguments.get("required") else ["use"]
    return {
        "type": "object",
        "title": f"{test.id}: {test.title}",
        "properties": {"use": {"const": test.id}, "args": arguments},
        "required": needed,
        "additionalProperties": False,
    }


def _framework(document: _Document, digest: str, entry: int | None) -> Framework:
    seen: set[str] = set()
    for index, row in enumerate(document.controls):
        if row.id in seen or not row.id.startswith(f"{document.framework}-"):
            raise InputError(
                "Ids of controls are unique and begin with the framework's name.",
                pointer=f"/controls/{index}/id",
                code="invalid-control-id",
            )
        seen.add(row.id)
    return Framework(
        id=document.framework,
        short=document.short,
        title=document.title,
        source_version=document.source_version,
        notice=document.notice,
        digest=digest,
        entry=entry,
        controls=tuple(_control(document, row, n) for n, row in enumerate(document.controls)),
    )


def _control(document: _Document, row: _Row, index: int) -> Control:
    place = f"/controls/{index}"
    for kind in row.evidence:
        if kind not in CATALOGUE:
            raise InputError(
                f"Control {row.id} names a kind of event that does not exist.",
                pointer=f"{place}/evidence",
                remedy=did_you_mean(kind, CATALOGUE)
                or f"Kinds are: {', '.join(sorted(CATALOGUE))}.",
                code="unknown-kind",
            )
    return Control(
        id=row.id,
        framework=document.framework,
        ref=row.ref,
        title=row.title,
        source_version=row.source_version or document.source_version,
        applies_from=date.fromisoformat(row.applies_from or document.applies_from),
        question=row.question,
        data=row.applies_if.data if row.applies_if else (),
        tests=tuple(_use(used, f"{place}/tests/{n}") for n, used in enumerate(row.tests)),
        evidence=row.evidence,
        human=row.human,
        exceptions_allowed=row.exceptions_allowed,
    )


def _use(used: _Use, place: str) -> Use:
    test = TESTS.get(used.use)
    if test is None:
        raise InputError(
            "There is no such test.",
            pointer=f"{place}/use",
            remedy=f"Tests are: {', '.join(TESTS)}.",
            code="unknown-test",
        )
    return Use(test, validated(test.arguments, used.args, f"{place}/args"))


def validated(shape: type[_Shape], value: object, place: str) -> _Shape:
    """What was read, in its shape; ``place`` leads to it.

    Raises:
        InputError: ``invalid-control``; it points at what is wrong.
    """
    try:
        return shape.model_validate(_tuples(value))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        # A field that is misspelt is missing as well; the spelling is what to say.
        strange = [one for one in found if one["type"] == "extra_forbidden"]
        first = (strange or found)[0]
        pointer = "".join(f"/{part}" for part in first["loc"])
        raise InputError(
            f"There is no field {first['loc'][-1]} here."
            if strange
            else f"The control file is not as it should be: {first['msg']}.",
            pointer=place + pointer,
            remedy=_known_fields(shape, first["loc"]),
            code="invalid-control",
        ) from None


def _known_fields(shape: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """What would be right: the field that was probably meant, or those that there are."""
    inner = _Row if "controls" in map(str, place[:-1]) else shape
    meant = did_you_mean(str(place[-1]), inner.model_fields) if place else ""
    return meant or f"Known fields here are: {', '.join(inner.model_fields)}."


def _tuples(value: Any) -> Any:
    """YAML has lists, strict frozen models have tuples."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value
