"""The register of processing, one part for each model, as far as the ledger can fill it.

Columns follow Art. 30(1)(a) to (g) of Regulation (EU) 2016/679. What the ledger does not know is
printed as a blank with the person who must fill it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.classes import PERSONAL
from webui.reports.assemble.words import CLASS_WORDS, ranges, words
from webui.reports.model import (
    Callout,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from ledger.events.model import DataSet
    from ledger.state.aggregates import ModelState
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_NOT_SAID = "not recorded"


def by(person: str) -> str:
    """A blank, with who fills it."""
    return f"______ (to be written by the {person})"


def processing_register(basis: Basis) -> Section:
    """Purposes, classes of data, legal bases, retention and regions of every model in scope."""
    blocks: list[Block] = [
        Paragraph(
            "Filled from the data sets of every version that existed in the period. Lines that "
            "only a person can fill are left blank and say whose they are."
        )
    ]
    concerned = [item for item in basis.material.models if _personal(basis, item)]
    others = [item.model for item in basis.material.models if item not in concerned]
    for item in concerned:
        blocks.extend(_model(basis, item))
    if not concerned:
        blocks.append(Callout("note", "No model in scope is recorded as using personal data."))
    if others:
        said = f"Without personal data, as far as recorded: {', '.join(others)}."
        blocks.append(Paragraph(said))
    return Section("Register of processing", tuple(blocks))


def _personal(basis: Basis, model: ModelState) -> dict[DataSet, list[int]]:
    """Personal data sets of a model, each with the entries of the versions trained on it."""
    found: dict[DataSet, list[int]] = {}
    for version in basis.material.versions:
        if version.model == model.model:
            for held in version.data_sets:
                if held.classification in PERSONAL:
                    found.setdefault(held, []).append(version.since)
    return found


def _model(basis: Basis, model: ModelState) -> tuple[Block, ...]:
    held = _personal(basis, model)
    regions = sorted(
        {item.region or _NOT_SAID for item in basis.material.stretches if item.model == model.model}
    )
    kept = sorted({item.retain_until or _NOT_SAID for item in held})
    facts = (
        KeyValue("Controller and contact", by("data protection officer")),
        KeyValue("Responsible for the model", basis.name(model.owner)),
        KeyValue("Purposes", ", ".join(words(item) for item in model.purposes)),
        KeyValue("Groups of persons concerned", by("data protection officer")),
        KeyValue(
            "Classes of data",
            ", ".join(sorted({CLASS_WORDS[item.classification] for item in held})),
        ),
        KeyValue("Recipients", by("data protection officer")),
        KeyValue("Runs in region", ", ".join(regions) or "not in production in the period"),
        KeyValue("Transfers outside the EEA, and their basis", by("data protection officer")),
        KeyValue("Data kept until", ", ".join(kept)),
        KeyValue("Security measures", "see the integrity and access sections of this report"),
    )
    return (Heading(f"Model {model.model}"), KeyValues(facts), _data_sets(held))


def _data_sets(held: dict[DataSet, list[int]]) -> Table:
    return Table(
        (
            Column("Data set", 4),
            Column("Class", 3),
            Column("Legal basis", 3),
            Column("Purposes", 4),
            Column("Region", 3),
            Column("Kept until", 3),
            Column("De-identified by", 3),
            Column("Entries", 2),
        ),
        tuple(
            (
                f"{item.name} {item.version}",
                CLASS_WORDS[item.classification],
                words(item.legal_basis or _NOT_SAID),
                ", ".join(words(purpose) for purpose in item.purposes) or _NOT_SAID,
                item.region or _NOT_SAID,
                item.retain_until or _NOT_SAID,
                words(item.de_identification or _NOT_SAID),
                ranges(entries),
            )
            for item, entries in sorted(held.items(), key=lambda pair: (pair[0].name, pair[1]))
        ),
        "Personal data sets of this model",
    )
