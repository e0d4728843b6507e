"""The documentation of a version: which sections there are, and who stands for each.

Rules:
- The sections are those of the schema in force; without it, those of a model card.
- A statement replaces the one that it was made from; all of them stay entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, get_args

from ledger.errors import ConflictError, InputError, did_you_mean
from ledger.events.metadata import SchemaSection
from ledger.events.model import RiskTier
from ledger.events.names import Value
from ledger.state.aggregates import Aggregate, Search, version_key
from ledger.state.metadata import schema_in_force

if TYPE_CHECKING:
    from ledger.events.metadata import DocumentationSigned
    from ledger.state.metadata import SchemaState
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

_TIERS: Final[tuple[str, ...]] = get_args(RiskTier)
MODEL_CARD: Final = tuple(
    SchemaSection(name=name, title=title, help=asked)
    for name, title, asked in (
        ("intended_use", "Intended use", "What it is for, for whom, and what it is not for"),
        ("limits", "Limits", "Where it is known to be wrong, and under which conditions"),
        ("training_data", "Training data", "Where it comes from, what is missing, who is in it"),
        ("evaluation", "Evaluation", "How it was measured, on what, and what that does not show"),
        ("ethics", "Ethical considerations", "Who may be harmed, and what is done about it"),
        ("contacts", "Contacts", "Whom to ask, and where to tell of a fault"),
    )
)
"""Sections where the schema names none. Source: Mitchell et al. 2019, Model Cards."""


class Section(Value):
    """What stands in a section: the entry of the statement, who signed it, how many before it."""

    section: str
    entry: int
    by: str
    at: str
    number: int = 1


class DocumentationState(Aggregate):
    """The sections of a version that somebody stands for. Key: as the version's."""

    table: ClassVar[str] = "documentation"
    model: str
    version: str
    sections: tuple[Section, ...] = ()

    @property
    def key(self) -> str:
        """Model and version."""
        return version_key(self.model, self.version)

    def search(self) -> Search:
        """Found by model and version."""
        return Search(self.model, self.version)

    def section(self, name: str) -> Section | None:
        """What stands in a section."""
        return next((one for one in self.sections if one.section == name), None)


def sections_asked(schema: SchemaState | None) -> tuple[SchemaSection, ...]:
    """The sections that there are, in their order."""
    return MODEL_CARD if schema is None or schema.sections is None else schema.sections


def documentation_of(registry: Registry, model: str, version: str) -> DocumentationState | None:
    """What somebody stands for, where anybody does."""
    return registry.find(DocumentationState, version_key(model, version))


def unwritten(
    schema: SchemaState | None, tier: str, held: DocumentationState | None
) -> tuple[str, ...]:
    """The sections that a version of a tier must have and has not."""
    return tuple(
        one.name
        for one in sections_asked(schema)
        if one.required_from is not None
        and _TIERS.index(tier) >= _TIERS.index(one.required_from)
        and (held is None or held.section(one.name) is None)
    )


def documentation_signed(registry: Registry, event: DocumentationSigned, place: Place) -> Changes:
    """A section says this from now on; approvals before it are stale."""
    version = registry.version(event.model, event.version)
    if version.state == "archived":
        raise ConflictError(
            "This version is archived; nothing is added to it.", pointer="/event/version"
        )
    known = [one.name for one in sections_asked(schema_in_force(registry))]
    if event.section not in known:
        raise InputError(
            f"There is no section {event.section}.",
            pointer="/event/section",
            remedy=did_you_mean(event.section, known) or f"Sections are: {', '.join(known)}.",
            code="unknown-section",
        )
    held = documentation_of(registry, event.model, event.version)
    before = held.section(event.section) if held else None
    if event.previous != (before.entry if before else None):
        raise ConflictError(
            "Another statement stands in this section than the one this was made from.",
            pointer="/event/previous",
            remedy="Read what stands there, and name its entry.",
            code="other-statement",
        )
    said = Section(
        section=event.section,
        entry=place.sequence,
        by=place.actor,
        at=place.at,
        number=(before.number if before else 0) + 1,
    )
    held = held or DocumentationState(
        since=place.sequence, model=event.model, version=event.version
    )
    others = tuple(one for one in held.sections if one.section != event.section)
    return (
        held.but(sections=(*others, said)),
        version.but(facts_changed=place.sequence),
    )
