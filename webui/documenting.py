"""The documentation of a version as pages, API, exports and reports see it, with its drafts.

A section is written like a statement: a draft beside the ledger, edited by several, then signed by
an entry. Whoever the policy lets sign a section reads and writes its draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.metadata import DocumentationSigned, SchemaSection, place_of_section
from ledger.events.model import RiskTier
from ledger.events.names import Value
from ledger.state.aggregates import version_key
from ledger.state.documentation import DocumentationState, sections_asked, unwritten
from ledger.state.metadata import SchemaState
from ledger.store.entries import Filter
from webui.identity.errors import ReaderError

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.query import Reader, Told
    from webui.wiring import Wiring

_IN_FORCE: Final = "in-force"


class SectionAnswer(Value):
    """A section: what is asked there, and what somebody stands for.

    ``text`` is None where nobody does, and where it was erased; ``entry`` tells which.
    """

    section: str
    title: str
    help: str | None
    required_from: RiskTier | None
    missing: bool
    text: str | None
    entry: int | None
    by: str | None
    at: str | None
    number: int


class DocumentationAnswer(Value):
    """The documentation of a version: the sections of the schema, then others that were signed."""

    model: str
    version: str
    missing: tuple[str, ...]
    sections: tuple[SectionAnswer, ...]


def documentation(reader: Reader, model: str, version: str) -> DocumentationAnswer:
    """What stands in each section.

    Raises:
        UnknownSubjectError: no such model or version.
    """
    found = reader.model(model)
    reader.version(model, version)
    schema = reader.state_of(SchemaState, _IN_FORCE)
    held = reader.state_of(DocumentationState, version_key(model, version))
    asked = {one.name: one for one in sections_asked(schema)}
    lacking = unwritten(schema, found.risk_tier, held)
    names = dict.fromkeys([*asked, *(one.section for one in (held.sections if held else ()))])
    return DocumentationAnswer(
        model=model,
        version=version,
        missing=lacking,
        sections=tuple(_section(reader, one, asked.get(one), held, lacking) for one in names),
    )


def _section(
    reader: Reader,
    name: str,
    asked: SchemaSection | None,
    held: DocumentationState | None,
    lacking: tuple[str, ...],
) -> SectionAnswer:
    said = held.section(name) if held else None
    return SectionAnswer(
        section=name,
        title=asked.title if asked else name.replace("_", " ").capitalize(),
        help=asked.help if asked else None,
        required_from=asked.required_from if asked else None,
        missing=name in lacking,
        text=reader.tell(said.entry).private.get("text") if said else None,
        entry=said.entry if said else None,
        by=said.by if said else None,
        at=said.at if said else None,
        number=said.number if said else 0,
    )


def section_of(reader: Reader, model: str, version: str, section: str) -> SectionAnswer:
    """One section.

    Raises:
        UnknownSubjectError: no such model, version or section.
    """
    for one in documentation(reader, model, version).sections:
        if one.section == section:
            return one
    raise UnknownSubjectError("There is no such section.", pointer="/section")


def statements_of(reader: Reader, model: str, version: str, section: str) -> list[Told]:
    """What was ever signed in a section, newest first."""
    wanted = Filter(kinds=(DocumentationSigned.kind,), model=model, version=version)
    told = reader.told(reader.entries(wanted, limit=200))
    return [one for one in told if getattr(one.entry.event, "section", "") == section]


def draft_place(model: str, version: str, section: str) -> str:
    """The name under which the draft of a section is kept."""
    return place_of_section(model, version, section)


def may_sign(wiring: Wiring, actor: Actor, model: str, version: str, section: str) -> bool:
    """Whether the policy lets somebody sign a section.

    Raises:
        UnknownSubjectError: no such model, version or section.
    """
    found = section_of(wiring.reader, model, version, section)
    event = DocumentationSigned(
        model=model,
        version=version,
        section=section,
        previous=found.entry,
        text="(asked beforehand)",
    )
    try:
        return wiring.submitter.preview(actor, event).allowed
    except ConflictError:
        return False


def check_may_sign(wiring: Wiring, actor: Actor, model: str, version: str, section: str) -> None:
    """Check that somebody may read and write the draft of a section.

    Raises:
        ReaderError: the policy does not let them sign it.
        UnknownSubjectError: no such model, version or section.
    """
    if not may_sign(wiring, actor, model, version, section):
        raise ReaderError(
            "Only who may sign this section reads and writes its draft.",
            code="may-not-sign",
            remedy="The policy in force says who may sign (documentation.signed).",
        )
