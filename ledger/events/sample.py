"""Samples that an auditor draws: bound before anybody can know them, drawn, and extended by hand.

The order is what keeps either side from choosing (see ``ledger.core.sampling``): the commitment to
the nonce stands in the very entry that ends the frozen tree, and the nonce is told only afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import Field

from ledger.events.event import Event, named
from ledger.events.names import Count, Day, ModelName, PrivateText, Sequence, Sha256, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ROWS: Final = 100
"""Of a draw, and of what is added to it by hand."""

Rows = Annotated[tuple[Sequence, ...], Field(max_length=MOST_ROWS)]


class SampleOpened(Event):
    """An auditor wants a sample and is bound to a nonce that nobody else knows yet.

    The population is frozen with this entry: it is made of the entries up to this one, and the root
    of their tree is what the nonce is used with. ``commitment`` is the SHA-256 of the nonce's 32
    bytes. Without ``size``, it follows from the population by a table.
    """

    kind: ClassVar[str] = "sample.opened"

    population: Literal["changes"]
    period_from: Day
    period_until: Day
    models: tuple[ModelName, ...] = Field(default=(), max_length=200)
    environments: tuple[Slug, ...] = Field(min_length=1, max_length=20)
    size: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    commitment: Sha256

    def subject_digests(self) -> Mapping[str, str]:
        return {"sample-nonce": self.commitment}


class SampleDrawn(Event):
    """A sample was drawn from its frozen population with the nonce that it was bound to.

    ``position`` entries were frozen, under ``root``. ``rows`` is the SHA-256 of the population's
    entry numbers and ``population`` how many they are; ``drawn`` are those of the sample.
    """

    kind: ClassVar[str] = "sample.drawn"
    written_by_submit: ClassVar[bool] = True

    sample: Sequence
    nonce: Sha256
    position: Count
    root: Sha256
    population: Count
    rows: Sha256
    drawn: Rows

    def subject_digests(self) -> Mapping[str, str]:
        return {f"sample:{self.sample}": self.rows}


class SampleExtended(Event):
    """An auditor adds rows by hand to a sample that was drawn, and says why."""

    kind: ClassVar[str] = "sample.extended"

    sample: Sequence
    added: Annotated[tuple[Sequence, ...], Field(min_length=1, max_length=MOST_ROWS)]
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"sample:{self.sample}")
