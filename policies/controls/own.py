"""Frameworks of an organisation's own: read strictly, with the line of what is wrong.

Rules:
- The rows are of the published schema (``docs/framework.schema.json``), as those that ship are.
- A name is nobody else's: no shipped framework or scheme, no other kind of report, and no beginning
  of one, since ids of controls begin with it.
- What is kept is what was written, as plain data; its digest is SHA-256 over the canonical form,
  which fits in one entry.
- A test that asks for a signed statement names the row that it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical, parse_json, plain
from ledger.errors import InputError
from ledger.events.decision import Result
from ledger.state.frameworks import own_frameworks
from policies.controls.crosswalk import SCHEMES
from policies.controls.mapping import Framework, framework_of, plain_document
from policies.controls.primitives.documents import DocumentArguments
from policies.controls.shipped import FRAMEWORKS
from policies.errors import PolicyError
from policies.names_used import place_of
from policies.strict_yaml import Places, read_yaml_with_places

if TYPE_CHECKING:
    from ledger.events.framework import FrameworkActivated
    from ledger.state.frameworks import FrameworkState
    from ledger.state.registry import Registry

TAKEN: Final = (
    *FRAMEWORKS,
    *SCHEMES,
    "sample",
    "integrity",
    "model-dossier",
    "access-review",
    "hipaa-activity",
    "gdpr-pack",
    "control-matrix",
    "crosswalk",
    "retirement",
    "ai-act-logs",
)
"""Names of kinds of report, which a framework of one's own can't have."""
MOST_BYTES: Final = 44_000
"""What an envelope can carry in base64, beside the rest of its entry."""
_KEPT: Final = 64
_LONGEST_PROBLEM: Final = 300


@dataclass(frozen=True)
class Own:
    """Rows that could be put in force: as they are kept, their digest, and as they are read."""

    document: dict[str, Any]
    digest: str
    framework: Framework


def read_own(text: str, name: str = "framework") -> Own:
    """Rows as somebody wrote them, in YAML; ``name`` is what the file is called.

    Raises:
        PolicyError: they can't be put in force; it says where in the file, and what would be right.
    """
    data, places = read_yaml_with_places(text, name)
    try:
        return _own(data)
    except InputError as error:
        place = place_of(places, _path(error.pointer, places))
        raise PolicyError(
            error.sentence,
            name=name,
            line=place.line,
            column=place.column,
            code=error.code,
            remedy=error.remedy,
        ) from None


def own_framework(state: FrameworkState) -> Framework:
    """The rows of a framework that is in force.

    Raises:
        InputError: this program does not know something that they name.
    """
    return _parsed(state.document, state.digest, state.since)


def read_own_activation(event: FrameworkActivated) -> Result:
    """What to say of rows that an event would put in force."""
    try:
        found = _own(event.document)
    except InputError as error:
        problem = f"{error.sentence} ({error.pointer})"[:_LONGEST_PROBLEM]
        return _said("unmet", "E_FRAMEWORK_UNREADABLE", problem=problem)
    if found.digest != event.digest or plain(found.document) != plain(event.document):
        return _said("unmet", "E_FRAMEWORK_DIGEST")
    if found.framework.id != event.framework:
        return _said("unmet", "E_FRAMEWORK_NAME", name=found.framework.id)
    return _said("met", "M_FRAMEWORK")


def _said(state: Any, code: str, **params: str | int | list[str]) -> Result:
    return Result(gate="framework", requirement="document", state=state, code=code, params=params)


def _own(data: object) -> Own:
    document = plain_document(data)
    text = canonical(document)
    if len(text) > MOST_BYTES:
        raise InputError(
            f"The rows are larger than {MOST_BYTES} bytes.",
            code="framework-too-large",
            remedy="Make two frameworks of them.",
        )
    _check_name(str(document["framework"]))
    framework = framework_of(document, hex_digest(text))
    for index, control in enumerate(framework.controls):
        for number, use in enumerate(control.tests):
            asked = use.arguments
            if (
                isinstance(asked, DocumentArguments)
                and asked.of == "organisation"
                and asked.control != control.id
            ):
                raise InputError(
                    "A test of a signed statement names the row that it stands in.",
                    pointer=f"/controls/{index}/tests/{number}/args/control",
                    remedy=f"Write control: {control.id}.",
                    code="invalid-control",
                )
    return Own(document, framework.digest, framework)


def _check_name(name: str) -> None:
    for taken in TAKEN:
        if name == taken or name.startswith(f"{taken}-") or taken.startswith(f"{name}-"):
            raise InputError(
                f"The name {name} is taken, or could be mixed up with {taken}.",
                pointer="/framework",
                remedy="Choose a name of your own, such as that of your house.",
                code="framework-name-taken",
            )


def frameworks_in_force(registry: Registry) -> tuple[Framework, ...]:
    """The rows of every framework of the organisation's own that is in force."""
    return tuple(own_framework(state) for state in own_frameworks(registry))


@lru_cache(maxsize=_KEPT)
def _parsed(document: str, digest: str, entry: int) -> Framework:
    return framework_of(parse_json(document.encode("utf-8")), digest, entry)


def _path(pointer: str, places: Places) -> tuple[str | int, ...]:
    """A JSON pointer as a path of the YAML's places."""
    path: tuple[str | int, ...] = ()
    for part in pointer.split("/")[1:]:
        step: str | int = int(part) if part.isdecimal() and (*path, int(part)) in places else part
        path = (*path, step)
    return path
