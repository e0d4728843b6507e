"""What sources say of a version's fields, and what people stand for, in the model dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.documentation import documentation_of, sections_asked
from ledger.state.metadata import schema_in_force
from webui.reports.assemble.words import minute
from webui.reports.model import Heading, KeyValue, Paragraph

if TYPE_CHECKING:
    from ledger.state.aggregates import VersionState
    from ledger.state.metadata import MetadataState
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def described(held: MetadataState | None) -> tuple[KeyValue, ...]:
    """Each field with what it holds; a disputed one with every source's word."""
    found = []
    for one in held.told() if held is not None else ():
        said = "; ".join(f"{it.source}: {it.value} (entry {it.entry})" for it in one.said)
        if one.disputed:
            text = f"disputed: {said}"
        elif one.settled is not None:
            text = f"{one.value} (decided in entry {one.settled.entry}; {said})"
        else:
            text = f"{one.value} ({said})"
        found.append(KeyValue(one.field, text))
    return tuple(found)


def documented(basis: Basis, version: VersionState) -> tuple[Block, ...]:
    """Each section with its text, or with the words that nobody has written it."""
    registry = basis.material.history.registry
    held = documentation_of(registry, version.model, version.version)
    found: list[Block] = []
    for asked in sections_asked(schema_in_force(registry)):
        said = held.section(asked.name) if held is not None else None
        found.append(Heading(asked.title))
        if said is None:
            found.append(Paragraph("______ (nobody has signed this section)"))
            continue
        found.append(
            Paragraph(
                f"Signed by {basis.name(said.by)}, {minute(said.at)} UTC, entry {said.entry}, "
                f"version {said.number} of this section."
            )
        )
        text = basis.context.text(said.entry, "text")
        found.append(Paragraph(text or "(The text is not there any more: erased.)"))
    return tuple(found)
